/* All that is kept of a user goes, or loses the user's name. As what deletes much, it is asked for
 * twice: a dry run says what would be deleted, and gives the word that confirms it. */
#include <string.h>

#include <apr_strings.h>

#include "admin/chat_admin_change.h"
#include "admin/chat_admin_confirm.h"
#include "admin/chat_admin_handlers.h"
#include "admin/chat_admin_item.h"
#include "core/chat_json_member.h"
#include "http/chat_reply.h"
#include "service/chat_db_problem.h"

#define ACTION "erase" /* which chat.audit_log has, too */

typedef struct order_t {
    chat_admin_selection_t user; /* for the word that confirms it */
    int is_dry_run;
    const char *reason;  /* NULL: none */
    const char *confirm; /* NULL: none */
    apr_int64_t after;   /* as the answer before has it; 0: none */
} order_t;

static chat_problem_t *read_order(order_t *order, chat_request_t *req)
{
    apr_pool_t *p = req->pool;
    json_object *object;
    apr_size_t length;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    memset(order, 0, sizeof *order);
    order->user.kind = "user";
    order->user.ids = apr_pstrcat(p, "{", chat_db_id(req->match.ids[0], p), "}", NULL);
    if (!problem)
        problem = chat_admin_read_reason(&order->reason, object, p);
    if (!problem)
        problem = chat_json_read_optional_id(&order->after, object, "after", p);
    if (!problem && chat_json_read_has(object, "dry_run"))
        problem = chat_json_read_boolean(&order->is_dry_run, object, "dry_run", p);
    if (!problem)
        problem = chat_json_read_optional_string(&order->confirm, &length, object, "confirm", p);
    return problem;
}

static chat_problem_t *reply_would(chat_request_t *req, const order_t *order)
{
    chat_admin_would_t would;
    chat_json_t *json;
    apr_status_t rv = chat_store_admin_would_erase(&would, req->ctx, req->match.ids[0]);

    if (rv == APR_ENOENT)
        return chat_problem_of_status(req->pool, CHAT_HTTP_NOT_FOUND);
    if (rv != APR_SUCCESS)
        return chat_db_problem(req->ctx, rv);
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_key(json, "would");
    chat_json_object_begin(json);
    chat_json_member_integer(json, "conversations", would.objects);
    chat_json_member_integer(json, "messages", would.messages);
    chat_json_member_integer(json, "attachments", would.attachments);
    chat_json_object_end(json);
    chat_json_member_boolean(json, "at_least", would.at_least);
    chat_json_member_string(json, "confirm",
                            chat_admin_confirm_make(req->ctx, ACTION, &order->user));
    chat_json_object_end(json);
    return NULL;
}

static chat_problem_t *check_confirm(chat_request_t *req, const order_t *order)
{
    if (!order->reason)
        return chat_problem_field(req->pool, "reason", "is required");
    if (order->confirm && chat_admin_confirm_check(req->ctx, ACTION, &order->user, order->confirm))
        return NULL;
    return chat_admin_confirm_problem(req->pool);
}

chat_problem_t *chat_admin_erase(chat_request_t *req)
{
    chat_administrator_t by;
    chat_admin_erased_t erased;
    order_t order;
    chat_json_t *json;
    chat_problem_t *problem = read_order(&order, req);

    if (!problem && order.is_dry_run)
        return reply_would(req, &order);
    if (!problem)
        problem = check_confirm(req, &order);
    if (problem)
        return problem;
    by = chat_admin_item_by(req);
    problem =
        chat_db_problem(req->ctx, chat_store_admin_erase(&erased, req->ctx, &by, req->match.ids[0],
                                                         order.reason, order.after));
    if (!problem && !erased.removed)
        problem = chat_problem_of_status(req->pool, CHAT_HTTP_NOT_FOUND);
    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_key(json, "removed");
    chat_json_foreign(json, erased.removed);
    chat_json_member_integer(json, "audit_id", erased.audit_id);
    chat_json_member_boolean(json, "has_more", erased.has_more);
    chat_json_member_id(json, "after", erased.next_after);
    if (erased.has_more)
        chat_json_member_string(json, "confirm",
                                chat_admin_confirm_make(req->ctx, ACTION, &order.user));
    chat_json_object_end(json);
    return NULL;
}
