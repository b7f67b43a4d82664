#include "api/chat_api_handlers.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>

#include "core/chat_json_member.h"
#include "core/chat_json_read.h"
#include "core/chat_sync.h"
#include "core/chat_time.h"
#include "guard/chat_guard.h"
#include "http/chat_reply.h"
#include "service/chat_conversation.h"
#include "service/chat_serialize.h"

#define NAME_BYTES_MAX 400 /* of q */

/* The query of a list: the filter for the database, and parameters for this file. */
typedef struct question_t {
    chat_conversation_filter_t filter;
    chat_list_t page;
    const char *updated_since; /* as sent, for the link to the next page; NULL: none */
    chat_sync_t sync;          /* updated_since, if it is a sync value */
} question_t;

static chat_problem_t *read_sync(question_t *question, chat_request_t *req, const char *text)
{
    if (chat_sync_read(&question->sync, text, req->pool) != APR_SUCCESS)
        return chat_problem_field(req->pool, "updated_since", "is not a sync value of this server");
    question->updated_since = text;
    question->filter.since = question->sync.question;
    return NULL;
}

static chat_problem_t *read_since(question_t *question, chat_request_t *req)
{
    const char *text;
    apr_time_t time;
    chat_problem_t *problem = chat_request_query_text(&text, req, "updated_since");

    if (problem || !text || !*text)
        return problem;
    if (strncmp(text, CHAT_SYNC_PREFIX, sizeof CHAT_SYNC_PREFIX - 1) == 0)
        return read_sync(question, req, text);
    if (chat_time_parse(&time, text) != APR_SUCCESS)
        return chat_problem_field(req->pool, "updated_since", "must be a timestamp as in RFC 3339");
    question->updated_since = question->filter.since = chat_db_time_or_null(time, req->pool);
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

/* What the user is in the conversations that are meant; NULL: either. */
static chat_problem_t *read_role(const char **prole, chat_request_t *req)
{
    chat_problem_t *problem = chat_request_query_text(prole, req, "role");

    if (problem || !*prole)
        return problem;
    if (!**prole)
        *prole = NULL;
    else if (strcmp(*prole, "member") != 0 && strcmp(*prole, "staff") != 0)
        return chat_problem_field(req->pool, "role", "must be member or staff");
    return NULL;
}

static chat_problem_t *read_question(question_t *question, chat_request_t *req)
{
    chat_conversation_filter_t *filter = &question->filter;
    chat_problem_t *problem;

    memset(question, 0, sizeof *question);
    problem = chat_request_query_list(&question->page, req, CHAT_CONVERSATIONS_DEFAULT,
                                      CHAT_CONVERSATIONS_MAX);
    filter->limit = question->page.limit;
    filter->before_updated_at = question->page.cursor.updated_at;
    filter->before_id = question->page.cursor.id;
    if (!problem)
        problem = chat_request_query_number(&filter->church_id, req, "church_id", APR_INT64_MAX);
    if (!problem)
        problem = chat_request_query_flag(&filter->unread_only, req, "unread");
    if (!problem)
        problem = read_role(&filter->role, req);
    if (!problem)
        problem = read_since(question, req);
    if (!problem)
        problem = read_name(filter, req);
    return problem;
}

/* The URL of the next page, with the same query; NULL: this is the last page. */
static const char *next_url(const chat_request_t *req, const question_t *question,
                            const chat_conversation_list_t *list)
{
    const chat_conversation_filter_t *filter = &question->filter;
    apr_pool_t *p = req->pool;
    const char *query =
        chat_list_next_query(&list->page, list->last.updated_at, list->last.id, req->ctx->epoch, p);

    if (!query)
        return NULL;
    if (filter->church_id)
        query = apr_psprintf(p, "%s&church_id=%" APR_INT64_T_FMT, query, filter->church_id);
    if (filter->unread_only)
        query = apr_pstrcat(p, query, "&unread=1", NULL);
    if (filter->role)
        query = apr_pstrcat(p, query, "&role=", filter->role, NULL);
    if (question->updated_since)
        query = apr_pstrcat(p, query, "&updated_since=", question->updated_since, NULL);
    if (filter->name)
        query = apr_pstrcat(p, query, "&q=", apr_pescape_urlencoded(p, filter->name), NULL);
    return chat_reply_url(req, query);
}

/* The sync value of this page: the state of the list up to which a client has seen it. NULL for a
 * later page, because the first one may have changed in the meantime. */
static const char *sync_of(const question_t *question, const chat_conversation_list_t *list,
                           const chat_ctx_t *ctx)
{
    apr_uint64_t xmax = list->written_before;

    if (question->page.cursor.id)
        return NULL;
    if (question->sync.xmax > xmax)
        xmax = question->sync.xmax;
    if (question->updated_since && !xmax) /* no bound is known: the whole snapshot */
        xmax = APR_UINT64_MAX;
    return chat_sync_write(ctx->epoch, list->snapshot, xmax, ctx->pool);
}

static chat_problem_t *read_list(chat_request_t *req, const question_t *question)
{
    const chat_conversation_t *conversation;
    chat_conversation_list_t list;
    chat_problem_t *problem = chat_conversation_list(&list, req->ctx, &question->filter);
    chat_json_t *json;

    if (!problem)
        problem = chat_list_check_epoch(&question->page, req->ctx->epoch, req->pool);
    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_key(json, "conversations");
    chat_json_array_begin(json);
    while ((conversation = chat_conversation_next(&list)) != NULL)
        chat_serialize_conversation(json, conversation);
    chat_json_array_end(json);
    chat_json_member_integer(json, "unread_count", list.counts.unread_messages);
    chat_serialize_counts(json, &list.counts);
    chat_json_member_string(json, "next", next_url(req, question, &list));
    chat_json_member_string(json, "epoch", req->ctx->epoch);
    chat_json_member_string(json, "sync", sync_of(question, &list, req->ctx));
    chat_json_object_end(json);
    return NULL;
}

chat_problem_t *chat_api_conversation_list(chat_request_t *req)
{
    question_t question;
    chat_problem_t *problem = read_question(&question, req);

    if (!problem && question.filter.name)
        problem = chat_guard_limit(req, CHAT_ACTION_SEARCH);
    if (!problem)
        problem = read_list(req, &question);
    if (question.filter.name)
        req->ctx->xmin = 0; /* not cached: the same search is seldom repeated */
    return problem;
}

static void reply_conversation(chat_request_t *req, int http_status,
                               const chat_conversation_t *conversation)
{
    chat_json_t *json = chat_reply_json(req, http_status);

    chat_json_object_begin(json);
    chat_json_key(json, "conversation");
    chat_serialize_conversation(json, conversation);
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
    chat_counts_t counts;
    const char *role;
    chat_problem_t *problem = read_role(&role, req);
    chat_json_t *json;

    if (!problem)
        problem = chat_conversation_unread(&counts, req->ctx, role);
    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_member_integer(json, "unread_count", counts.unread_messages);
    chat_serialize_counts(json, &counts);
    chat_json_member_string(json, "epoch", req->ctx->epoch);
    chat_json_object_end(json);
    return NULL;
}

chat_problem_t *chat_api_conversation_block(chat_request_t *req)
{
    json_object *object;
    int is_blocked;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    if (!problem)
        problem = chat_json_read_boolean(&is_blocked, object, "blocked", req->pool);
    if (!problem)
        problem = chat_conversation_block(req->ctx, req->match.ids[0], is_blocked);
    if (!problem)
        chat_reply_success_boolean(req, "blocked", is_blocked);
    return problem;
}
