#include "api/chat_api_handlers.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_file_name.h"
#include "http/chat_part_bucket.h"
#include "http/chat_reply_file.h"
#include "service/chat_db_problem.h"
#include "store/chat_file_parts.h"
#include "store/chat_files.h"
#include "store/chat_store_attachment.h"

#define ETAG_DIGITS 32 /* of the SHA-256 */

static int has_name(const chat_match_t *match, const char *name)
{
    return strlen(name) == match->name_bytes && memcmp(name, match->name, match->name_bytes) == 0;
}

/* ---- of files in the database ---- */

/* What the parts are read with. */
typedef struct reader_t {
    chat_ctx_t *ctx;
    const char *file;
    int tries; /* that are left for all of its parts */
} reader_t;

static chat_problem_t *read_part(const char **pbytes, apr_size_t *pcount, void *data, apr_int64_t n,
                                 apr_pool_t *p)
{
    reader_t *reader = data;
    chat_bytes_t part = {NULL, 0};
    apr_status_t rv =
        chat_file_parts_get(&part, reader->ctx->db, reader->file, n, &reader->tries, p);

    *pbytes = part.bytes;
    *pcount = part.count;
    if (rv != APR_ENOENT)
        return chat_db_problem(reader->ctx, rv);
    return chat_problem_cause(
        reader->ctx->pool, HTTP_NOT_FOUND, "not_found", CHAT_PART_MISSING, APR_SUCCESS,
        apr_psprintf(reader->ctx->pool,
                     "part %" APR_INT64_T_FMT " of the file of an attachment is missing: %s", n,
                     reader->file));
}

static chat_problem_t *choose_parts(chat_reply_file_t *file, chat_request_t *req,
                                    const chat_attachment_file_t *attachment)
{
    reader_t *reader = apr_palloc(req->pool, sizeof *reader);

    if (attachment->is_incomplete)
        return chat_problem_cause(
            req->pool, HTTP_NOT_FOUND, "not_found", CHAT_PART_MISSING, APR_SUCCESS,
            apr_pstrcat(req->pool, "the file of an attachment is missing in the database: ",
                        attachment->file, NULL));
    reader->ctx = req->ctx;
    reader->file = attachment->file;
    reader->tries = CHAT_FILE_PARTS_TRIES;
    file->parts = apr_pcalloc(req->pool, sizeof *file->parts);
    file->parts->bytes = (apr_off_t)attachment->bytes;
    file->parts->part_bytes = CHAT_FILE_PART_BYTES;
    file->parts->read = read_part;
    file->parts->data = reader;
    return NULL;
}

static chat_problem_t *choose_path(chat_reply_file_t *file, chat_request_t *req,
                                   const chat_attachment_file_t *attachment)
{
    file->path = chat_files_path(req->config->attachment_dir, attachment->file, req->pool);
    return file->path ? NULL /* otherwise it is of a row that somebody made */
                      : chat_problem_of_status(req->pool, HTTP_NOT_FOUND);
}

/* ---- */

chat_problem_t *chat_api_attachment_get(chat_request_t *req)
{
    chat_attachment_file_t attachment;
    chat_reply_file_t *file = apr_pcalloc(req->pool, sizeof *file);
    chat_problem_t *problem;
    apr_status_t rv;

    if (!req->config->attachment_dir)
        return chat_problem_of_status(req->pool, HTTP_NOT_FOUND);
    rv = chat_store_attachment_get(&attachment, req->ctx, req->match.ids[0]);
    if (rv == APR_ENOENT || (rv == APR_SUCCESS && !has_name(&req->match, attachment.name)))
        return chat_problem_of_status(req->pool, HTTP_NOT_FOUND);
    if (rv != APR_SUCCESS)
        return chat_db_problem(req->ctx, rv);
    problem = attachment.in_database ? choose_parts(file, req, &attachment)
                                     : choose_path(file, req, &attachment);
    if (problem)
        return problem;
    file->bytes = (apr_off_t)attachment.bytes;
    file->content_type = attachment.content_type;
    file->disposition = chat_file_name_disposition(
        attachment.name, chat_store_attachment_is_inline(attachment.kind), req->pool);
    file->etag = apr_psprintf(req->pool, "\"%.*s\"", ETAG_DIGITS, attachment.sha256);
    file->modified_at = attachment.created_at;
    req->file = file;
    return NULL;
}
