#include "ws/chat_handshake.h"

#include <string.h>

#include <apr_encode.h>
#include <apr_general.h>
#include <apr_sha1.h>
#include <apr_strings.h>

#include <ap_mpm.h>
#include <http_config.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "db/chat_db.h"
#include "guard/chat_guard.h"
#include "http/chat_profile.h"
#include "http/chat_reply.h"
#include "service/chat_db_problem.h"
#include "ws/chat_loop.h"
#include "ws/chat_registry.h"
#include "ws/chat_ws_session.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455 section 1.3 */
#define KEY_CHARS 24                                /* 16 bytes in base64 */
#define KEY_BYTES 16
#define VERSION "13"
#define RETRY_AFTER_S "1"
#define AGE_JITTER 10 /* a session ends up to this part of its age earlier: not all at once */

static int has_token(request_rec *r, const char *field, const char *token)
{
    const char *value = apr_table_get(r->headers_in, field);

    return value && ap_find_token(r->pool, value, token);
}

/* Whether it asks for a WebSocket at all. */
static int is_asked(request_rec *r)
{
    return r->method_number == M_GET && !r->header_only && has_token(r, "Upgrade", "websocket");
}

static int is_key(const char *key, apr_pool_t *p)
{
    apr_size_t bytes = 0;

    return key && strlen(key) == KEY_CHARS &&
           apr_pdecode_base64_binary(p, key, KEY_CHARS, APR_ENCODE_NONE, &bytes) &&
           bytes == KEY_BYTES;
}

/* RFC 9110 section 15.5.22 requires the header. */
static int upgrade_required(request_rec *r)
{
    apr_table_setn(r->err_headers_out, "Upgrade", "websocket");
    return HTTP_UPGRADE_REQUIRED;
}

/* A handshake has no body: what follows the head is frames. */
static int has_body(request_rec *r)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");

    return apr_table_get(r->headers_in, "Transfer-Encoding") ||
           (length && strcmp(length, "0") != 0);
}

/* OK, or why the handshake is malformed. */
static int check_handshake(request_rec *r)
{
    const char *version = apr_table_get(r->headers_in, "Sec-WebSocket-Version");

    if (!is_asked(r))
        return upgrade_required(r);
    if (has_body(r) || r->proto_num < HTTP_VERSION(1, 1) ||
        !has_token(r, "Connection", "upgrade") ||
        !is_key(apr_table_get(r->headers_in, "Sec-WebSocket-Key"), r->pool))
        return HTTP_BAD_REQUEST;
    if (!version || strcmp(version, VERSION) != 0) {
        apr_table_setn(r->err_headers_out, "Sec-WebSocket-Version", VERSION);
        return upgrade_required(r);
    }
    return OK;
}

static void log_refusal(request_rec *r, const char *text)
{
    if (chat_registry_may_log_refusal())
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "WebSocket refused: %s", text);
}

/* WebSockets over HTTP/2 are not offered (chat_startup.h). mod_http2 has one way to say that a
 * request needs HTTP/1.1, made for TLS renegotiation: it resets the stream with HTTP_1_1_REQUIRED,
 * and browsers try again with HTTP/1.1. */
static int refuse_http2(request_rec *r)
{
    log_refusal(r, "it came over HTTP/2, and the client was told to use HTTP/1.1");
    apr_table_setn(r->notes, "ssl-renegotiate-forbidden", "WebSocket");
    return HTTP_FORBIDDEN;
}

/* OK, or why httpd cannot hand over this connection. */
static int check_connection(request_rec *r)
{
    int is_async = 0;

    if (ap_mpm_query(AP_MPMQ_IS_ASYNC, &is_async) != APR_SUCCESS || !is_async ||
        !r->connection->cs) {
        log_refusal(r, "it needs the event MPM: a2enmod mpm_event");
        return HTTP_NOT_IMPLEMENTED;
    }
    if (r->main || r->prev) { /* httpd sends the answer of the first request */
        log_refusal(r, "it was redirected internally: use RewriteRule in the server's "
                       "configuration, with [PT], or do not rewrite this path");
        return HTTP_NOT_IMPLEMENTED;
    }
    return OK;
}

static const char *greeting_for(request_rec *r, const char *protocol)
{
    const char *key = apr_table_get(r->headers_in, "Sec-WebSocket-Key");
    unsigned char digest[APR_SHA1_DIGESTSIZE];
    apr_sha1_ctx_t sha1;

    apr_sha1_init(&sha1);
    apr_sha1_update(&sha1, key, KEY_CHARS);
    apr_sha1_update(&sha1, GUID, sizeof GUID - 1);
    apr_sha1_final(digest, &sha1);
    return apr_pstrcat(
        r->pool,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: ",
        apr_pencode_base64_binary(r->pool, digest, sizeof digest, APR_ENCODE_NONE, NULL),
        protocol ? "\r\nSec-WebSocket-Protocol: " : "", protocol ? protocol : "", "\r\n\r\n", NULL);
}

/* httpd destroys a connection that the event loop never got. */
static apr_status_t abandon(void *data)
{
    chat_conn_free(data);
    chat_loop_release();
    return APR_SUCCESS;
}

/* From here on no HTTP filter is between us and the socket, and no time limit for requests. */
static void leave_http(request_rec *r)
{
    conn_rec *c = r->connection;

    ap_remove_input_filter_byhandle(c->input_filters, "reqtimeout");
    ap_remove_output_filter_byhandle(c->output_filters, "reqtimeout");
    c->keepalive = AP_CONN_CLOSE;
    r->status = HTTP_SWITCHING_PROTOCOLS;
    r->output_filters = r->proto_output_filters = c->output_filters;
    r->input_filters = r->proto_input_filters = c->input_filters;
}

/*
 * OK, or why this handshake cannot be accepted, whoever it is from: 400 for a malformed one, 426
 * for another version or none at all, 501 where no connection can be handed over (another MPM than
 * event, an internal redirect). Over HTTP/2 the client is told to use HTTP/1.1.
 */
static int check(request_rec *r)
{
    int rc;

    if (r->connection->master && is_asked(r))
        return refuse_http2(r);
    rc = check_handshake(r);
    return rc == OK ? check_connection(r) : rc;
}

/* The connection is closed with it: while it waits for a request, it counts as one, too. */
static int refuse_for_now(request_rec *r)
{
    chat_metrics_count(CHAT_COUNTER_SOCKETS_REFUSED, 1);
    log_refusal(r, "this child has as many as ChatWebSocketMax allows, or no event loop");
    apr_table_setn(r->err_headers_out, "Retry-After", RETRY_AFTER_S);
    r->connection->keepalive = AP_CONN_CLOSE;
    return HTTP_SERVICE_UNAVAILABLE;
}

int chat_handshake_accept(request_rec *r, const chat_conn_plan_t *plan)
{
    conn_rec *c = r->connection;
    chat_conn_t *conn;
    int rc = check(r);

    if (rc != OK)
        return rc;
    if (!chat_loop_reserve())
        return refuse_for_now(r);
    conn = chat_conn_create(r, plan, greeting_for(r, plan->protocol));
    if (!conn) {
        chat_loop_release();
        return HTTP_SERVICE_UNAVAILABLE;
    }
    leave_http(r);
    ap_set_module_config(c->conn_config, &chat_module, conn);
    apr_pool_cleanup_register(c->pool, conn, abandon, apr_pool_cleanup_null);
    return SUSPENDED;
}

void chat_handshake_suspend(conn_rec *c, request_rec *r)
{
    chat_conn_t *conn = ap_get_module_config(c->conn_config, &chat_module);

    (void)r;
    /* It fires for keep-alive and lingering connections, too. */
    if (!conn || !c->cs || c->cs->state != CONN_STATE_SUSPENDED)
        return;
    ap_set_module_config(c->conn_config, &chat_module, NULL);
    apr_pool_cleanup_kill(c->pool, conn, abandon);
    chat_loop_offer(conn);
}

/* ---- conversations/ws/ ---- */

static apr_interval_time_t age_max_of(const chat_config_t *config)
{
    apr_interval_time_t age_max = chat_config_socket_age_max(config);
    apr_uint32_t dice = 0;

    apr_generate_random_bytes((unsigned char *)&dice, sizeof dice);
    return age_max - (apr_interval_time_t)((double)age_max / AGE_JITTER * dice / APR_UINT32_MAX);
}

static int accept_session(chat_request_t *req)
{
    chat_conn_plan_t plan = {.role = &chat_registry_role,
                             .message_bytes_max = chat_config_socket_frame_bytes_max(req->config),
                             .age_max = age_max_of(req->config)};
    int rc = check(req->r);
    chat_ws_session_t *session = rc == OK ? chat_ws_session_create(req) : NULL;

    if (rc != OK)
        return rc;
    if (!session)
        return HTTP_SERVICE_UNAVAILABLE;
    if (has_token(req->r, "Sec-WebSocket-Protocol", CHAT_HANDSHAKE_PROTOCOL))
        plan.protocol = CHAT_HANDSHAKE_PROTOCOL;
    plan.owner = session;
    rc = chat_handshake_accept(req->r, &plan);
    if (rc != SUSPENDED)
        chat_ws_session_destroy(session);
    return rc;
}

static chat_problem_t *enter(chat_request_t *req)
{
    apr_interval_time_t wait = chat_config_database_wait(req->config);

    req->ctx = apr_palloc(req->pool, sizeof *req->ctx);
    chat_guard_begin(req->ctx, req->config, chat_db_create(req->r->server, req->r, wait, req->pool),
                     req->pool);
    return chat_profile_read(&req->ctx->profile, req->r, req->config);
}

static chat_problem_t *check_user(chat_request_t *req)
{
    chat_problem_t *problem = enter(req);

    if (!problem)
        problem = chat_guard_origin(req);
    if (!problem)
        problem = chat_guard_limit(req, CHAT_ACTION_CONNECT);
    return problem ? problem : chat_db_problem(req->ctx, chat_store_user_get(req->ctx));
}

int chat_handshake_handle(request_rec *r)
{
    chat_request_t *req = chat_request_of(r);
    chat_problem_t *problem;
    int rc;

    if (!req || !req->match.route || !req->match.route->is_socket || !is_asked(r))
        return DECLINED;
    problem = check_user(req);
    rc = problem ? chat_reply_problem(req, problem) : accept_session(req);
    if (problem || rc == SUSPENDED) /* otherwise the error filter counts */
        chat_metrics_count(CHAT_COUNTER_ANSWERS + r->status / 100 - 1, 1);
    return rc;
}
