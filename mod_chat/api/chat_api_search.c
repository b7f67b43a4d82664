#include "api/chat_api_handlers.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>

#include "core/chat_json_member.h"
#include "core/chat_time.h"
#include "http/chat_reply.h"
#include "service/chat_search.h"
#include "service/chat_serialize.h"

/* The query of a search: the filter for the database, and parameters for this file. */
typedef struct question_t {
    chat_search_filter_t filter;
    chat_terms_t terms;
    chat_list_t page;
    const char *q, *since, *until; /* as sent, for the link to the next page; NULL: none */
} question_t;

static chat_problem_t *read_from(chat_search_filter_t *filter, chat_request_t *req)
{
    chat_problem_t *problem = chat_request_query_text(&filter->from, req, "from");

    if (problem || !filter->from)
        return problem;
    if (!*filter->from)
        filter->from = NULL;
    else if (strcmp(filter->from, "me") != 0 && strcmp(filter->from, "them") != 0)
        return chat_problem_field(req->pool, "from", "must be me or them");
    return NULL;
}

static chat_problem_t *read_time(apr_time_t *ptime, const char **ptext, chat_request_t *req,
                                 const char *name)
{
    chat_problem_t *problem = chat_request_query_text(ptext, req, name);

    if (problem || !*ptext)
        return problem;
    if (!**ptext)
        *ptext = NULL;
    else if (chat_time_parse(ptime, *ptext) != APR_SUCCESS)
        return chat_problem_field(req->pool, name, "must be a timestamp as in RFC 3339");
    return NULL;
}

static chat_problem_t *read_question(question_t *question, chat_request_t *req)
{
    chat_search_filter_t *filter = &question->filter;
    chat_problem_t *problem;

    memset(question, 0, sizeof *question);
    problem = chat_request_query_list(&question->page, req, CHAT_SEARCH_DEFAULT, CHAT_SEARCH_MAX);
    filter->limit = question->page.limit;
    filter->before_id = question->page.cursor.id;
    if (!problem)
        problem = chat_request_query_text(&question->q, req, "q");
    if (!problem)
        problem = chat_search_read(&question->terms, question->q, req->ctx);
    if (!problem)
        problem = chat_request_query_number(&filter->church_id, req, "church_id", APR_INT64_MAX);
    if (!problem)
        problem = chat_request_query_number(&filter->conversation_id, req, "conversation_id",
                                            APR_INT64_MAX);
    if (!problem)
        problem = read_from(filter, req);
    if (!problem)
        problem = read_time(&filter->since, &question->since, req, "since");
    if (!problem)
        problem = read_time(&filter->until, &question->until, req, "until");
    filter->terms = chat_terms_sql(&question->terms, req->pool);
    return problem;
}

static const char *with_text(const char *query, const char *name, const char *value, apr_pool_t *p)
{
    return value ? apr_pstrcat(p, query, "&", name, "=", apr_pescape_urlencoded(p, value), NULL)
                 : query;
}

static const char *with_id(const char *query, const char *name, apr_int64_t id, apr_pool_t *p)
{
    return id ? apr_psprintf(p, "%s&%s=%" APR_INT64_T_FMT, query, name, id) : query;
}

/* The URL of the next page, with the same query; NULL: this is the last page. */
static const char *next_url(const chat_request_t *req, const question_t *question,
                            const chat_search_t *search)
{
    const chat_search_filter_t *filter = &question->filter;
    apr_pool_t *p = req->pool;
    const char *query = chat_list_next_query(&search->page, search->message.created_at,
                                             search->next_id, req->ctx->epoch, p);

    if (!query)
        return NULL;
    query = with_text(query, "q", question->q, p);
    query = with_id(query, "church_id", filter->church_id, p);
    query = with_id(query, "conversation_id", filter->conversation_id, p);
    query = with_text(query, "from", filter->from, p);
    query = with_text(query, "since", question->since, p);
    return chat_reply_url(req, with_text(query, "until", question->until, p));
}

static void write_result(chat_request_t *req, const question_t *question,
                         const chat_search_t *search)
{
    chat_sides_t sides = chat_store_search_sides(&search->conversation);
    chat_json_t *json = req->json;

    chat_json_object_begin(json);
    chat_json_key(json, "conversation");
    chat_serialize_conversation(json, &search->conversation);
    chat_json_key(json, "message");
    chat_serialize_message(json, &search->message, &sides, req->ctx->user.id, chat_reply_root(req));
    chat_json_member_string(json, "snippet",
                            chat_search_snippet(&question->terms, &search->message, req->pool));
    chat_json_object_end(json);
}

chat_problem_t *chat_api_search(chat_request_t *req)
{
    question_t question;
    chat_search_t search;
    chat_json_t *json;
    chat_problem_t *problem = read_question(&question, req);

    if (!problem)
        problem = chat_search(&search, req->ctx, &question.filter);
    if (!problem)
        problem = chat_list_check_epoch(&question.page, req->ctx->epoch, req->pool);
    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_key(json, "results");
    chat_json_array_begin(json);
    while (chat_search_next(&search))
        write_result(req, &question, &search);
    chat_json_array_end(json);
    chat_json_member_string(json, "next", next_url(req, &question, &search));
    chat_json_member_boolean(json, "up_to_date", search.found.is_up_to_date);
    chat_json_member_string(json, "epoch", req->ctx->epoch);
    chat_json_object_end(json);
    return NULL;
}
