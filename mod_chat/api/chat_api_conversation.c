#include "api/chat_api_conversation.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>

#include "guard/chat_guard.h"
#include "core/chat_cursor.h"
#include "core/chat_json_member.h"
#include "core/chat_json_read.h"
#include "core/chat_time.h"
#include "http/chat_reply.h"
#include "talk/chat_conversation.h"
#include "talk/chat_wire.h"

#define NAME_BYTES_MAX 400 /* of q */

static chat_problem_t *read_cursor(chat_conversation_filter_t *filter, chat_request_t *req)
{
    const char *cursor;
    chat_problem_t *problem = chat_request_query_text(&cursor, req, "cursor");

    if (problem || !cursor || !*cursor)
        return problem;
    if (chat_cursor_read(&filter->before_updated_at, &filter->before_id, cursor) != APR_SUCCESS)
        return chat_problem_field(req->pool, "cursor", "is not one that this server gave");
    return NULL;
}

static chat_problem_t *read_name(chat_conversation_filter_t *filter, chat_request_t *req)
{
    chat_problem_t *problem = chat_request_query_text(&filter->name, req, "q");

    if (problem || !filter->name)
        return problem;
    if (strlen(filter->name) > NAME_BYTES_MAX)
        return chat_problem_field(req->pool, "q", "is too long");
    if (!*filter->name)
        filter->name = NULL;
    return NULL;
}

static chat_problem_t *read_filter(chat_conversation_filter_t *filter, chat_request_t *req)
{
    apr_int64_t limit = 0;
    chat_problem_t *problem =
        chat_request_query_number(&limit, req, "limit", CHAT_CONVERSATIONS_MAX);

    memset(filter, 0, sizeof *filter);
    filter->limit = limit ? (int)limit : CHAT_CONVERSATIONS_DEFAULT;
    if (!problem)
        problem = read_cursor(filter, req);
    if (!problem)
        problem = chat_request_query_number(&filter->church_id, req, "church_id", APR_INT64_MAX);
    if (!problem)
        problem = chat_request_query_flag(&filter->unread_only, req, "unread");
    if (!problem)
        problem = chat_request_query_time(&filter->updated_since, req, "updated_since");
    if (!problem)
        problem = read_name(filter, req);
    return problem;
}

/* The same question from the last conversation of this page on. */
static const char *next_url(const chat_request_t *req, const chat_conversation_filter_t *filter,
                            const chat_conversation_t *last)
{
    apr_pool_t *p = req->pool;
    char since[CHAT_TIME_BYTES_MAX];
    const char *query = apr_psprintf(p, "limit=%d&cursor=%s", filter->limit,
                                     chat_cursor_write(last->updated_at, last->id, p));

    if (filter->church_id)
        query = apr_psprintf(p, "%s&church_id=%" APR_INT64_T_FMT, query, filter->church_id);
    if (filter->unread_only)
        query = apr_pstrcat(p, query, "&unread=1", NULL);
    if (filter->updated_since) {
        chat_time_format(since, filter->updated_since);
        query = apr_pstrcat(p, query, "&updated_since=", since, NULL);
    }
    if (filter->name)
        query = apr_pstrcat(p, query, "&q=", apr_pescape_urlencoded(p, filter->name), NULL);
    return chat_reply_url(req, query);
}

static chat_problem_t *read_list(chat_request_t *req, const chat_conversation_filter_t *filter)
{
    const chat_conversation_t *conversation;
    chat_conversation_list_t list;
    chat_problem_t *problem = chat_conversation_list(&list, req->ctx, filter);
    chat_json_t *json;

    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_key(json, "conversations");
    chat_json_array_begin(json);
    while ((conversation = chat_conversation_next(&list)) != NULL)
        chat_wire_conversation(json, conversation);
    chat_json_array_end(json);
    chat_json_member_integer(json, "unread_count", list.unread_count);
    chat_json_member_string(json, "next", list.has_more ? next_url(req, filter, &list.last) : NULL);
    chat_json_object_end(json);
    return NULL;
}

chat_problem_t *chat_api_conversation_list(chat_request_t *req)
{
    chat_conversation_filter_t filter;
    chat_problem_t *problem = read_filter(&filter, req);

    if (!problem && filter.name)
        problem = chat_guard_limit(req, CHAT_ACTION_SEARCH);
    if (!problem)
        problem = read_list(req, &filter);
    if (filter.name)
        req->ctx->xmin = 0; /* searches are many, and seldom asked again */
    return problem;
}

static void reply_conversation(chat_request_t *req, int http_status,
                               const chat_conversation_t *conversation)
{
    chat_json_t *json = chat_reply_json(req, http_status);

    chat_json_object_begin(json);
    chat_json_key(json, "conversation");
    chat_wire_conversation(json, conversation);
    chat_json_object_end(json);
}

chat_problem_t *chat_api_conversation_open(chat_request_t *req)
{
    chat_conversation_t conversation;
    apr_int64_t church_id;
    json_object *object;
    int is_new;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    if (!problem)
        problem = chat_json_read_id(&church_id, object, "church_id", req->pool);
    if (!problem)
        problem = chat_conversation_open(&conversation, &is_new, req->ctx, church_id);
    if (problem)
        return problem;
    reply_conversation(req, is_new ? HTTP_CREATED : HTTP_OK, &conversation);
    return NULL;
}

chat_problem_t *chat_api_conversation_get(chat_request_t *req)
{
    chat_conversation_t conversation;
    chat_problem_t *problem = chat_conversation_get(&conversation, req->ctx, req->match.ids[0]);

    if (problem)
        return problem;
    reply_conversation(req, HTTP_OK, &conversation);
    return NULL;
}

chat_problem_t *chat_api_conversation_unread(chat_request_t *req)
{
    apr_int64_t unread_count;
    chat_problem_t *problem = chat_conversation_unread(&unread_count, req->ctx);
    chat_json_t *json;

    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_member_integer(json, "unread_count", unread_count);
    chat_json_object_end(json);
    return NULL;
}

chat_problem_t *chat_api_conversation_block(chat_request_t *req)
{
    json_object *object;
    chat_json_t *json;
    int is_blocked;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    if (!problem)
        problem = chat_json_read_boolean(&is_blocked, object, "blocked", req->pool);
    if (!problem)
        problem = chat_conversation_block(req->ctx, req->match.ids[0], is_blocked);
    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_member_boolean(json, "success", 1);
    chat_json_member_boolean(json, "blocked", is_blocked);
    chat_json_object_end(json);
    return NULL;
}
