#include "api/chat_api_notification.h"

#include <apr_strings.h>

#include "core/chat_cursor.h"
#include "core/chat_json_member.h"
#include "http/chat_reply.h"
#include "talk/chat_notification.h"
#include "talk/chat_wire.h"

static chat_problem_t *read_cursor(chat_cursor_t *cursor, chat_request_t *req)
{
    const char *text;
    chat_problem_t *problem = chat_request_query_text(&text, req, "cursor");

    if (problem || !text || !*text)
        return problem;
    if (chat_cursor_read(cursor, text) != APR_SUCCESS)
        return chat_problem_field(req->pool, "cursor", "is not one that this server gave");
    return NULL;
}

static chat_problem_t *read_filter(chat_notification_filter_t *filter, chat_cursor_t *cursor,
                                   chat_request_t *req)
{
    apr_int64_t limit = 0;
    chat_problem_t *problem =
        chat_request_query_number(&limit, req, "limit", CHAT_NOTIFICATIONS_MAX);

    filter->limit = limit ? (int)limit : CHAT_NOTIFICATIONS_DEFAULT;
    if (!problem)
        problem = read_cursor(cursor, req);
    filter->before_newest_id = cursor->id; /* the time is that of the same message */
    return problem;
}

static const char *next_url(const chat_request_t *req, const chat_notification_list_t *list)
{
    chat_cursor_t cursor = {.updated_at = list->last.updated_at,
                            .id = list->last.newest_id,
                            .epoch = chat_cursor_epoch(req->ctx->epoch)};

    return chat_reply_url(req, apr_psprintf(req->pool, "limit=%d&cursor=%s", list->limit,
                                            chat_cursor_write(&cursor, req->pool)));
}

/* As configured; but the API's own address of a conversation is a relative reference, too, when
 * links are. */
static const chat_config_t *config_of_links(const chat_request_t *req)
{
    chat_config_t *config;

    if (req->config->notification_link || !chat_request_has_relative_links(req))
        return req->config;
    config = apr_pmemdup(req->pool, req->config, sizeof *config);
    config->notification_link = apr_pstrcat(req->pool, chat_request_way_to_root(req),
                                            "conversations/{conversation_id}/", NULL);
    return config;
}

chat_problem_t *chat_api_notification_list(chat_request_t *req)
{
    const chat_config_t *config = config_of_links(req);
    const chat_notification_t *notification;
    chat_notification_filter_t filter;
    chat_notification_list_t list;
    chat_cursor_t cursor = {0};
    chat_json_t *json;
    chat_problem_t *problem = read_filter(&filter, &cursor, req);

    if (!problem)
        problem = chat_notification_list(&list, req->ctx, &filter);
    if (problem)
        return problem;
    if (cursor.id && cursor.epoch != chat_cursor_epoch(req->ctx->epoch))
        return chat_problem_field(req->pool, "cursor", CHAT_REPLY_OTHER_EPOCH);
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_key(json, "notifications");
    chat_json_array_begin(json);
    while ((notification = chat_notification_next(&list)) != NULL)
        chat_wire_notification(json, notification, config, req->pool);
    chat_json_array_end(json);
    chat_json_member_integer(json, "unread_count", list.unread_count);
    chat_json_member_string(json, "next", list.has_more ? next_url(req, &list) : NULL);
    chat_json_member_string(json, "epoch", req->ctx->epoch);
    chat_json_object_end(json);
    return NULL;
}

chat_problem_t *chat_api_notification_mark_read(chat_request_t *req)
{
    apr_array_header_t *ids;
    apr_int64_t marked_read;
    json_object *object;
    chat_json_t *json;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    if (!problem)
        problem = chat_notification_read_ids(&ids, object, req->pool);
    if (!problem)
        problem = chat_notification_mark_read(&marked_read, req->ctx, ids);
    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_member_boolean(json, "success", 1);
    chat_json_member_integer(json, "marked_read", marked_read);
    chat_json_object_end(json);
    return NULL;
}
