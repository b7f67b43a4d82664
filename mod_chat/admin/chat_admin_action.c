/* Actions on many objects. What deletes, and whatever is done to all that filters find, needs a dry
 * run before, whose answer has the word that confirms it. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "admin/chat_admin_change.h"
#include "admin/chat_admin_confirm.h"
#include "admin/chat_admin_filters.h"
#include "admin/chat_admin_handlers.h"
#include "admin/chat_admin_item.h"
#include "core/chat_json_member.h"
#include "http/chat_reply.h"
#include "service/chat_db_problem.h"

#define IDS_MAX 1000

typedef struct order_t {
    const chat_admin_resource_t *resource;
    const char *action;
    chat_admin_selection_t selection;
    int is_dry_run;
    const char *reason;  /* NULL: none */
    const char *confirm; /* NULL: none */
} order_t;

/* ---- reading ---- */

static int compare(const void *a, const void *b)
{
    apr_int64_t left = *(const apr_int64_t *)a;
    apr_int64_t right = *(const apr_int64_t *)b;

    return (left > right) - (left < right);
}

/* In order, so that the same ones are the same text. */
static chat_problem_t *read_ids(order_t *order, json_object *object, apr_pool_t *p)
{
    apr_array_header_t *ids;
    chat_problem_t *problem = chat_json_read_ids(&ids, object, "ids", IDS_MAX, p);

    if (problem)
        return problem;
    qsort(ids->elts, (size_t)ids->nelts, sizeof(apr_int64_t), compare);
    order->selection.ids =
        chat_db_ids((const apr_int64_t *)ids->elts, sizeof(apr_int64_t), ids->nelts, p);
    return NULL;
}

/* One filter of those that are given, if it is there; *punread: how many have not been read. */
static chat_problem_t *add_filter(chat_admin_filters_t *filters, int *punread, json_object *given,
                                  const char *name)
{
    const char *text;
    chat_problem_t *problem;

    if (!chat_json_read_has(given, name))
        return NULL;
    (*punread)--;
    problem = chat_json_read_scalar(&text, given, name, filters->pool);
    if (problem)
        return problem;
    return *text ? chat_admin_filters_add(filters, name, text)
                 : chat_problem_field(filters->pool, name, "must not be empty");
}

static chat_problem_t *read_filter(order_t *order, json_object *object, const chat_ctx_t *ctx)
{
    apr_pool_t *p = ctx->pool;
    static const char *const periods[] = {"year", "month", "day"};
    json_object *given = chat_json_read_member(object, "filter");
    int unread = chat_json_read_count(object, "filter");
    const chat_admin_filter_t *filter;
    chat_admin_filters_t filters;
    chat_problem_t *problem = NULL;
    int i;

    if (unread <= 0)
        return chat_problem_field(p, "filter", "must be an object with at least one filter");
    chat_admin_filters_begin(&filters, order->resource, ctx);
    for (filter = order->resource->filters; filter->name && !problem; filter++)
        problem = add_filter(&filters, &unread, given, filter->name);
    for (i = 0; i < CHAT_COUNT(periods) && !problem; i++)
        problem = add_filter(&filters, &unread, given, periods[i]);
    if (!problem && unread)
        problem = chat_problem_field(p, "filter", "has a filter that the list does not have");
    return problem ? problem : chat_admin_filters_end(&order->selection.filters, &filters);
}

static chat_problem_t *read_selection(order_t *order, json_object *object, const chat_ctx_t *ctx)
{
    apr_pool_t *p = ctx->pool;
    int has_ids = chat_json_read_has(object, "ids");

    order->selection.kind = order->resource->kind;
    if (has_ids == chat_json_read_has(object, "filter"))
        return chat_problem_field(p, "ids", "or filter is required, and not both");
    return has_ids ? read_ids(order, object, p) : read_filter(order, object, ctx);
}

static chat_problem_t *read_action(order_t *order, json_object *object, apr_pool_t *p)
{
    apr_size_t length;
    chat_problem_t *problem = chat_json_read_string(&order->action, &length, object, "action", p);

    if (!problem && !chat_admin_resource_has_word(order->resource->actions, order->action))
        problem = chat_problem_field(p, "action", "is not an action of these objects");
    return problem;
}

static int is_export(const order_t *order)
{
    return strcmp(order->action, "export") == 0;
}

/* The file has all of the selection, and a selection of a selection would have nothing. */
static chat_problem_t *check_export(const order_t *order, json_object *object, apr_pool_t *p)
{
    if (!is_export(order))
        return NULL;
    if (order->selection.after)
        return chat_problem_field(p, "after", "is not for this action, which needs no parts");
    if (chat_json_read_has(object, "filter") &&
        chat_json_read_has(chat_json_read_member(object, "filter"), "selection"))
        return chat_problem_field(p, "selection", "is not for this action");
    return NULL;
}

static chat_problem_t *read_order(order_t *order, chat_request_t *req)
{
    apr_pool_t *p = req->pool;
    json_object *object;
    apr_size_t length;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    memset(order, 0, sizeof *order);
    order->resource = chat_admin_resource_of(req->path);
    if (!problem)
        problem = read_action(order, object, p);
    if (!problem)
        problem = read_selection(order, object, req->ctx);
    if (!problem)
        problem = chat_admin_read_reason(&order->reason, object, p);
    if (!problem)
        problem = chat_json_read_optional_id(&order->selection.after, object, "after", p);
    if (!problem)
        problem = check_export(order, object, p);
    if (!problem && chat_json_read_has(object, "dry_run"))
        problem = chat_json_read_boolean(&order->is_dry_run, object, "dry_run", p);
    if (!problem)
        problem = chat_json_read_optional_string(&order->confirm, &length, object, "confirm", p);
    return problem;
}

/* ---- doing ---- */

static chat_problem_t *reply_would(chat_request_t *req, const order_t *order)
{
    chat_admin_would_t would;
    chat_json_t *json;
    chat_problem_t *problem = chat_db_problem(
        req->ctx, chat_store_admin_would(&would, req->ctx, order->action, &order->selection));

    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_key(json, "would");
    chat_json_object_begin(json);
    if (strcmp(order->resource->kind, "conversation") == 0 ||
        strcmp(order->resource->kind, "delivery") == 0)
        chat_json_member_integer(json, order->resource->name, would.objects);
    if (strcmp(order->resource->kind, "delivery") != 0) {
        chat_json_member_integer(json, "messages", would.messages);
        chat_json_member_integer(json, "attachments", would.attachments);
    }
    chat_json_object_end(json);
    chat_json_member_boolean(json, "at_least", would.at_least);
    chat_json_member_string(json, "confirm",
                            chat_admin_confirm_make(req->ctx, order->action, &order->selection));
    chat_json_object_end(json);
    return NULL;
}

static int needs_confirm(const order_t *order)
{
    return strcmp(order->action, "delete") == 0 || order->selection.filters;
}

static chat_problem_t *check_confirm(chat_request_t *req, const order_t *order)
{
    if (!needs_confirm(order))
        return NULL;
    if (!order->reason)
        return chat_problem_field(req->pool, "reason", "is required");
    if (order->confirm &&
        chat_admin_confirm_check(req->ctx, order->action, &order->selection, order->confirm))
        return NULL;
    return chat_admin_confirm_problem(req->pool);
}

/* Ids may be too many for a URL; the audit log has them. */
static const char *url_of_export(const chat_request_t *req, const order_t *order,
                                 apr_int64_t audit_id)
{
    return apr_pstrcat(req->pool, chat_reply_root(req), "admin/", order->resource->name,
                       "/export/?selection=", chat_db_id(audit_id, req->pool), NULL);
}

chat_problem_t *chat_admin_act(chat_request_t *req)
{
    chat_administrator_t by;
    chat_admin_acted_t acted;
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
    problem = chat_db_problem(req->ctx, chat_store_admin_act(&acted, req->ctx, &by, order.action,
                                                             &order.selection, order.reason));
    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_member_integer(json, "done", acted.done);
    chat_json_member_integer(json, "skipped", acted.skipped);
    chat_json_member_integer(json, "audit_id", acted.audit_id);
    chat_json_member_boolean(json, "has_more", acted.has_more);
    chat_json_member_id(json, "after", acted.next_after);
    if (is_export(&order))
        chat_json_member_string(json, "url", url_of_export(req, &order, acted.audit_id));
    if (acted.has_more &&
        needs_confirm(&order)) /* what takes long is confirmed anew with each part */
        chat_json_member_string(json, "confirm",
                                chat_admin_confirm_make(req->ctx, order.action, &order.selection));
    chat_json_object_end(json);
    return NULL;
}
