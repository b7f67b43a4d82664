#include "admin/chat_admin_handlers.h"

#include "admin/chat_admin_item.h"
#include "admin/chat_admin_query.h"
#include "core/chat_json_member.h"
#include "core/chat_list.h"
#include "http/chat_reply.h"
#include "service/chat_db_problem.h"

chat_problem_t *chat_admin_describe(chat_request_t *req)
{
    const chat_admin_resource_t *resource;
    chat_json_t *json = chat_reply_json(req, HTTP_OK);

    chat_reply_not_stored(req);
    chat_json_object_begin(json);
    chat_json_key(json, "resources");
    chat_json_array_begin(json);
    for (resource = chat_admin_resources; resource->name; resource++) {
        chat_json_object_begin(json);
        chat_admin_resource_write(json, resource);
        chat_json_object_end(json);
    }
    chat_json_array_end(json);
    chat_json_object_end(json);
    return NULL;
}

/* The items of a page. `last` is the last one of it. */
static void write_items(chat_json_t *json, chat_list_t *list, chat_admin_item_t *last,
                        chat_admin_page_t *page)
{
    chat_admin_item_t item;

    chat_json_key(json, "items");
    chat_json_array_begin(json);
    while (chat_store_admin_next(&item, page) && chat_list_take(list)) {
        chat_json_foreign(json, item.item);
        *last = item;
    }
    chat_json_array_end(json);
}

static void write_list(chat_request_t *req, const chat_admin_query_t *query,
                       chat_admin_page_t *page)
{
    chat_list_t list = {.limit = (int)query->limit};
    chat_admin_item_t last = {.id = 0};
    chat_admin_cursor_t next = {.order = query->order, .epoch = page->epoch};
    chat_json_t *json = chat_reply_json(req, HTTP_OK);

    chat_reply_not_stored(req);
    chat_json_object_begin(json);
    write_items(json, &list, &last, page);
    next.id = last.id;
    next.key = last.key;
    chat_json_member_string(json, "next", list.has_more ? chat_admin_query_next(req, &next) : NULL);
    chat_json_member_integer(json, "count", page->count);
    chat_json_member_string(json, "count_is", page->count_is);
    chat_json_key(json, "dates");
    chat_json_foreign(json, page->dates);
    chat_json_object_end(json);
}

chat_problem_t *chat_admin_list(chat_request_t *req)
{
    const chat_admin_resource_t *resource = chat_admin_resource_of(req->path);
    chat_admin_query_t query;
    chat_admin_page_t page;
    chat_problem_t *problem = chat_admin_query_read(&query, req, resource, "");

    if (problem)
        return problem;
    problem = chat_db_problem(req->ctx, chat_store_admin_page(&page, req->ctx,
                                                              &(const chat_admin_page_query_t){
                                                                  .kind = resource->kind,
                                                                  .filters = query.filters,
                                                                  .order = query.order,
                                                                  .limit = (int)query.limit,
                                                                  .after_id = query.cursor.id,
                                                                  .after_key = query.cursor.key}));
    if (!problem)
        problem = chat_admin_cursor_check_epoch(&query.cursor, page.epoch, req->pool);
    if (!problem)
        write_list(req, &query, &page);
    return problem;
}

/* There are other objects than conversations, of which chat_db_problem() speaks. */
static chat_problem_t *problem_of(chat_request_t *req, apr_status_t rv)
{
    return rv == APR_ENOENT ? chat_problem_of_status(req->pool, CHAT_HTTP_NOT_FOUND)
                            : chat_db_problem(req->ctx, rv);
}

chat_problem_t *chat_admin_get(chat_request_t *req)
{
    const chat_admin_resource_t *resource = chat_admin_resource_of(req->path);
    chat_admin_item_t item;
    chat_problem_t *problem =
        problem_of(req, chat_store_admin_get(&item, req->ctx, resource->kind, req->match.ids[0]));

    if (!problem)
        chat_json_object_end(chat_admin_item_begin(req, HTTP_OK, resource, &item));
    return problem;
}

chat_problem_t *chat_admin_view(chat_request_t *req)
{
    const chat_admin_resource_t *resource = chat_admin_resource_of(req->path);
    chat_administrator_t who = chat_admin_item_by(req);
    chat_admin_item_t item;
    chat_json_t *json;
    chat_problem_t *problem =
        problem_of(req, chat_store_admin_view(&item, req->ctx, &who, req->match.ids[0]));

    if (problem)
        return problem;
    /* It is shown whatever the client has: the audit log says that it was. And the ETag is not that
     * of the messages. */
    apr_table_unset(req->r->headers_in, "If-None-Match");
    json = chat_admin_item_begin(req, HTTP_OK, resource, &item);
    chat_json_key(json, "messages");
    chat_json_foreign(json, item.messages);
    chat_json_member_boolean(json, "has_more", item.has_more);
    chat_json_object_end(json);
    return NULL;
}
