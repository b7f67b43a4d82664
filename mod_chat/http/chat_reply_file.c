#include "http/chat_reply_file.h"

#include <strings.h>

#include <apr_buckets.h>
#include <apr_strings.h>

#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "http/chat_part_bucket.h"
#include "http/chat_reply.h"

#define RANGE_UNIT "bytes="

/* It never changes; and it is for those alone who may see the conversation. */
#define CACHE_CONTROL "private, max-age=31536000, immutable"

static apr_status_t open_file(apr_file_t **phandle, const chat_reply_file_t *file,
                              const core_dir_config *core, apr_pool_t *p)
{
    apr_int32_t flags = APR_FOPEN_READ | APR_FOPEN_BINARY;
    apr_finfo_t info;
    apr_status_t rv;

    *phandle = NULL;
    if (file->parts)
        return APR_SUCCESS;
    if (core->enable_sendfile == ENABLE_SENDFILE_ON)
        flags |= APR_FOPEN_SENDFILE_ENABLED;
    rv = apr_file_open(phandle, file->path, flags, APR_OS_DEFAULT, p);
    if (rv == APR_SUCCESS)
        rv = apr_file_info_get(&info, APR_FINFO_TYPE | APR_FINFO_SIZE, *phandle);
    if (rv != APR_SUCCESS)
        return rv;
    return info.filetype == APR_REG && info.size == file->bytes ? APR_SUCCESS : APR_EGENERAL;
}

/* No script of it may run, whatever a browser takes it for; no other site may include it; and what
 * is compressed has no ranges. */
static void set_headers(request_rec *r, const chat_reply_file_t *file)
{
    apr_table_t *out = r->headers_out;

    chat_reply_common_headers(r, CACHE_CONTROL);
    apr_table_setn(out, "Content-Security-Policy", "sandbox; default-src 'none'");
    apr_table_setn(out, "Cross-Origin-Resource-Policy", "same-origin");
    apr_table_setn(out, "Content-Disposition", file->disposition);
    apr_table_setn(r->subprocess_env, "no-gzip", "1");
    apr_table_setn(r->subprocess_env, "no-brotli", "1");
    ap_set_accept_ranges(r);
    ap_set_content_type(r, file->content_type);
    ap_set_content_length(r, file->bytes);
}

/* Where the first byte of the answer will be in the file, as httpd's byterange filter is going to
 * see it (RFC 9110 section 14.1.2); -1: there will be none, 416. A wrong guess costs a statement.
 */
static apr_off_t first_byte(request_rec *r, apr_off_t bytes)
{
    const char *range = apr_table_get(r->headers_in, "Range");
    apr_off_t number = 0;
    char *end;

    if (!range || strncasecmp(range, RANGE_UNIT, sizeof RANGE_UNIT - 1) != 0 ||
        ap_condition_if_range(r, r->headers_out) == AP_CONDITION_NOMATCH)
        return 0;
    range += sizeof RANGE_UNIT - 1;
    if (apr_strtoff(&number, range, &end, 10) != APR_SUCCESS || end == range)
        return 0;
    if (number < 0) /* the last ones */
        return number < -bytes ? 0 : bytes + number;
    return number < bytes ? number : -1;
}

/* Of parts, what the answer begins with is read now, before its headers are sent. */
static chat_problem_t *insert_parts(apr_bucket_brigade *bb, request_rec *r,
                                    const chat_reply_file_t *file)
{
    apr_off_t at = r->header_only ? -1 : first_byte(r, file->bytes);
    apr_bucket *bucket = chat_part_bucket_create(file->parts, bb->bucket_alloc, r->pool);
    chat_problem_t *problem = at < 0 ? NULL : chat_part_bucket_read_first(bucket, at);

    APR_BRIGADE_INSERT_TAIL(bb, bucket);
    if (!problem)
        chat_part_bucket_insert_filter(r);
    return problem;
}

static void insert_file(apr_bucket_brigade *bb, request_rec *r, apr_file_t *handle,
                        const chat_reply_file_t *file, const core_dir_config *core)
{
    apr_bucket *bucket = apr_brigade_insert_file(bb, handle, 0, file->bytes, r->pool);

    if (core->enable_mmap == ENABLE_MMAP_OFF)
        apr_bucket_file_enable_mmap(bucket, 0);
}

static void pass(chat_request_t *req, apr_bucket_brigade *bb, const chat_reply_file_t *file)
{
    request_rec *r = req->r;

    chat_reply_protect_cache_control(r);
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(bb->bucket_alloc));
    /* A closed connection is not an error here; after 416, httpd has answered. */
    if (ap_pass_brigade(r->output_filters, bb) == AP_FILTER_ERROR)
        req->is_answered = 1;
    if (file->parts && file->parts->problem)
        chat_reply_log_problem(r, file->parts->problem); /* the filter has broken the answer off */
}

/* The answer is 412, 304, or OK for all of it. */
static int meets_conditions(request_rec *r, const chat_reply_file_t *file)
{
    int rc;

    apr_table_setn(r->headers_out, "ETag", file->etag);
    r->mtime = file->modified_at;
    rc = ap_meets_conditions(r);
    if (rc != OK && rc != HTTP_NOT_MODIFIED)
        apr_table_unset(r->headers_out, "ETag");
    return rc;
}

chat_problem_t *chat_reply_file_send(chat_request_t *req, const chat_reply_file_t *file)
{
    request_rec *r = req->r;
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    apr_file_t *handle;
    apr_status_t rv = open_file(&handle, file, core, r->pool);
    chat_problem_t *problem = NULL;
    int rc;

    if (rv != APR_SUCCESS && rv != APR_EGENERAL && !APR_STATUS_IS_ENOENT(rv)) {
        problem = chat_problem_of_status(r->pool, HTTP_INTERNAL_SERVER_ERROR);
        problem->status = rv;
        problem->cause =
            apr_pstrcat(r->pool, "the file of an attachment cannot be opened: ", file->path, NULL);
        return problem;
    }
    if (rv != APR_SUCCESS)
        return chat_problem_cause(
            r->pool, HTTP_NOT_FOUND, "not_found", "This file is no longer there.", rv,
            apr_psprintf(r->pool,
                         "the file of an attachment is missing, or not of %" APR_OFF_T_FMT
                         " bytes: %s",
                         file->bytes, file->path));
    rc = meets_conditions(r, file);
    if (rc != OK && rc != HTTP_NOT_MODIFIED)
        return chat_problem(r->pool, HTTP_PRECONDITION_FAILED, "stale",
                            "The file is not the one that the conditions of the request name.");
    if (r->header_only)
        apr_table_unset(r->headers_in, "Range"); /* RFC 9110 section 14.2: of GET only */
    if (rc == OK && file->parts)
        problem = insert_parts(bb, r, file);
    else if (rc == OK)
        insert_file(bb, r, handle, file, core);
    if (problem) {
        apr_brigade_destroy(bb);
        apr_table_unset(r->headers_out, "ETag");
        return problem;
    }
    set_headers(r, file);
    r->status = rc == OK ? HTTP_OK : rc;
    pass(req, bb, file);
    return NULL;
}
