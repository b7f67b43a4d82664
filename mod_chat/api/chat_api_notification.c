#include "api/chat_api_handlers.h"

#include <apr_strings.h>

#include "core/chat_json_member.h"
#include "http/chat_reply.h"
#include "service/chat_notification.h"
#include "service/chat_serialize.h"

static const char *next_url(const chat_request_t *req, const chat_notification_list_t *list)
{
    const char *query = chat_list_next_query(&list->page, list->last.updated_at,
                                             list->last.newest_id, req->ctx->epoch, req->pool);

    return query ? chat_reply_url(req, query) : NULL;
}

/* The configuration with the link of notifications. Without ChatNotificationLink it is the API's
 * URL of the conversation, relative if ChatLinks says so. */
static const chat_config_t *config_of_links(const chat_request_t *req)
{
    chat_config_t *config;

    if (req->config->notification_link || !chat_request_has_relative_links(req))
        return req->config;
    config = apr_pmemdup(req->pool, req->config, sizeof *config);
    config->notification_link = apr_pstrcat(req->pool, chat_request_relative_root(req),
                                            "conversations/{conversation_id}/", NULL);
    return config;
}

chat_problem_t *chat_api_notification_list(chat_request_t *req)
{
    const chat_config_t *config = config_of_links(req);
    const chat_notification_t *notification;
    chat_notification_filter_t filter;
    chat_notification_list_t list;
    chat_list_t page;
    chat_json_t *json;
    chat_problem_t *problem =
        chat_request_query_list(&page, req, CHAT_NOTIFICATIONS_DEFAULT, CHAT_NOTIFICATIONS_MAX);

    filter.limit = page.limit;
    filter.before_newest_id = page.cursor.id; /* the time is that of the same message */
    if (!problem)
        problem = chat_notification_list(&list, req->ctx, &filter);
    if (!problem)
        problem = chat_list_check_epoch(&page, req->ctx->epoch, req->pool);
    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_key(json, "notifications");
    chat_json_array_begin(json);
    while ((notification = chat_notification_next(&list)) != NULL)
        chat_serialize_notification(json, notification, config, req->pool);
    chat_json_array_end(json);
    chat_json_member_integer(json, "unread_count", list.unread_count);
    chat_serialize_counts(json, &list.counts);
    chat_json_member_string(json, "next", next_url(req, &list));
    chat_json_member_string(json, "epoch", req->ctx->epoch);
    chat_json_object_end(json);
    return NULL;
}

chat_problem_t *chat_api_notification_mark_read(chat_request_t *req)
{
    apr_array_header_t *ids;
    apr_int64_t marked_read;
    json_object *object;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    if (!problem)
        problem = chat_notification_read_ids(&ids, object, req->pool);
    if (!problem)
        problem = chat_notification_mark_read(&marked_read, req->ctx, ids);
    if (!problem)
        chat_reply_success_integer(req, "marked_read", marked_read);
    return problem;
}
