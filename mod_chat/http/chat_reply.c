#include "http/chat_reply.h"

#include <stdlib.h>
#include <string.h>

#include <apr_buckets.h>
#include <apr_strings.h>

#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "core/chat_hash.h"
#include "core/chat_json_member.h"
#include "core/chat_log.h"

#define BODY_BYTES_EXPECTED 4096
#define PROBLEM_FILTER "CHAT_PROBLEM"
#define CACHE_CONTROL_FILTER "CHAT_CACHING"
#define NO_STORE "no-store"
#define PRIVATE_NO_CACHE "private, no-cache"
#define ETAG_BYTES (2 + 2 * 16 + 1)

chat_json_t *chat_reply_json(chat_request_t *req, int http_status)
{
    req->http_status = http_status;
    req->json = chat_json_create(BODY_BYTES_EXPECTED, req->pool);
    return req->json;
}

static chat_json_t *begin_success(chat_request_t *req)
{
    chat_json_t *json = chat_reply_json(req, HTTP_OK);

    chat_json_object_begin(json);
    chat_json_member_boolean(json, "success", 1);
    return json;
}

void chat_reply_success_boolean(chat_request_t *req, const char *name, int value)
{
    chat_json_t *json = begin_success(req);

    chat_json_key(json, name);
    chat_json_boolean(json, value);
    chat_json_object_end(json);
}

void chat_reply_success_integer(chat_request_t *req, const char *name, apr_int64_t value)
{
    chat_json_t *json = begin_success(req);

    chat_json_key(json, name);
    chat_json_integer(json, value);
    chat_json_object_end(json);
}

void chat_reply_cached(chat_request_t *req, char *body, apr_size_t bytes, chat_hash_t hash)
{
    req->http_status = HTTP_OK;
    req->body = body;
    req->body_bytes = bytes;
    req->body_hash = hash;
}

void chat_reply_nothing(chat_request_t *req)
{
    req->http_status = HTTP_NO_CONTENT;
}

void chat_reply_not_stored(chat_request_t *req)
{
    req->is_not_stored = 1;
}

void chat_reply_etag(chat_request_t *req, const char *etag)
{
    req->etag = apr_pstrcat(req->pool, "\"", etag, "\"", NULL);
}

const char *chat_reply_url(const chat_request_t *req, const char *query)
{
    apr_size_t bytes = strlen(req->path);
    const char *slash = bytes && req->path[bytes - 1] == '/' ? "" : "/";

    if (chat_request_has_relative_links(req))
        return apr_pstrcat(req->pool, "?", query, NULL);
    return apr_pstrcat(req->pool, req->root, "/", req->path, slash, "?", query, NULL);
}

const char *chat_reply_root(const chat_request_t *req)
{
    return chat_request_has_relative_links(req) ? chat_request_relative_root(req)
                                                : apr_pstrcat(req->pool, req->root, "/", NULL);
}

void chat_reply_link(chat_request_t *req, const char *relation, const char *query)
{
    apr_table_mergen(
        req->r->headers_out, "Link",
        apr_psprintf(req->pool, "<%s>; rel=\"%s\"", chat_reply_url(req, query), relation));
}

static ap_filter_rec_t *cache_control_filter_handle;

/* Runs after mod_headers and mod_expires, so that a site's settings for all pages cannot make
 * answers for one user cacheable for others. */
static apr_status_t cache_control_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    apr_table_t *out = f->r->headers_out;
    apr_table_t *always = f->r->err_headers_out;
    const char *set = apr_table_get(out, "Cache-Control");

    if (set != f->ctx && !(set && ap_strcasestr(set, NO_STORE)))
        apr_table_setn(out, "Cache-Control", f->ctx);
    apr_table_unset(always, "Cache-Control");
    apr_table_unset(out, "Expires");
    apr_table_unset(always, "Expires");
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, bb);
}

static void protect_cache_control(request_rec *r, const char *cache_control)
{
    ap_add_output_filter_handle(cache_control_filter_handle, (void *)cache_control, r,
                                r->connection);
}

void chat_reply_protect_cache_control(request_rec *r)
{
    protect_cache_control(r, apr_table_get(r->headers_out, "Cache-Control"));
}

void chat_reply_common_headers(request_rec *r, const char *cache_control)
{
    apr_table_setn(r->headers_out, "Cache-Control", cache_control);
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "X-Request-Id", chat_request_id(r));
}

static const char *etag_of(chat_hash_t hash, apr_pool_t *p)
{
    char *etag = apr_palloc(p, ETAG_BYTES);

    apr_snprintf(etag, ETAG_BYTES, "\"%016" APR_UINT64_T_HEX_FMT "%016" APR_UINT64_T_HEX_FMT "\"",
                 hash.high, hash.low);
    return etag;
}

/* `body` is from malloc(); the filters free it. */
static int send_body(request_rec *r, char *body, apr_size_t length)
{
    apr_bucket_alloc_t *list = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, list);

    chat_reply_protect_cache_control(r);
    if (length)
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_heap_create(body, length, free, list));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(list));
    ap_pass_brigade(r->output_filters, bb); /* a closed connection is not an error here */
    return OK;
}

/* mod_deflate and mod_brotli add a suffix to the ETag of compressed answers; clients send it back.
 */
static void unmark_tags(request_rec *r, const char *field)
{
    static const char *const marks[] = {"-gzip\"", "-br\""};
    const char *tags = apr_table_get(r->headers_in, field);
    char *plain;
    char *at;
    int i;

    if (!tags)
        return;
    plain = apr_pstrdup(r->pool, tags);
    for (i = 0; i < CHAT_COUNT(marks); i++)
        while ((at = strstr(plain, marks[i])) != NULL)
            memmove(at, at + strlen(marks[i]) - 1, strlen(at + strlen(marks[i]) - 1) + 1);
    apr_table_setn(r->headers_in, field, plain);
}

/* RFC 9110 section 13.1.1: whether If-Match is present and does not match this answer. */
static int is_stale(request_rec *r)
{
    if (!apr_table_get(r->headers_in, "If-Match"))
        return 0;
    unmark_tags(r, "If-Match");
    return ap_condition_if_match(r, r->headers_out) == AP_CONDITION_NOMATCH;
}

/* By the ETag only: without Last-Modified, If-Modified-Since does not apply (RFC 9110
 * section 13.1.3). */
static int is_known_to_client(request_rec *r)
{
    ap_condition_e condition;

    unmark_tags(r, "If-None-Match");
    condition = ap_condition_if_none_match(r, r->headers_out);
    return condition == AP_CONDITION_WEAK || condition == AP_CONDITION_STRONG;
}

/* Of this user alone: a 304 has no X-Chat-User, so a browser takes that of the answer which it has
 * stored, and that must not be another user's. */
static chat_hash_t hash_of(const chat_request_t *req, const char *body, apr_size_t length)
{
    const char *user = req->ctx ? req->ctx->profile.external_id : NULL;
    chat_hash_t hash = req->body
                           ? req->body_hash
                           : chat_hash_answer(body, length, req->ctx ? req->ctx->epoch : NULL);
    chat_hash_t salt = {0, 0};

    if (user)
        salt = chat_hash(user, strlen(user));
    return (chat_hash_t){hash.high ^ salt.high, hash.low ^ salt.low};
}

static int send_nothing(request_rec *r)
{
    r->status = HTTP_NO_CONTENT;
    chat_reply_common_headers(r, NO_STORE);
    return send_body(r, NULL, 0);
}

int chat_reply_send(chat_request_t *req)
{
    request_rec *r = req->r;
    apr_size_t length = req->body_bytes;
    char *body;

    if (req->http_status == HTTP_NO_CONTENT)
        return send_nothing(r);
    body = req->body ? req->body : chat_json_take(req->json, &length);
    r->status = req->http_status;
    apr_table_unset(r->headers_in, "Range"); /* a part of a JSON text is of no use */
    if (r->method_number == M_GET) {
        chat_reply_common_headers(r, req->is_not_stored ? NO_STORE : PRIVATE_NO_CACHE);
        apr_table_setn(r->headers_out, "ETag",
                       req->etag ? req->etag : etag_of(hash_of(req, body, length), r->pool));
        if (is_stale(r)) {
            free(body);
            return chat_reply_problem(
                req,
                chat_problem(r->pool, HTTP_PRECONDITION_FAILED, "stale",
                             "The resource has changed: it no longer has the ETag in If-Match."));
        }
        if (is_known_to_client(r)) {
            r->status = HTTP_NOT_MODIFIED;
            free(body);
            return send_body(r, NULL, 0);
        }
    } else {
        chat_reply_common_headers(r, NO_STORE);
        if (req->etag) /* of what was changed, for the next change */
            apr_table_setn(r->headers_out, "ETag", req->etag);
    }
    ap_set_content_type(r, "application/json");
    ap_set_content_length(r, (apr_off_t)length);
    return send_body(r, body, length);
}

int chat_reply_options(chat_request_t *req)
{
    request_rec *r = req->r;

    apr_table_setn(r->headers_out, "Allow", chat_route_allow(req->routes, req->path, r->pool));
    return send_nothing(r);
}

/* The member `error`, a sentence that older clients show to the user: "church_id is required." */
static const char *sentence_of(const chat_problem_t *problem, apr_pool_t *p)
{
    const chat_field_error_t *first;

    if (!problem->errors || !problem->errors->nelts)
        return problem->detail;
    first = &APR_ARRAY_IDX(problem->errors, 0, chat_field_error_t);
    return apr_pstrcat(p, first->field, " ", first->detail, ".", NULL);
}

static void write_errors(chat_json_t *json, const apr_array_header_t *errors)
{
    int i;

    chat_json_key(json, "errors");
    chat_json_array_begin(json);
    for (i = 0; i < errors->nelts; i++) {
        const chat_field_error_t *error = &APR_ARRAY_IDX(errors, i, chat_field_error_t);

        chat_json_object_begin(json);
        chat_json_member_string(json, "field", error->field);
        chat_json_member_string(json, "detail", error->detail);
        chat_json_object_end(json);
    }
    chat_json_array_end(json);
}

void chat_reply_problem_members(chat_json_t *json, const chat_problem_t *problem, apr_pool_t *p)
{
    const char *line = ap_get_status_line(problem->http_status);

    chat_json_member_string(json, "title", strlen(line) > 4 ? line + 4 : line);
    chat_json_member_integer(json, "status", problem->http_status);
    chat_json_member_string(json, "detail", problem->detail);
    chat_json_member_string(json, "error", sentence_of(problem, p));
    chat_json_member_string(json, "code", problem->code);
    if (problem->errors)
        write_errors(json, problem->errors);
}

static chat_json_t *problem_to_json(request_rec *r, const chat_problem_t *problem)
{
    chat_json_t *json = chat_json_create(512, r->pool);

    chat_json_object_begin(json);
    chat_json_member_string(json, "type", "about:blank");
    chat_reply_problem_members(json, problem, r->pool);
    chat_json_member_string(json, "request_id", chat_request_id(r));
    chat_json_object_end(json);
    return json;
}

static void set_problem_headers(request_rec *r, const chat_problem_t *problem)
{
    chat_reply_common_headers(r, NO_STORE);
    if (problem->retry_after_s)
        apr_table_setn(r->headers_out, "Retry-After", apr_itoa(r->pool, problem->retry_after_s));
    ap_set_content_type(r, "application/problem+json");
}

void chat_reply_log_problem(request_rec *r, const chat_problem_t *problem)
{
    if (problem->cause)
        ap_log_rerror(APLOG_MARK, problem->is_repeated ? APLOG_DEBUG : APLOG_ERR, problem->status,
                      r, "request(%s): %d %s: %s", chat_request_id(r), problem->http_status,
                      problem->code, problem->cause);
    else
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "request(%s): %d %s", chat_request_id(r),
                      problem->http_status, problem->code);
}

int chat_reply_problem(chat_request_t *req, const chat_problem_t *problem)
{
    request_rec *r = req->r;
    apr_size_t length;
    char *body;

    chat_reply_log_problem(r, problem);
    if (req->is_answered)
        return AP_FILTER_ERROR;
    if (!req->is_body_read && chat_request_has_form(req))
        r->connection->keepalive = AP_CONN_CLOSE; /* or httpd would read a whole file for nothing */
    body = chat_json_take(problem_to_json(r, problem), &length);
    r->status = problem->http_status; /* and OK below, or httpd would add its own error page */
    set_problem_headers(r, problem);
    if (problem->http_status == HTTP_METHOD_NOT_ALLOWED)
        apr_table_setn(r->headers_out, "Allow", chat_route_allow(req->routes, req->path, r->pool));
    ap_set_content_length(r, (apr_off_t)length);
    return send_body(r, body, length);
}

/* Replaces the page that ap_send_error_response() writes by the problem document. */
static apr_status_t problem_filter(ap_filter_t *f, apr_bucket_brigade *in)
{
    request_rec *r = f->r;
    const chat_problem_t *problem = chat_problem_of_status(r->pool, r->status);
    apr_bucket_brigade *out;
    apr_size_t length;
    char *body;

    if (APR_BRIGADE_EMPTY(in) || !APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(in))) {
        apr_brigade_cleanup(in);
        return APR_SUCCESS;
    }
    apr_brigade_cleanup(in);
    ap_remove_output_filter(f);
    apr_table_unset(r->headers_out, "Location"); /* of a redirect that became 404 */
    set_problem_headers(r, problem);
    body = chat_json_take(problem_to_json(r, problem), &length);
    ap_set_content_length(r, (apr_off_t)length);
    out = apr_brigade_create(r->pool, f->c->bucket_alloc);
    APR_BRIGADE_INSERT_TAIL(out, apr_bucket_heap_create(body, length, free, f->c->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(out, apr_bucket_eos_create(f->c->bucket_alloc));
    return ap_pass_brigade(f->next, out);
}

void chat_reply_register_filter(void)
{
    ap_register_output_filter(PROBLEM_FILTER, problem_filter, NULL, AP_FTYPE_CONTENT_SET);
    cache_control_filter_handle = ap_register_output_filter(
        CACHE_CONTROL_FILTER, cache_control_filter, NULL, AP_FTYPE_PROTOCOL - 1);
}

void chat_reply_insert_error_filter(request_rec *r)
{
    ap_add_output_filter(PROBLEM_FILTER, NULL, r, r->connection);
    protect_cache_control(r, NO_STORE);
}
