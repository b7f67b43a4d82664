/*
 * A request: method, address and body. Its route is the one that a reader written in another way
 * finds; each way of reading the query keeps its bounds; and a body says the same however it was
 * cut into pieces, announced by its length or in chunks, up to the size allowed and not beyond.
 *
 * There is no server here: below stand the few functions of httpd that http/chat_request.c calls.
 * Input: "<method> <path>[?<query>]\n", a byte that sets the pieces' sizes, and the body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_buckets.h>
#include <apr_escape.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>

#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <util_script.h>

#include <json-c/json_object.h>

#include "core/chat_log.h"
#include "core/chat_text.h"
#include "core/chat_time.h"
#include "http/chat_request.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

#define BODY_BYTES_MAX 40000
#define PAD_BYTES 6000 /* blanks before the body, in up to seven of these */
#define LIMIT_MAX 200

static struct {
    const char *bytes;
    apr_size_t left;
    apr_size_t pad; /* blanks that come before them */
    apr_size_t piece;
    apr_status_t end; /* what comes instead of the end, when it is no success */
} body;

/* ---- in place of httpd ---- */

module AP_MODULE_DECLARE_DATA chat_module = {.module_index = 0};
const apr_bucket_type_t ap_bucket_type_error = {.name = "ERROR", .num_func = 5};

int ap_run_generate_log_id(const conn_rec *c, const request_rec *r, const char **id)
{
    (void)c, (void)r;
    *id = "id";
    return OK;
}

int ap_index_of_response(int status)
{
    return status;
}

char *ap_response_code_string(request_rec *r, int error_index)
{
    (void)r, (void)error_index;
    return NULL;
}

char *ap_strcasestr(const char *text, const char *part)
{
    for (; *text; text++)
        if (strncasecmp(text, part, strlen(part)) == 0)
            return (char *)text;
    return NULL;
}

void ap_args_to_table(request_rec *r, apr_table_t **table)
{
    char *rest = apr_pstrdup(r->pool, r->args), *pair;

    *table = apr_table_make(r->pool, 10);
    while ((pair = strsep(&rest, "&")) != NULL) {
        char *value = strchr(pair, '=');

        if (!*pair)
            continue;
        if (value) {
            *value++ = '\0';
            apr_unescape_url(value, value, APR_ESCAPE_STRING, NULL, NULL, 0, NULL);
        }
        apr_unescape_url(pair, pair, APR_ESCAPE_STRING, NULL, NULL, 0, NULL);
        apr_table_set(*table, pair, value ? value : "1");
    }
}

int ap_setup_client_block(request_rec *r, int read_policy)
{
    (void)r, (void)read_policy;
    return OK;
}

int ap_should_client_block(request_rec *r)
{
    (void)r;
    return 1;
}

int ap_map_http_request_error(apr_status_t rv, int http_status)
{
    return rv == APR_ENOSPC   ? HTTP_REQUEST_ENTITY_TOO_LARGE
           : rv == APR_TIMEUP ? HTTP_REQUEST_TIME_OUT
                              : http_status;
}

/* A piece of the body, with what a filter may add: empty buckets and flushes. */
apr_status_t ap_get_brigade(ap_filter_t *filter, apr_bucket_brigade *bb, ap_input_mode_t mode,
                            apr_read_type_e block, apr_off_t readbytes)
{
    static char blanks[PAD_BYTES];
    apr_size_t most = body.pad ? PAD_BYTES : body.left;
    apr_size_t n = body.pad && body.pad < most ? body.pad : most;

    (void)filter, (void)mode, (void)block;
    if (n > body.piece)
        n = body.piece;
    if (n > (apr_size_t)readbytes)
        n = (apr_size_t)readbytes;
    if (!n && body.end != APR_SUCCESS)
        return body.end;
    if (body.piece % 2)
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(bb->bucket_alloc));
    if (body.pad) {
        memset(blanks, ' ', sizeof(blanks));
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_immortal_create(blanks, n, bb->bucket_alloc));
        body.pad -= n;
        return APR_SUCCESS;
    }
    if (n || body.piece % 3 == 0)
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_transient_create(body.bytes, n, bb->bucket_alloc));
    body.bytes += n;
    body.left -= n;
    if (!body.left && body.end == APR_SUCCESS)
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(bb->bucket_alloc));
    return APR_SUCCESS;
}

/* ---- the route ---- */

static const chat_route_t routes[] = {
    {.method = "GET", .path = "conversations/"},
    {.method = "POST", .path = "conversations/"},
    {.method = "GET", .path = "conversations/openapi.json"},
    {.method = "GET", .path = "conversations/unread/"},
    {.method = "GET", .path = "conversations/{id}/"},
    {.method = "PATCH", .path = "conversations/{id}/"},
    {.method = "POST", .path = "conversations/{id}/messages/"},
    {.method = "GET", .path = "admin/{id}/of/{id}"},
    {.method = NULL},
};

/* Cut off what stands before the next slash; NULL at the end. One slash may end a path. */
static char *take_segment(char **prest)
{
    char *segment = *prest && **prest ? strsep(prest, "/") : NULL;

    return segment;
}

static int is_id(apr_int64_t *pid, const char *text)
{
    char *end;

    if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 19)
        return 0;
    *pid = (apr_int64_t)strtoull(text, &end, 10);
    return *pid > 0;
}

static int fits(apr_int64_t *ids, const char *pattern, const char *path, apr_pool_t *p)
{
    char *patterns = apr_pstrdup(p, pattern), *paths = apr_pstrdup(p, path);
    char *wanted, *given;
    int count = 0;

    do {
        wanted = take_segment(&patterns);
        given = take_segment(&paths);
        if (!wanted || !given)
            return !wanted && !given;
    } while (*wanted == '{' ? is_id(&ids[count++], given) : strcmp(wanted, given) == 0);
    return 0;
}

static void check_route(const chat_request_t *req, apr_pool_t *p)
{
    const chat_route_t *found = NULL;
    apr_int64_t ids[CHAT_ROUTE_IDS_MAX] = {0, 0};
    int is_known = 0;
    const chat_route_t *route;
    const char *allow = chat_route_allow(routes, req->path, p);

    for (route = routes; route->method && !found; route++) {
        if (!fits(ids, route->path, req->path, p))
            continue;
        is_known = 1;
        REQUIRE(strstr(allow, route->method));
        if (strcmp(route->method, req->r->method) == 0 ||
            (strcmp(req->r->method, "HEAD") == 0 && strcmp(route->method, "GET") == 0))
            found = route;
    }
    REQUIRE(req->match.is_known == is_known);
    REQUIRE(req->match.route == found);
    REQUIRE(strncmp(allow, "OPTIONS", 7) == 0 && (is_known || strcmp(allow, "OPTIONS") == 0));
    REQUIRE(!found || !strstr(found->path, "{id}") || req->match.ids[0] == ids[0]);
    REQUIRE(!found || !strstr(found->path, "of/{id}") || req->match.ids[1] == ids[1]);
}

/* ---- the query ---- */

static void check_query(chat_request_t *req)
{
    static const char *const names[] = {"limit", "q", "cursor", "unread", "updated_since", ""};
    const char *text;
    apr_int64_t number;
    apr_time_t when;
    int i, flag;

    for (i = 0; i < CHAT_COUNT(names); i++) {
        text = NULL;
        if (!chat_request_query_text(&text, req, names[i]))
            REQUIRE(!text || chat_text_is_utf8(text, strlen(text)));
        if (!chat_request_query_number(&number, req, names[i], LIMIT_MAX))
            REQUIRE(number >= 0 && number <= LIMIT_MAX && (number || !text || !*text));
        if (!chat_request_query_number(&number, req, names[i], APR_INT64_MAX))
            REQUIRE(number >= 0);
        if (!chat_request_query_flag(&flag, req, names[i]))
            REQUIRE(flag == (text && (strcmp(text, "1") == 0 || strcmp(text, "true") == 0)));
        if (text && chat_time_parse(&when, text) == APR_SUCCESS)
            REQUIRE(when >= CHAT_TIME_MIN && when <= CHAT_TIME_MAX);
    }
}

/* ---- the body ---- */

/* What is read, as JSON; or the code of the refusal. */
static const char *read_body(chat_request_t *req, const char *bytes, apr_size_t length,
                             apr_size_t piece, apr_size_t pad, int is_announced)
{
    apr_table_t *headers = req->r->headers_in;
    json_object *object = NULL;
    chat_problem_t *problem;

    body.bytes = bytes;
    body.left = length;
    body.piece = piece;
    body.pad = pad;
    length += pad;
    apr_table_setn(headers, "Content-Type", "application/json; charset=utf-8");
    if (is_announced) {
        apr_table_setn(headers, "Content-Length",
                       apr_psprintf(req->pool, "%" APR_SIZE_T_FMT, length));
        apr_table_unset(headers, "Transfer-Encoding");
    } else {
        apr_table_unset(headers, "Content-Length");
        apr_table_setn(headers, "Transfer-Encoding", "chunked");
    }
    problem = chat_request_read_json(&object, req);
    if (problem) {
        REQUIRE(problem->http_status == (length > BODY_BYTES_MAX ? 413 : 400));
        return problem->code;
    }
    REQUIRE(length <= BODY_BYTES_MAX && json_object_is_type(object, json_type_object));
    return apr_pstrdup(req->pool, json_object_to_json_string(object));
}

/* Where a body may be missing it may be so without a type; otherwise it is read as everywhere. */
static void check_optional(chat_request_t *req, const char *bytes, apr_size_t length,
                           const char *whole)
{
    json_object *object;
    chat_problem_t *problem;

    body.bytes = bytes;
    body.left = length;
    problem = chat_request_read_optional_json(&object, req);
    if (length == 0)
        REQUIRE(!problem && !object);
    else if (problem)
        REQUIRE(strcmp(problem->code, whole) == 0);
    else
        REQUIRE(strcmp(json_object_to_json_string(object), whole) == 0);
}

/* A body that stops short is none, whatever its bytes say. */
static void check_cut_off(chat_request_t *req, const char *bytes, apr_size_t length,
                          apr_status_t end, int http_status)
{
    json_object *object;

    if (length > BODY_BYTES_MAX)
        return;
    body.bytes = bytes;
    body.left = length;
    body.end = end;
    REQUIRE(chat_request_read_json(&object, req)->http_status == http_status);
    REQUIRE(req->r->connection->keepalive == AP_CONN_CLOSE);
    body.end = APR_SUCCESS;
}

/* UTF-8 is the only charset, and JSON the only type. */
static void check_media_type(chat_request_t *req, const char *type)
{
    json_object *object;
    chat_problem_t *problem;

    body.left = 0;
    problem = chat_request_read_json(&object, req);
    REQUIRE(problem && (problem->http_status == 415 || problem->http_status == 400));
    REQUIRE(problem->http_status == 415 || strncasecmp(type, "application/json", 16) == 0);
}

static void check_body(chat_request_t *req, const uint8_t *data, size_t size)
{
    apr_size_t pad = size ? data[0] % 8 * PAD_BYTES : 0;
    apr_size_t piece = size ? 1 + data[0] / 8 * 100 : 1;
    const char *bytes = size ? (const char *)data + 1 : "";
    apr_size_t length = size ? size - 1 : 0;
    const char *type = apr_pstrmemdup(req->pool, bytes, length < 60 ? length : 60);
    const char *whole = read_body(req, bytes, length, length + 1, 0, 1);

    REQUIRE(strcmp(read_body(req, bytes, length, piece, 0, 1), whole) == 0);
    REQUIRE(strcmp(read_body(req, bytes, length, piece, 0, 0), whole) == 0);
    piece = piece < 1000 ? 1000 : piece; /* many blanks, in few pieces */
    REQUIRE(strcmp(read_body(req, bytes, length, piece, pad, 1), whole) == 0 ||
            length + pad > BODY_BYTES_MAX);
    REQUIRE(strcmp(read_body(req, bytes, length, piece, pad, 0), whole) == 0 ||
            length + pad > BODY_BYTES_MAX);
    body.pad = 0;
    check_optional(req, bytes, length, whole);
    check_cut_off(req, bytes, length, APR_EOF, HTTP_BAD_REQUEST);
    check_cut_off(req, bytes, length, APR_TIMEUP, HTTP_REQUEST_TIME_OUT);
    apr_table_setn(req->r->headers_in, "Content-Type", type);
    check_media_type(req, type);
    apr_table_setn(req->r->headers_in, "Content-Type", "application/json");
    apr_table_setn(req->r->headers_in, "Content-Encoding", "gzip");
    REQUIRE(chat_request_read_json(&(json_object *){NULL}, req)->http_status == 415);
}

/* ---- */

static char *copy_line(const uint8_t **pdata, size_t *psize, apr_pool_t *p)
{
    const uint8_t *end = memchr(*pdata, '\n', *psize);
    size_t length = end ? (size_t)(end - *pdata) : *psize;
    char *line = apr_pstrmemdup(p, (const char *)*pdata, length);

    *pdata += length + (end != NULL);
    *psize -= length + (end != NULL);
    return line;
}

static void set_address(request_rec *r, char *line)
{
    r->method = strsep(&line, " ");
    r->uri = line ? strsep(&line, "?") : "";
    r->args = line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    chat_config_t config = {.body_bytes_max = BODY_BYTES_MAX};
    chat_section_config_t section = {.has_admin = (int)(size % 2)};
    void *server_configs[] = {&config}, *request_configs[] = {NULL},
         *section_configs[] = {&section};
    server_rec server = {.module_config = (ap_conf_vector_t *)server_configs};
    conn_rec connection = {0};
    request_rec r = {.server = &server, .connection = &connection};
    static int is_prepared;
    chat_request_t *req;

    if (!is_prepared) {
        is_prepared = 1;
        apr_initialize();
        atexit(apr_terminate); /* frees what only APR's pools know, which is no leak */
    }
    apr_pool_create(&r.pool, NULL);
    connection.bucket_alloc = apr_bucket_alloc_create(r.pool);
    r.headers_in = apr_table_make(r.pool, 4);
    r.request_config = (ap_conf_vector_t *)request_configs;
    r.per_dir_config = (ap_conf_vector_t *)section_configs;
    set_address(&r, copy_line(&data, &size, r.pool));

    req = chat_request_claim(&r, routes);
    REQUIRE(req == chat_request_of(&r));
    if (req) {
        REQUIRE(strncmp(r.uri, "/api/", 5) == 0 && strcmp(req->path, r.uri + 5) == 0);
        REQUIRE(chat_route_claims(routes, req->path));
        REQUIRE(strcmp(chat_request_id(&r), "id") == 0);
        REQUIRE(section.has_admin || strncmp(r.uri, "/api/admin", 10) != 0 ||
                (r.uri[10] && r.uri[10] != '/'));
        check_route(req, r.pool);
        check_query(req);
        check_body(req, data, size);
    } else {
        REQUIRE(strncmp(r.uri, "/api/conversations/", 19) != 0);
    }
    apr_pool_destroy(r.pool);
    return 0;
}
