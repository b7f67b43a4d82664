#include "api/chat_api.h"

#include <string.h>

#include <apr_strings.h>

#include <http_core.h>
#include <http_request.h>

#include "admin/chat_admin_handlers.h"
#include "api/chat_api_cors.h"
#include "api/chat_api_handlers.h"
#include "cache/chat_response_cache.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "db/chat_db.h"
#include "guard/chat_guard.h"
#include "http/chat_profile.h"
#include "http/chat_reply.h"
#include "http/chat_reply_file.h"

/* A request to conversations/ws/ that is not a handshake: RFC 9110 section 15.5.22 requires the
 * header Upgrade. */
static chat_problem_t *upgrade_required(chat_request_t *req)
{
    apr_table_setn(req->r->headers_out, "Upgrade", "websocket");
    apr_table_mergen(req->r->headers_out, "Connection", "Upgrade");
    return chat_problem(req->pool, HTTP_UPGRADE_REQUIRED, "upgrade_required",
                        "This address accepts WebSocket handshakes (RFC 6455) only.");
}

/* openapi.json describes each route; t/openapi.t compares the two. */
const chat_route_t chat_api_routes[] = {
    {"GET", "conversations/", chat_api_conversation_list, .is_cacheable = 1},
    {"POST", "conversations/", chat_api_conversation_open, .action = CHAT_ACTION_OPEN},
    {"GET", "conversations/openapi.json", chat_api_openapi, .is_public = 1},
    {"GET", "conversations/search/", chat_api_search, .action = CHAT_ACTION_SEARCH},
    {"GET", "conversations/unread/", chat_api_conversation_unread, .is_cacheable = 1},
    {"GET", "conversations/ws/", upgrade_required, .is_socket = 1},
    {"GET", "conversations/{id}/", chat_api_conversation_get, .is_cacheable = 1},
    {"GET", "conversations/{id}/messages/", chat_api_message_page, .is_cacheable = 1},
    {"POST", "conversations/{id}/messages/", chat_api_message_post, .action = CHAT_ACTION_SEND},
    {"POST", "conversations/{id}/read/", chat_api_message_mark_read, .action = CHAT_ACTION_READ},
    {"POST", "conversations/{id}/typing/", chat_api_typing_say, .action = CHAT_ACTION_TYPING},
    {"GET", "conversations/{id}/typing-status/", chat_api_typing_status,
     .action = CHAT_ACTION_NONE},
    {"POST", "conversations/{id}/block/", chat_api_conversation_block, .action = CHAT_ACTION_ADMIN},
    {"GET", "notifications/", chat_api_notification_list, .is_cacheable = 1},
    {"GET", "notifications/unsubscribe/", chat_api_unsubscribe_show, .is_public = 1, .is_page = 1},
    {"POST", "notifications/unsubscribe/", chat_api_unsubscribe_do, .is_public = 1, .is_page = 1},
    {"POST", "notifications/read/", chat_api_notification_mark_read, .action = CHAT_ACTION_READ},
    {"GET", "notifications/preferences/", chat_api_preferences_get, .action = CHAT_ACTION_NONE},
    {"PUT", "notifications/preferences/", chat_api_preferences_put, .action = CHAT_ACTION_NOTIFY},
    {"POST", "notifications/preferences/email/", chat_api_preferences_retry_mail,
     .action = CHAT_ACTION_NOTIFY},
    {"GET", "push/key/", chat_api_push_key, .action = CHAT_ACTION_NONE},
    {"GET", "push/subscriptions/", chat_api_push_list, .action = CHAT_ACTION_NONE},
    {"POST", "push/subscriptions/", chat_api_push_save, .action = CHAT_ACTION_NOTIFY},
    {"DELETE", "push/subscriptions/", chat_api_push_drop_endpoint, .action = CHAT_ACTION_NOTIFY},
    {"DELETE", "push/subscriptions/{id}/", chat_api_push_drop, .action = CHAT_ACTION_NOTIFY},
    {"POST", "push/test/", chat_api_push_test, .action = CHAT_ACTION_PUSH_TEST},
    {"GET", "attachments/{id}/{name}", chat_api_attachment_get, .action = CHAT_ACTION_NONE},
    {"GET", "admin/", chat_admin_describe, .action = CHAT_ACTION_NONE},
    {"GET", "admin/users/", chat_admin_list, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/users/{id}/", chat_admin_get, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/users/export/", chat_admin_export, .action = CHAT_ACTION_ADMIN, .is_page = 1},
    {"GET", "admin/conversations/export/", chat_admin_export, .action = CHAT_ACTION_ADMIN,
     .is_page = 1},
    {"GET", "admin/messages/export/", chat_admin_export, .action = CHAT_ACTION_ADMIN, .is_page = 1},
    {"GET", "admin/audit/export/", chat_admin_export, .action = CHAT_ACTION_ADMIN, .is_page = 1},
    {"GET", "admin/users/{id}/export/", chat_admin_export_user, .action = CHAT_ACTION_ADMIN,
     .is_page = 1},
    {"GET", "admin/stats/", chat_admin_stats, .action = CHAT_ACTION_ADMIN},
    {"PATCH", "admin/users/{id}/", chat_admin_patch, .action = CHAT_ACTION_ADMIN},
    {"POST", "admin/users/{id}/erase/", chat_admin_erase, .action = CHAT_ACTION_ADMIN},
    {"POST", "admin/conversations/actions/", chat_admin_act, .action = CHAT_ACTION_ADMIN},
    {"POST", "admin/messages/actions/", chat_admin_act, .action = CHAT_ACTION_ADMIN},
    {"POST", "admin/attachments/actions/", chat_admin_act, .action = CHAT_ACTION_ADMIN},
    {"POST", "admin/deliveries/actions/", chat_admin_act, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/churches/", chat_admin_list, .action = CHAT_ACTION_ADMIN},
    {"POST", "admin/churches/", chat_admin_create, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/churches/{id}/", chat_admin_get, .action = CHAT_ACTION_ADMIN},
    {"DELETE", "admin/churches/{id}/", chat_admin_delete, .action = CHAT_ACTION_ADMIN},
    {"PATCH", "admin/churches/{id}/", chat_admin_patch, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/staff/", chat_admin_list, .action = CHAT_ACTION_ADMIN},
    {"POST", "admin/staff/", chat_admin_create, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/staff/{id}/", chat_admin_get, .action = CHAT_ACTION_ADMIN},
    {"DELETE", "admin/staff/{id}/", chat_admin_delete, .action = CHAT_ACTION_ADMIN},
    {"PATCH", "admin/staff/{id}/", chat_admin_patch, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/conversations/", chat_admin_list, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/conversations/{id}/", chat_admin_view, .action = CHAT_ACTION_ADMIN},
    {"DELETE", "admin/conversations/{id}/", chat_admin_delete, .action = CHAT_ACTION_ADMIN},
    {"PATCH", "admin/conversations/{id}/", chat_admin_patch, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/messages/", chat_admin_list, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/messages/{id}/", chat_admin_get, .action = CHAT_ACTION_ADMIN},
    {"DELETE", "admin/messages/{id}/", chat_admin_delete, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/attachments/", chat_admin_list, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/attachments/{id}/", chat_admin_get, .action = CHAT_ACTION_ADMIN},
    {"DELETE", "admin/attachments/{id}/", chat_admin_delete, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/notifications/", chat_admin_list, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/notifications/{id}/", chat_admin_get, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/deliveries/", chat_admin_list, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/deliveries/{id}/", chat_admin_get, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/audit/", chat_admin_list, .action = CHAT_ACTION_ADMIN},
    {"GET", "admin/audit/{id}/", chat_admin_get, .action = CHAT_ACTION_ADMIN},
    {.method = NULL},
};

/* Statuses that httpd itself may answer with, and for which a site may have an ErrorDocument. */
static const int httpd_statuses[] = {HTTP_BAD_REQUEST,
                                     HTTP_UNAUTHORIZED,
                                     HTTP_FORBIDDEN,
                                     HTTP_NOT_FOUND,
                                     HTTP_METHOD_NOT_ALLOWED,
                                     HTTP_REQUEST_TIME_OUT,
                                     HTTP_GONE,
                                     HTTP_REQUEST_ENTITY_TOO_LARGE,
                                     HTTP_RANGE_NOT_SATISFIABLE,
                                     HTTP_UPGRADE_REQUIRED,
                                     HTTP_INTERNAL_SERVER_ERROR,
                                     HTTP_NOT_IMPLEMENTED,
                                     HTTP_BAD_GATEWAY,
                                     HTTP_SERVICE_UNAVAILABLE};

/* An ErrorDocument could redirect the request to another page of the site, with another status. */
int chat_api_disable_error_documents(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    int i;

    if (!chat_request_of(r) || !core->response_code_exprs)
        return DECLINED;
    for (i = 0; i < CHAT_COUNT(httpd_statuses); i++)
        ap_custom_response(r, httpd_statuses[i], "replaced by a problem document");
    return DECLINED;
}

int chat_api_claim(request_rec *r)
{
    chat_request_t *req = chat_request_claim(r, chat_api_routes);

    if (!req)
        return DECLINED;
    req->uri = r->uri;
    req->args = r->args;
    return chat_api_disable_error_documents(r);
}

/* The URL as the client has sent it, before mod_rewrite and mod_alias. */
static void restore(request_rec *r, const chat_request_t *req)
{
    r->uri = req->uri;
    r->args = req->args;
    r->filename = r->uri; /* there is no file, but other modules expect a name */
    r->path_info = NULL;
    r->handler = NULL;
    r->proxyreq = PROXYREQ_NONE;
}

/* The <Location> and <If> sections of a rewritten URL, which may contain ChatAdmin. httpd itself
 * merges them only after this hook. */
static void find_sections(request_rec *r)
{
    r->per_dir_config = r->server->lookup_defaults;
    if (ap_location_walk(r) == OK)
        ap_if_walk(r);
}

int chat_api_translate(request_rec *r)
{
    chat_request_t *req = chat_request_of(r);

    if (!req || strcmp(r->uri, req->uri) != 0) {
        if (r->parsed_uri.path && strcmp(r->uri, r->parsed_uri.path) != 0)
            find_sections(r);
        chat_api_claim(r); /* perhaps it was rewritten to a path of the module */
    }
    req = chat_request_of(r);
    if (!req)
        return DECLINED;
    restore(r, req);
    return OK;
}

int chat_api_map_to_storage(request_rec *r)
{
    const chat_request_t *req = chat_request_of(r);

    if (!req)
        return DECLINED;
    restore(r, req);
    return ap_file_walk(r); /* for <Files "openapi.json">; there is no directory to walk */
}

int chat_api_choose_handler(request_rec *r)
{
    if (!chat_request_of(r))
        return DECLINED;
    r->handler = "chat-api";
    return OK;
}

#define FORM "application/x-www-form-urlencoded"

int chat_api_hide_form(request_rec *r)
{
    chat_request_t *req = chat_request_of(r);
    const char *type = apr_table_get(r->headers_in, "Content-Type");

    if (req)
        req->is_authenticating = 1;
    if (!req || !type || strncasecmp(type, FORM, sizeof FORM - 1) != 0)
        return DECLINED;
    req->form_type = type;
    apr_table_setn(r->headers_in, "Content-Type", "application/octet-stream");
    return DECLINED;
}

int chat_api_show_form(request_rec *r)
{
    chat_request_t *req = chat_request_of(r);

    if (req && req->form_type)
        apr_table_setn(r->headers_in, "Content-Type", req->form_type);
    if (req)
        req->is_authenticating = 0;
    return DECLINED;
}

static void count_answer(const request_rec *r)
{
    chat_metrics_count(CHAT_COUNTER_ANSWERS + r->status / 100 - 1, 1);
}

/* Whether httpd's authentication or authorisation has refused the request, by 401, 403 or a
 * redirect to a login. Other redirects, such as to https, are not refusals. */
static int is_refused(const chat_request_t *req)
{
    int status = req->r->status;

    return status == HTTP_UNAUTHORIZED || status == HTTP_FORBIDDEN ||
           (ap_is_HTTP_REDIRECT(status) && req->is_authenticating);
}

/* Change a refusal to the answer for a path that does not exist. */
static void hide_refusal(chat_request_t *req)
{
    static const char *const traces[] = {"WWW-Authenticate", "Authentication-Info", "Location",
                                         "Set-Cookie"};
    request_rec *r = req->r;
    int i;

    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "request(%s): authentication or Require has answered %d, the client gets 404; "
                  "below admin/ both Require and ChatAdmin must allow the user",
                  chat_request_id(r), r->status);
    r->status = HTTP_NOT_FOUND;
    for (i = 0; i < CHAT_COUNT(traces); i++) {
        apr_table_unset(r->headers_out, traces[i]);
        apr_table_unset(r->err_headers_out, traces[i]);
    }
}

void chat_api_insert_error_filter(request_rec *r)
{
    chat_request_t *req = chat_request_of(r);

    /* A request that httpd could not read completely has not been claimed yet. */
    if (!req && r->status >= HTTP_BAD_REQUEST && r->uri)
        req = chat_request_claim_error(r, chat_api_routes);
    if (!req)
        return;
    if (req->is_admin && is_refused(req))
        hide_refusal(req);
    chat_api_cors_insert_filter(r);
    if (r->status < HTTP_BAD_REQUEST)
        return;
    chat_api_show_form(r);
    chat_reply_insert_error_filter(r);
    count_answer(r);
}

/* The user of the request: 401 or 403 without one, or with a name that is not valid. */
static chat_problem_t *enter(chat_request_t *req)
{
    apr_interval_time_t wait = chat_config_database_wait(req->config);
    chat_problem_t *problem;

    req->ctx = apr_palloc(req->pool, sizeof *req->ctx);
    chat_guard_begin(req->ctx, req->config, chat_db_create(req->r->server, req->r, wait, req->pool),
                     req->pool);
    problem = chat_profile_read(&req->ctx->profile, req->r, req->config);
    if (!problem)
        chat_guard_name_user(req);
    return problem;
}

static chat_problem_t *answer(chat_request_t *req)
{
    chat_problem_t *problem = NULL;

    if (!req->match.is_public)
        problem = enter(req);
    if (problem)
        return problem;
    if (!req->match.is_known)
        return chat_problem_of_status(req->pool, HTTP_NOT_FOUND);
    if (!req->match.route)
        return chat_problem_of_status(req->pool, HTTP_METHOD_NOT_ALLOWED);
    if (!req->match.is_public)
        problem = chat_guard_csrf(req);
    if (!problem && !req->match.is_public)
        problem = chat_guard_user(req);
    if (problem)
        return problem;
    problem = chat_guard_limit(req, req->match.route->action);
    if (problem)
        return problem;
    return req->match.route->is_cacheable ? chat_response_cache_answer(req)
                                          : req->match.route->handler(req);
}

/* For LogFormat: %{chat-statements}n and %{chat-db-us}n. */
static void leave_notes(const chat_request_t *req)
{
    apr_table_t *notes = req->r->notes;

    if (!req->ctx)
        return;
    apr_table_setn(notes, "chat-statements", apr_itoa(req->pool, chat_db_statements(req->ctx->db)));
    apr_table_setn(notes, "chat-db-us",
                   chat_db_id((apr_int64_t)chat_db_duration(req->ctx->db), req->pool));
}

int chat_api_handle(request_rec *r)
{
    chat_request_t *req = chat_request_of(r);
    chat_problem_t *problem;
    int rc;

    if (!req)
        return DECLINED;
    problem = req->is_admin ? chat_guard_admin(req) : NULL;
    if (!problem && r->method_number == M_OPTIONS && req->match.is_known) {
        rc = chat_reply_options(req);
    } else {
        if (!problem)
            problem = answer(req);
        leave_notes(req);
        if (!problem && req->file)
            problem = chat_reply_file_send(req, req->file);
        leave_notes(req); /* of parts of the file, too */
        if (!problem && (req->match.route->is_page || req->file))
            rc = OK; /* it has been sent */
        else
            rc = problem ? chat_reply_problem(req, problem) : chat_reply_send(req);
    }
    if (!req->is_answered) /* otherwise the error filter has counted it */
        count_answer(r);
    return rc;
}
