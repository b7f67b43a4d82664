/*
 * A list of the administration as a file, of CSV or JSON, or all that is kept of a user as JSON,
 * part by part.
 *
 * A part is one statement, of at most PART_ROWS rows and PART_BYTES. Its rows are taken one by one
 * and written to a file (chat_reply_spool.h), which is sent when the statement has ended: so a
 * connection of the database is held for the statement only, however slow the client is, and memory
 * is that of one row. When the database fails after the first part, the answer is broken off:
 * without the last chunk, over HTTP/2 by a reset of its stream, so that no client takes it for
 * complete.
 */
#include <string.h>

#include <apr_buckets.h>
#include <apr_strings.h>

#include <http_protocol.h>
#include <util_filter.h>

#include "admin/chat_admin_handlers.h"
#include "admin/chat_admin_item.h"
#include "admin/chat_admin_query.h"
#include "core/chat_csv.h"
#include "core/chat_json_read.h"
#include "http/chat_reply.h"
#include "http/chat_reply_spool.h"
#include "service/chat_db_problem.h"
#include "store/chat_store_admin.h"

#define ROWS_MAX 100000
#define USER_ROWS_MAX 1000000
#define PART_ROWS 5000
#define PART_BYTES 8388608
#define OTHER_PARAMETERS "format"

/* The keys of rows of chat.user_items(), in its order. */
static const char *const user_sections[] = {"user",
                                            "preferences",
                                            "mail_failures",
                                            "staff",
                                            "conversations",
                                            "messages",
                                            "messages_as_staff",
                                            "notification_marks",
                                            "push_subscriptions",
                                            "deliveries",
                                            "audit",
                                            "audit_as_administrator"};

typedef struct export_t {
    chat_request_t *req;
    const char *name;                      /* of the file */
    const chat_admin_resource_t *resource; /* NULL: a user */
    int section;                           /* of user_sections: to which rows are written */
    int is_started;                        /* the array that rows are written to has one */
    int rows_max;
    chat_admin_export_query_t query;
    chat_reply_spool_t *spool;
    const char *dir; /* of the spool */
    int is_csv;
    int is_away;  /* the client does not read any more */
    int has_more; /* rows, after those of this part */
    int rows;
    apr_pool_t *part_pool; /* cleared before each part */
    apr_pool_t *row_pool;  /* and this before each row */
    apr_pool_t *key_pool;  /* has the key of the last row */
} export_t;

/* ---- rows ---- */

static void write_bytes(export_t *export, const char *bytes, apr_size_t length)
{
    chat_reply_spool_write(export->spool, bytes, length);
}

static void write_text(export_t *export, const char *text)
{
    write_bytes(export, text, strlen(text));
}

typedef struct csv_row_t {
    export_t *export;
    const char *separator;
} csv_row_t;

static void write_cell(void *data, const char *name, const char *text, apr_size_t length,
                       int is_string)
{
    csv_row_t *row = data;
    int is_text = is_string || (text && (*text == '{' || *text == '['));

    (void)name;
    write_text(row->export, row->separator);
    row->separator = ",";
    if (is_text)
        text = chat_csv_text(&length, text, length, row->export->row_pool);
    if (text)
        write_bytes(row->export, text, length);
}

static void write_csv_row(export_t *export, const char *item)
{
    csv_row_t row = {export, ""};
    json_object *object;

    if (!chat_json_read(&object, item, strlen(item), export->row_pool))
        chat_json_read_texts(object, write_cell, &row);
    write_text(export, CHAT_CSV_END);
}

static void write_json_row(export_t *export, const char *item)
{
    chat_json_t *json = chat_json_create(strlen(item) + 64, export->row_pool);
    apr_size_t length;
    const char *bytes;

    chat_json_foreign(json, item);
    bytes = chat_json_bytes(json, &length);
    write_text(export, export->is_started ? ",\n" : "\n");
    export->is_started = 1;
    write_bytes(export, bytes, length);
}

static void write_section(export_t *export)
{
    write_text(export, "\n],\n\"");
    write_text(export, user_sections[++export->section]);
    write_text(export, "\":[");
    export->is_started = 0;
}

static void write_sections_to(export_t *export, const char *name)
{
    while (export->section < CHAT_COUNT(user_sections) - 1 &&
           strcmp(user_sections[export->section], name) != 0)
        write_section(export);
}

static void take_item(void *data, const chat_admin_item_t *item)
{
    export_t *export = data;

    if (!item->item) {
        export->has_more = 1;
        return;
    }
    apr_pool_clear(export->row_pool);
    if (!export->resource)
        write_sections_to(export, item->key);
    if (export->is_csv)
        write_csv_row(export, item->item);
    else
        write_json_row(export, item->item);
    export->rows++;
    export->query.page.after_id = item->id;
    apr_pool_clear(export->key_pool);
    export->query.page.after_key = apr_pstrdup(export->key_pool, item->key);
}

/* ---- the request ---- */

static chat_problem_t *read_format(export_t *export, const char *usual, const char *other)
{
    const char *format = NULL;
    apr_pool_t *p = export->req->pool;
    chat_problem_t *problem = chat_request_query_text(&format, export->req, "format");

    if (problem)
        return problem;
    if (!format || !*format)
        format = usual;
    if (strcmp(format, usual) != 0 && strcmp(format, other) != 0)
        return chat_problem_field(p, "format",
                                  *other ? apr_psprintf(p, "must be %s or %s", usual, other)
                                         : apr_psprintf(p, "must be %s", usual));
    export->is_csv = strcmp(format, "csv") == 0;
    export->query.format = format;
    return NULL;
}

/* An export has all that is found, so it has no pages. */
static chat_problem_t *refuse_pages(chat_request_t *req)
{
    static const char *const names[] = {"limit", "cursor"};
    int i;

    for (i = 0; i < CHAT_COUNT(names); i++)
        if (apr_table_get(req->query, names[i]))
            return chat_problem_field(req->pool, names[i], "is not a parameter here");
    return NULL;
}

static chat_problem_t *read_request(export_t *export)
{
    chat_request_t *req = export->req;
    chat_admin_query_t query;
    chat_problem_t *problem = read_format(export, "csv", "json");

    if (!problem)
        problem = refuse_pages(req);
    if (!problem)
        problem = chat_admin_query_read(&query, req, export->resource, OTHER_PARAMETERS);
    if (problem)
        return problem;
    export->query.page = (chat_admin_page_query_t){
        .kind = export->resource->kind, .filters = query.filters, .order = query.order};
    return NULL;
}

/* ---- parts ---- */

static chat_problem_t *spool_failed(const export_t *export, apr_status_t rv)
{
    apr_pool_t *p = export->req->pool;

    return chat_problem_cause(
        p, HTTP_INSUFFICIENT_STORAGE, "storage_full",
        "There is not enough disk space for the export.", rv,
        apr_psprintf(p, "an export cannot be written to a file in %s", export->dir));
}

static chat_problem_t *open_spool(export_t *export)
{
    apr_status_t rv = chat_reply_spool_create(&export->spool, &export->dir, export->req->pool);

    return rv == APR_SUCCESS ? NULL : spool_failed(export, rv);
}

/* The arguments of the statement are sent before its first row is taken. */
static chat_problem_t *read_part(export_t *export)
{
    int left = export->rows_max - export->rows;
    apr_status_t rv;

    apr_pool_clear(export->part_pool);
    export->has_more = 0;
    export->query.page.limit = left < PART_ROWS ? left : PART_ROWS;
    if (export->req->r->header_only)
        export->query.page.limit = 0; /* which exports nothing, and is not in the audit log */
    rv = chat_store_admin_export(export->req->ctx, &export->query, export->part_pool);
    if (rv != APR_SUCCESS)
        return chat_db_problem(export->req->ctx, rv);
    rv = chat_reply_spool_end(export->spool);
    return rv == APR_SUCCESS ? NULL : spool_failed(export, rv);
}

/* ---- the answer ---- */

static chat_problem_t *send_part(export_t *export)
{
    apr_status_t rv = chat_reply_spool_send(export->spool, export->req->r);

    if (rv == APR_ECONNABORTED)
        export->is_away = 1;
    return rv == APR_SUCCESS || export->is_away ? NULL : spool_failed(export, rv);
}

static void send_text(export_t *export, const char *text)
{
    if (ap_rputs(text, export->req->r) < 0)
        export->is_away = 1;
}

static void begin(export_t *export)
{
    request_rec *r = export->req->r;
    const char *columns;

    r->status = HTTP_OK;
    chat_reply_common_headers(r, "no-store");
    chat_reply_protect_cache_control(r);
    ap_set_content_type(r, export->is_csv ? "text/csv; charset=utf-8" : "application/json");
    apr_table_setn(r->headers_out, "Content-Disposition",
                   apr_psprintf(r->pool, "attachment; filename=\"%s.%s\"", export->name,
                                export->query.format));
    if (!export->is_csv) {
        send_text(export, export->resource ? "{\"items\":[" : "{\"user\":[");
        return;
    }
    send_text(export, CHAT_CSV_BOM);
    for (columns = export->resource->columns; *columns; columns++)
        ap_rputc(*columns == ' ' ? ',' : *columns, r);
    send_text(export, CHAT_CSV_END);
}

static chat_problem_t *end(export_t *export)
{
    if (export->is_csv)
        return NULL;
    while (!export->resource && export->section < CHAT_COUNT(user_sections) - 1)
        write_section(export);
    write_text(export,
               export->has_more ? "\n],\"truncated\":true}\n" : "\n],\"truncated\":false}\n");
    chat_reply_spool_end(export->spool);
    return send_part(export);
}

/* HTTP_BAD_GATEWAY is how httpd's chunk filter knows that the last chunk must not be sent. */
static void break_off(export_t *export, const chat_problem_t *problem)
{
    request_rec *r = export->req->r;
    apr_bucket_alloc_t *list = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, list);

    chat_reply_log_problem(r, problem);
    r->connection->keepalive = AP_CONN_CLOSE;
    APR_BRIGADE_INSERT_TAIL(bb, ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, r->pool, list));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(list));
    ap_pass_brigade(r->output_filters, bb);
}

static chat_problem_t *send_parts(export_t *export)
{
    chat_problem_t *problem = send_part(export);

    while (!problem && export->has_more && !export->is_away && export->rows < export->rows_max) {
        problem = read_part(export);
        if (!problem)
            problem = send_part(export);
    }
    return problem || export->is_away ? problem : end(export);
}

/* The first part is read before the answer begins, so that it can still be a problem. */
static chat_problem_t *run(export_t *export)
{
    apr_pool_t *p = export->req->pool;
    chat_problem_t *problem = open_spool(export);

    apr_pool_create(&export->part_pool, p);
    apr_pool_create(&export->row_pool, p);
    apr_pool_create(&export->key_pool, p);
    export->query.bytes_max = PART_BYTES;
    export->query.by = chat_admin_item_by(export->req);
    export->query.take = take_item;
    export->query.data = export;
    if (!problem)
        problem = read_part(export);
    if (!problem && !export->resource && !export->rows && !export->has_more)
        problem = chat_problem_of_status(p, HTTP_NOT_FOUND);
    if (problem)
        return problem;
    begin(export);
    problem = export->req->r->header_only ? NULL : send_parts(export);
    if (problem)
        break_off(export, problem);
    return NULL;
}

chat_problem_t *chat_admin_export(chat_request_t *req)
{
    const chat_admin_resource_t *resource = chat_admin_resource_of(req->path);
    export_t export = {
        .req = req, .resource = resource, .name = resource->name, .rows_max = ROWS_MAX};
    chat_problem_t *problem = read_request(&export);

    return problem ? problem : run(&export);
}

chat_problem_t *chat_admin_export_user(chat_request_t *req)
{
    export_t export = {.req = req, .rows_max = USER_ROWS_MAX};
    const char *id = chat_db_id(req->match.ids[0], req->pool);
    chat_problem_t *problem;

    export.name = apr_pstrcat(req->pool, "user-", id, NULL);
    export.query.page = (chat_admin_page_query_t){
        .kind = "person",
        .filters = apr_pstrcat(req->pool, "{\"user_id\":\"", id, "\"}", NULL),
        .order = "id"};
    problem = read_format(&export, "json", "");
    return problem ? problem : run(&export);
}
