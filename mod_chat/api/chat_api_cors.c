#include "api/chat_api_cors.h"

#include <http_protocol.h>
#include <util_filter.h>

#include "guard/chat_guard.h"

#define FILTER "CHAT_CORS"
#define MAX_AGE_S "600" /* browsers use an earlier configuration for so long */

/* In addition to those that every page may send and read. */
#define HEADERS_SENT                                                                               \
    "Authorization, Content-Type, If-Match, If-None-Match, Range, X-Chat-User, X-CSRFToken, "      \
    "X-Requested-With"
#define HEADERS_READ                                                                               \
    "Accept-Ranges, Allow, Content-Disposition, Content-Range, Date, ETag, Link, Location, "       \
    "RateLimit, RateLimit-Policy, Retry-After, X-Chat-User, X-CSRFToken, X-Request-Id"

static int is_preflight(const chat_request_t *req)
{
    const request_rec *r = req->r;

    return r->method_number == M_OPTIONS && req->match.is_known && !req->is_admin &&
           apr_table_get(r->headers_in, "Access-Control-Request-Method") &&
           chat_guard_trusted_origin(req);
}

int chat_api_cors_check_access(request_rec *r)
{
    const chat_request_t *req = chat_request_of(r);

    return req && is_preflight(req) ? OK : DECLINED;
}

static int is_set_by_site(const request_rec *r)
{
    return apr_table_get(r->headers_out, "Access-Control-Allow-Origin") ||
           apr_table_get(r->err_headers_out, "Access-Control-Allow-Origin");
}

static void set_headers(const chat_request_t *req, const char *origin)
{
    apr_table_t *out = req->r->headers_out;

    apr_table_setn(out, "Access-Control-Allow-Origin", origin);
    apr_table_setn(out, "Access-Control-Allow-Credentials", "true");
    if (!is_preflight(req)) {
        apr_table_setn(out, "Access-Control-Expose-Headers", HEADERS_READ);
        return;
    }
    apr_table_setn(out, "Access-Control-Allow-Methods",
                   chat_route_allow(req->routes, req->path, req->pool));
    apr_table_setn(out, "Access-Control-Allow-Headers", HEADERS_SENT);
    apr_table_setn(out, "Access-Control-Max-Age", MAX_AGE_S);
}

/* Runs after the filters of other modules, so that it sees the headers they have set. */
static apr_status_t filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    const chat_request_t *req = chat_request_of(f->r);
    const char *origin = chat_guard_trusted_origin(req);

    apr_table_mergen(f->r->headers_out, "Vary", "Origin");
    if (origin && !is_set_by_site(f->r))
        set_headers(req, origin);
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, bb);
}

void chat_api_cors_register_filter(void)
{
    ap_register_output_filter(FILTER, filter, NULL, AP_FTYPE_PROTOCOL - 1);
}

void chat_api_cors_insert_filter(request_rec *r)
{
    const chat_request_t *req = chat_request_of(r);

    if (req && req->config->trusted_origins)
        ap_add_output_filter(FILTER, NULL, r, r->connection);
}
