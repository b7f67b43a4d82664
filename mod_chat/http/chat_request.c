#include "http/chat_request.h"

#include <ctype.h>
#include <string.h>

#include <apr_strings.h>

#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <util_script.h>

#include "core/chat_json_read.h"
#include "core/chat_log.h"
#include "core/chat_number.h"
#include "core/chat_text.h"

#define READ_BYTES 8192
#define IDLE_READS_MAX                                                                             \
    1000 /* consecutive reads without data, which only a faulty filter causes                      \
          */

static const char *path_below(const char *root, const char *uri)
{
    apr_size_t bytes = strlen(root);

    return strncmp(uri, root, bytes) == 0 && uri[bytes] == '/' ? uri + bytes + 1 : NULL;
}

static const char *root_of(const char **ppath, const chat_config_t *config, const char *uri,
                           const chat_route_t *routes)
{
    static const char *const fallback[] = {CHAT_ROOT_DEFAULT};
    const char *const *roots = fallback;
    int count = CHAT_COUNT(fallback);
    int i;

    if (config->roots) {
        roots = (const char *const *)config->roots->elts;
        count = config->roots->nelts;
    }
    for (i = 0; i < count; i++) {
        *ppath = path_below(roots[i], uri);
        if (*ppath && chat_route_claims(routes, *ppath))
            return roots[i];
    }
    return NULL;
}

static int has_admin(const request_rec *r)
{
    const chat_section_config_t *section = ap_get_module_config(r->per_dir_config, &chat_module);

    return section->has_admin == 1;
}

static chat_request_t *claim(request_rec *r, const chat_route_t *routes, int is_admin_ours)
{
    const chat_config_t *config = ap_get_module_config(r->server->module_config, &chat_module);
    chat_request_t *req;
    const char *path;
    const char *root = root_of(&path, config, r->uri, routes);

    if (!root || (chat_route_is_admin(path) && !is_admin_ours))
        return NULL;
    req = apr_pcalloc(r->pool, sizeof *req);
    req->r = r;
    req->pool = r->pool;
    req->config = config;
    req->root = root;
    req->path = path;
    req->routes = routes;
    req->is_admin = chat_route_is_admin(path);
    chat_route_match(&req->match, routes, r->method, path);
    ap_set_module_config(r->request_config, &chat_module, req);
    return req;
}

chat_request_t *chat_request_claim(request_rec *r, const chat_route_t *routes)
{
    return claim(r, routes, has_admin(r));
}

chat_request_t *chat_request_claim_error(request_rec *r, const chat_route_t *routes)
{
    int is_nothing = r->status == HTTP_NOT_FOUND && !r->handler &&
                     !ap_response_code_string(r, ap_index_of_response(HTTP_NOT_FOUND));

    return claim(r, routes, is_nothing || has_admin(r));
}

chat_request_t *chat_request_of(request_rec *r)
{
    return ap_get_module_config(r->request_config, &chat_module);
}

int chat_request_has_relative_links(const chat_request_t *req)
{
    const chat_section_config_t *section =
        ap_get_module_config(req->r->per_dir_config, &chat_module);

    return section->links == CHAT_LINKS_RELATIVE;
}

const char *chat_request_relative_root(const chat_request_t *req)
{
    const char *way = "";
    const char *at;

    for (at = req->path; (at = strchr(at, '/')) != NULL; at++)
        way = apr_pstrcat(req->pool, way, "../", NULL);
    return way;
}

const char *chat_request_id(request_rec *r)
{
    if (!r->log_id)
        ap_run_generate_log_id(r->connection, r, &r->log_id);
    return r->log_id ? r->log_id : "-";
}

static chat_problem_t *too_large(chat_request_t *req)
{
    /* The rest of the body is not read: the connection is closed after the answer. */
    req->r->connection->keepalive = AP_CONN_CLOSE;
    return chat_problem_of_status(req->pool, HTTP_REQUEST_ENTITY_TOO_LARGE);
}

static int media_type_is_json(const char *type)
{
    static const char json[] = "application/json";
    const char *charset;

    if (!type || strncasecmp(type, json, sizeof json - 1) != 0)
        return 0;
    type += sizeof json - 1;
    if (*type && *type != ';' && !isspace((unsigned char)*type))
        return 0;
    charset = ap_strcasestr(type, "charset=");
    if (!charset)
        return 1;
    charset += sizeof "charset=" - 1;
    if (*charset == '"')
        charset++;
    return strncasecmp(charset, "utf-8", 5) == 0 || strncasecmp(charset, "utf8", 4) == 0;
}

/* Whether filters of other modules may change the body, its length or its content coding. */
static int has_body_filters(const request_rec *r)
{
    return r->input_filters != r->proto_input_filters;
}

static chat_problem_t *check_media_type(chat_request_t *req)
{
    if (!media_type_is_json(apr_table_get(req->r->headers_in, "Content-Type")))
        return chat_problem(req->pool, HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type",
                            "The request body must be application/json in UTF-8.");
    return NULL;
}

/* A filter that decodes the body removes Content-Encoding when the body has been read. */
static chat_problem_t *check_coding(chat_request_t *req)
{
    const char *coding = apr_table_get(req->r->headers_in, "Content-Encoding");

    if (coding && strcasecmp(coding, "identity") != 0)
        return chat_problem(req->pool, HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported_coding",
                            "The request body must not be compressed.");
    return NULL;
}

static chat_problem_t *read_failed(chat_request_t *req, int http_status)
{
    req->r->connection->keepalive = AP_CONN_CLOSE; /* the end of the body is not known */
    req->is_answered = http_status == AP_FILTER_ERROR;
    if (http_status == HTTP_REQUEST_ENTITY_TOO_LARGE)
        return too_large(req);
    if (http_status == HTTP_REQUEST_TIME_OUT)
        return chat_problem(req->pool, HTTP_REQUEST_TIME_OUT, "request_timeout",
                            "The request body was sent too slowly.");
    return chat_problem(req->pool, HTTP_BAD_REQUEST, "invalid_body",
                        "The request body could not be read.");
}

/* Content-Length; -1 without one (a chunked body). */
static apr_off_t announced_length(const request_rec *r)
{
    const char *text = apr_table_get(r->headers_in, "Content-Length");
    apr_int64_t length;

    if (apr_table_get(r->headers_in, "Transfer-Encoding") || !text ||
        chat_number_read(&length, text) != APR_SUCCESS)
        return -1;
    return (apr_off_t)length;
}

/* A body that is read into memory. */
typedef struct body_t {
    char *bytes;
    apr_size_t length;
    apr_size_t room;
    apr_pool_t *pool;
} body_t;

static apr_status_t append_bytes(void *data, const char *bytes, apr_size_t count)
{
    body_t *body = data;
    apr_size_t room = body->room;
    char *larger;

    while (room - body->length < count)
        room *= 2;
    if (room > body->room || !body->bytes) {
        larger = apr_palloc(body->pool, room);
        if (body->length)
            memcpy(larger, body->bytes, body->length);
        body->bytes = larger;
        body->room = room;
    }
    memcpy(body->bytes + body->length, bytes, count);
    body->length += count;
    return APR_SUCCESS;
}

/* Is given the bytes of a body as they arrive; any status but APR_SUCCESS ends the reading. */
typedef apr_status_t sink_t(void *data, const char *bytes, apr_size_t count);

/* A body while it is read. */
typedef struct reading_t {
    sink_t *sink;
    void *data;
    apr_off_t left; /* of the bytes that are allowed */
} reading_t;

/* APR_ENOSPC: the body is longer than its limit. */
static apr_status_t pass_brigade(reading_t *reading, apr_bucket_brigade *bb)
{
    apr_bucket *bucket;
    apr_status_t rv = APR_SUCCESS;
    const char *data;
    apr_size_t n;

    for (bucket = APR_BRIGADE_FIRST(bb); bucket != APR_BRIGADE_SENTINEL(bb) && rv == APR_SUCCESS;
         bucket = APR_BUCKET_NEXT(bucket)) {
        if (APR_BUCKET_IS_METADATA(bucket)) {
            rv = AP_BUCKET_IS_ERROR(bucket) ? APR_EGENERAL : APR_SUCCESS;
            continue;
        }
        rv = apr_bucket_read(bucket, &data, &n, APR_BLOCK_READ);
        if (rv == APR_SUCCESS && (apr_off_t)n > reading->left)
            return APR_ENOSPC;
        reading->left -= (apr_off_t)n;
        if (rv == APR_SUCCESS)
            rv = reading->sink(reading->data, data, n);
    }
    return rv;
}

/* Read the body to its end, as the filters return it: the limit applies to their output, whatever
 * Content-Length says. */
static apr_status_t read_all(reading_t *reading, request_rec *r)
{
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    apr_status_t rv = APR_SUCCESS;
    int is_end = 0;
    int idle = 0;

    while (rv == APR_SUCCESS && !is_end && idle < IDLE_READS_MAX) {
        apr_off_t before = reading->left;

        rv = ap_get_brigade(r->input_filters, bb, AP_MODE_READBYTES, APR_BLOCK_READ, READ_BYTES);
        if (rv != APR_SUCCESS)
            break;
        is_end = !APR_BRIGADE_EMPTY(bb) && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(bb));
        rv = pass_brigade(reading, bb);
        idle = reading->left < before ? 0 : idle + 1;
        apr_brigade_cleanup(bb);
    }
    return rv == APR_SUCCESS && !is_end ? APR_INCOMPLETE : rv;
}

/* With a buffer that need not grow if the body has the length of Content-Length. */
static void begin_body(body_t *body, chat_request_t *req)
{
    apr_off_t announced = announced_length(req->r);
    apr_size_t max = chat_config_body_bytes_max(req->config);

    memset(body, 0, sizeof *body);
    body->pool = req->pool;
    body->room = READ_BYTES;
    if (announced > 0)
        body->room = announced < (apr_off_t)max ? (apr_size_t)announced : max;
}

/* mod_deflate returns EINVAL for a body that exceeds its limits when inflated. */
static int status_of_failure(apr_status_t rv)
{
    return ap_map_http_request_error(APR_STATUS_IS_EINVAL(rv) ? APR_ENOSPC : rv, HTTP_BAD_REQUEST);
}

/* APR_EGENERAL and the like from the sink end the reading with 400. */
static chat_problem_t *pass_body(chat_request_t *req, apr_off_t bytes_max, sink_t *sink, void *data)
{
    int rc = ap_setup_client_block(req->r, REQUEST_CHUNKED_DECHUNK);
    reading_t reading = {.sink = sink, .data = data, .left = bytes_max};
    apr_status_t rv = APR_SUCCESS;

    if (rc != OK)
        return read_failed(req, rc);
    if (!has_body_filters(req->r) && announced_length(req->r) > bytes_max)
        return too_large(req);
    if (ap_should_client_block(req->r))
        rv = read_all(&reading, req->r);
    req->is_body_read = rv == APR_SUCCESS;
    return rv == APR_SUCCESS ? NULL : read_failed(req, status_of_failure(rv));
}

chat_problem_t *chat_request_read_body(const char **pbytes, apr_size_t *plength,
                                       chat_request_t *req)
{
    body_t body;
    chat_problem_t *problem;

    begin_body(&body, req);
    problem =
        pass_body(req, (apr_off_t)chat_config_body_bytes_max(req->config), append_bytes, &body);
    *pbytes = body.bytes ? body.bytes : "";
    *plength = problem ? 0 : body.length;
    return problem;
}

chat_problem_t *chat_request_read_json(json_object **pobject, chat_request_t *req)
{
    const char *bytes = "";
    apr_size_t length = 0;
    chat_problem_t *problem = has_body_filters(req->r) ? NULL : check_coding(req);

    if (!problem)
        problem = check_media_type(req);
    if (!problem)
        problem = chat_request_read_body(&bytes, &length, req);
    if (!problem)
        problem = check_coding(req);
    if (!problem)
        problem = chat_json_read(pobject, bytes, length, req->pool);
    return problem;
}

chat_problem_t *chat_request_read_optional_json(json_object **pobject, chat_request_t *req)
{
    const char *bytes = "";
    apr_size_t length = 0;
    chat_problem_t *problem = chat_request_read_body(&bytes, &length, req);

    *pobject = NULL;
    if (problem || length == 0)
        return problem;
    problem = check_coding(req);
    if (!problem)
        problem = check_media_type(req);
    return problem ? problem : chat_json_read(pobject, bytes, length, req->pool);
}

int chat_request_has_form(const chat_request_t *req)
{
    return chat_multipart_is_type(apr_table_get(req->r->headers_in, "Content-Type"));
}

static apr_status_t pass_to_multipart(void *multipart, const char *bytes, apr_size_t count)
{
    return chat_multipart_read(multipart, bytes, count);
}

static chat_problem_t *malformed(chat_request_t *req, const char *fault)
{
    req->r->connection->keepalive = AP_CONN_CLOSE;
    return chat_problem(req->pool, HTTP_BAD_REQUEST, "invalid_body", fault);
}

chat_problem_t *chat_request_read_form(chat_request_t *req, apr_off_t bytes_max,
                                       const chat_multipart_handler_t *handler, void *data)
{
    chat_multipart_t *multipart = apr_palloc(req->pool, sizeof *multipart);
    const char *type = apr_table_get(req->r->headers_in, "Content-Type");
    chat_problem_t *problem = has_body_filters(req->r) ? NULL : check_coding(req);
    chat_problem_t *failure;

    if (!problem && chat_multipart_begin(multipart, type, handler, data) != APR_SUCCESS)
        problem = malformed(req, "The Content-Type has no valid boundary.");
    if (problem)
        return problem;
    failure = pass_body(req, bytes_max, pass_to_multipart, multipart);
    problem = check_coding(req);
    if (!problem && !failure && chat_multipart_end(multipart) != APR_SUCCESS)
        problem = malformed(req, chat_multipart_fault(multipart));
    if (!problem && failure && chat_multipart_fault(multipart))
        problem = malformed(req, chat_multipart_fault(multipart));
    return problem ? problem : failure;
}

/* httpd decodes %XX, but not the + that forms and URLSearchParams use for a space. */
static void parse_query(chat_request_t *req)
{
    char *args = req->r->args;
    char *at;

    req->r->args = args ? apr_pstrdup(req->pool, args) : NULL;
    for (at = req->r->args; at && *at; at++)
        if (*at == '+')
            *at = ' ';
    ap_args_to_table(req->r, &req->query);
    req->r->args = args; /* for the log */
}

chat_problem_t *chat_request_query_text(const char **ptext, chat_request_t *req, const char *name)
{
    *ptext = NULL;
    /* httpd would truncate the value at a NUL. */
    if (req->r->args && strstr(req->r->args, "%00"))
        return chat_problem_field(req->pool, name, "must not contain a NUL character");
    if (!req->query)
        parse_query(req);
    *ptext = apr_table_get(req->query, name);
    if (*ptext && !chat_text_is_utf8(*ptext, strlen(*ptext)))
        return chat_problem_field(req->pool, name, "must be valid UTF-8");
    return NULL;
}

chat_problem_t *chat_request_query_number(apr_int64_t *pnumber, chat_request_t *req,
                                          const char *name, apr_int64_t max)
{
    const char *text;
    chat_problem_t *problem = chat_request_query_text(&text, req, name);

    *pnumber = 0;
    if (problem || !text || !*text)
        return problem;
    if (chat_number_read(pnumber, text) != APR_SUCCESS || *pnumber < 1 || *pnumber > max)
        return chat_problem_field(
            req->pool, name,
            max == APR_INT64_MAX
                ? "must be a positive integer"
                : apr_psprintf(req->pool, "must be an integer from 1 to %" APR_INT64_T_FMT, max));
    return NULL;
}

chat_problem_t *chat_request_query_flag(int *pflag, chat_request_t *req, const char *name)
{
    const char *text;
    chat_problem_t *problem = chat_request_query_text(&text, req, name);

    *pflag = 0;
    if (problem || !text || !*text || strcmp(text, "0") == 0 || strcmp(text, "false") == 0)
        return problem;
    *pflag = strcmp(text, "1") == 0 || strcmp(text, "true") == 0;
    return *pflag ? NULL : chat_problem_field(req->pool, name, "must be 1 or 0");
}

chat_problem_t *chat_request_query_list(chat_list_t *list, chat_request_t *req, int limit_default,
                                        int limit_max)
{
    apr_int64_t limit = 0;
    const char *cursor = NULL;
    chat_problem_t *problem = chat_request_query_number(&limit, req, "limit", limit_max);

    *list = (chat_list_t){.limit = limit ? (int)limit : limit_default};
    if (!problem)
        problem = chat_request_query_text(&cursor, req, "cursor");
    return problem ? problem : chat_list_read_cursor(list, cursor, req->pool);
}
