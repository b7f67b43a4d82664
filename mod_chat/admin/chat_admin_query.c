#include "admin/chat_admin_query.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "http/chat_reply.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX 200
#define ORDER_DEFAULT "-id"
#define CURSOR "cursor"

static chat_problem_t *read_order(chat_admin_query_t *query, chat_request_t *req,
                                  const chat_admin_resource_t *resource)
{
    chat_problem_t *problem = chat_request_query_text(&query->order, req, "order");
    const char *name;

    if (problem)
        return problem;
    if (!query->order || !*query->order)
        query->order = ORDER_DEFAULT;
    name = query->order + (*query->order == '-');
    if (!chat_admin_resource_has_word(resource->orders, name))
        return chat_problem_field(req->pool, "order", "is not an order of this list");
    return NULL;
}

static chat_problem_t *read_filters(chat_admin_query_t *query, chat_request_t *req,
                                    const chat_admin_resource_t *resource, const char *others)
{
    const apr_array_header_t *parameters = apr_table_elts(req->query);
    chat_admin_filters_t filters;
    chat_problem_t *problem = NULL;
    int i;

    chat_admin_filters_begin(&filters, resource, req->ctx);
    for (i = 0; i < parameters->nelts && !problem; i++) {
        const char *name = APR_ARRAY_IDX(parameters, i, apr_table_entry_t).key;
        const char *value;

        if (chat_admin_resource_has_word("limit order " CURSOR, name) ||
            chat_admin_resource_has_word(others, name))
            continue;
        problem = chat_request_query_text(&value, req, name);
        if (!problem)
            problem = chat_admin_filters_add(&filters, name, value ? value : "");
    }
    return problem ? problem : chat_admin_filters_end(&query->filters, &filters);
}

chat_problem_t *chat_admin_query_read(chat_admin_query_t *query, chat_request_t *req,
                                      const chat_admin_resource_t *resource, const char *others)
{
    const char *cursor = NULL;
    chat_problem_t *problem;

    memset(query, 0, sizeof *query);
    problem = chat_request_query_number(&query->limit, req, "limit", LIMIT_MAX);
    if (!query->limit)
        query->limit = LIMIT_DEFAULT;
    if (!problem)
        problem = read_order(query, req, resource);
    if (!problem)
        problem = chat_request_query_text(&cursor, req, CURSOR);
    if (!problem)
        problem = chat_admin_cursor_read(&query->cursor, cursor, query->order, req->pool);
    return problem ? problem : read_filters(query, req, resource, others);
}

const char *chat_admin_query_next(const chat_request_t *req, const chat_admin_cursor_t *cursor)
{
    const apr_array_header_t *parameters = apr_table_elts(req->query);
    apr_pool_t *p = req->pool;
    const char *query = apr_pstrcat(p, CURSOR "=", chat_admin_cursor_write(cursor, p), NULL);
    int i;

    for (i = 0; i < parameters->nelts; i++) {
        const apr_table_entry_t *parameter = &APR_ARRAY_IDX(parameters, i, apr_table_entry_t);

        if (strcmp(parameter->key, CURSOR) != 0)
            query = apr_pstrcat(p, query, "&", apr_pescape_urlencoded(p, parameter->key), "=",
                                apr_pescape_urlencoded(p, parameter->val), NULL);
    }
    return chat_reply_url(req, query);
}
