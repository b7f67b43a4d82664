#include "admin/chat_admin_change.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "admin/chat_admin_handlers.h"
#include "admin/chat_admin_item.h"
#include "admin/chat_admin_members.h"
#include "core/chat_json_member.h"
#include "core/chat_text.h"
#include "http/chat_reply.h"
#include "service/chat_db_problem.h"

#define ETAG_CHARS 32 /* of chat.admin_item(), in hexadecimal digits */
#define ETAGS_MAX 16  /* of If-Match */
#define REASON_CHARS_MAX 500

chat_problem_t *chat_admin_read_reason(const char **preason, json_object *object, apr_pool_t *p)
{
    const char *text;
    apr_size_t length;
    apr_size_t chars;
    chat_problem_t *problem = chat_json_read_optional_string(&text, &length, object, "reason", p);

    *preason = NULL;
    if (!problem && text)
        problem = chat_text_clean(&text, &chars, text, length, p);
    if (problem || !text || !*text)
        return problem;
    if (chars > REASON_CHARS_MAX)
        return chat_problem_field(p, "reason", "is too long");
    *preason = text;
    return NULL;
}

/* ---- preconditions ---- */

static int is_etag(const char *text)
{
    int i;

    for (i = 0; i < ETAG_CHARS; i++)
        if (!apr_isdigit(text[i]) && (text[i] < 'a' || text[i] > 'f'))
            return 0;
    return text[ETAG_CHARS] == '"' || text[ETAG_CHARS] == '-'; /* "…-gzip", of mod_deflate */
}

/* The ETags of a header as SQL writes an array. Weak ones are no match (RFC 9110 section 13.1.1),
 * and what no object can have is left out. */
static const char *etags_of(const char *header, apr_pool_t *p)
{
    const char *list = "";
    const char *at = header;
    int count = 0;

    if (strcmp(header, "*") == 0)
        return "{*}";
    while ((at = strchr(at, '"')) && count < ETAGS_MAX) {
        const char *end = strchr(at + 1, '"');
        int is_weak = at - header >= 2 && at[-1] == '/' && at[-2] == 'W';

        if (!end)
            break;
        if (!is_weak && end - at > ETAG_CHARS && is_etag(at + 1)) {
            list =
                apr_pstrcat(p, list, *list ? "," : "", apr_pstrmemdup(p, at + 1, ETAG_CHARS), NULL);
            count++;
        }
        at = end + 1;
    }
    return apr_pstrcat(p, "{", list, "}", NULL);
}

static chat_problem_t *read_if_match(const char **petags, chat_request_t *req)
{
    const char *header = apr_table_get(req->r->headers_in, "If-Match");

    if (!header)
        return chat_problem(req->pool, CHAT_HTTP_PRECONDITION_REQUIRED, "precondition_required",
                            "Send the ETag of what you have seen in If-Match.");
    *petags = etags_of(header, req->pool);
    return NULL;
}

/* ---- outcomes ---- */

static chat_problem_t *refusal_of(const char *outcome, apr_pool_t *p)
{
    if (strcmp(outcome, "stale") == 0)
        return chat_problem(p, CHAT_HTTP_PRECONDITION_FAILED, "stale",
                            "Somebody has changed it: it no longer has the ETag in If-Match.");
    if (strcmp(outcome, "not_found") == 0)
        return chat_problem_of_status(p, CHAT_HTTP_NOT_FOUND);
    if (strcmp(outcome, "in_use") == 0)
        return chat_problem(
            p, CHAT_HTTP_CONFLICT, "in_use",
            "The church has conversations. Delete these before, or change is_active.");
    if (strcmp(outcome, "exists") == 0)
        return chat_problem(p, CHAT_HTTP_CONFLICT, "exists",
                            "The user is staff of this church already.");
    if (strcmp(outcome, "no_church") == 0)
        return chat_problem_field(p, "church_id", "is not the id of a church");
    if (strcmp(outcome, "no_user") == 0)
        return chat_problem_field(p, "user_id", "is not the id of a user");
    return NULL;
}

/* `outcome`: nothing if rv is an error. */
static chat_problem_t *problem_of(const char *outcome, chat_request_t *req, apr_status_t rv)
{
    return rv == APR_SUCCESS ? refusal_of(outcome, req->pool) : chat_db_problem(req->ctx, rv);
}

static void reply_item(chat_request_t *req, int http_status, const chat_admin_resource_t *resource,
                       const chat_admin_changed_t *changed)
{
    const chat_admin_item_t item = {.item = changed->item, .etag = changed->etag};

    chat_json_object_end(chat_admin_item_begin(req, http_status, resource, &item));
}

/* ---- handlers ---- */

chat_problem_t *chat_admin_patch(chat_request_t *req)
{
    const chat_admin_resource_t *resource = chat_admin_resource_of(req->path);
    chat_administrator_t by = chat_admin_item_by(req);
    chat_admin_changed_t changed;
    json_object *object;
    const char *members;
    const char *etags;
    apr_status_t rv;
    chat_problem_t *problem = read_if_match(&etags, req);

    if (!problem)
        problem = chat_request_read_json(&object, req);
    if (!problem)
        problem = chat_admin_members_changed(&members, object, resource, req->pool);
    if (problem)
        return problem;
    rv = chat_store_admin_change(&changed, req->ctx, &by, resource->kind, req->match.ids[0], etags,
                                 members);
    problem = problem_of(changed.outcome, req, rv);
    if (!problem)
        reply_item(req, HTTP_OK, resource, &changed);
    return problem;
}

chat_problem_t *chat_admin_create(chat_request_t *req)
{
    const chat_admin_resource_t *resource = chat_admin_resource_of(req->path);
    chat_administrator_t by = chat_admin_item_by(req);
    chat_admin_changed_t created;
    json_object *object;
    const char *members;
    apr_status_t rv;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    if (!problem)
        problem = chat_admin_members_new(&members, object, resource, req->pool);
    if (problem)
        return problem;
    rv = chat_store_admin_create(&created, req->ctx, &by, resource->kind, members);
    problem = problem_of(created.outcome, req, rv);
    if (!problem)
        reply_item(req, HTTP_CREATED, resource, &created);
    return problem;
}

/* 202 with the ETag that it has now: the rest of the conversation is for the next request. */
static void reply_partly(chat_request_t *req, const chat_admin_deleted_t *deleted)
{
    chat_json_t *json = chat_reply_json(req, HTTP_ACCEPTED);

    chat_reply_not_stored(req);
    chat_reply_etag(req, deleted->etag);
    chat_json_object_begin(json);
    chat_json_member_integer(json, "messages", deleted->messages);
    chat_json_member_boolean(json, "has_more", 1);
    chat_json_object_end(json);
}

chat_problem_t *chat_admin_delete(chat_request_t *req)
{
    const char *kind = chat_admin_resource_of(req->path)->kind;
    chat_administrator_t by = chat_admin_item_by(req);
    chat_admin_deleted_t deleted;
    json_object *object = NULL;
    const char *reason = NULL;
    const char *etags;
    apr_status_t rv;
    chat_problem_t *problem = read_if_match(&etags, req);

    if (!problem)
        problem = chat_request_read_optional_json(&object, req);
    if (!problem && object)
        problem = chat_admin_read_reason(&reason, object, req->pool);
    if (problem)
        return problem;
    rv = chat_store_admin_delete(&deleted, req->ctx, &by, kind, req->match.ids[0], etags, reason);
    problem = problem_of(deleted.outcome, req, rv);
    if (problem)
        return problem;
    if (strcmp(deleted.outcome, "partly") == 0)
        reply_partly(req, &deleted);
    else
        chat_reply_nothing(req);
    return NULL;
}
