#include "service/chat_upload.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_file_name.h"
#include "core/chat_text.h"
#include "guard/chat_refusal.h"
#include "service/chat_db_problem.h"
#include "service/chat_examination.h"
#include "store/chat_file_parts.h"
#include "store/chat_file_store.h"

#define TEXT_BYTES_FIRST 256
#define PART_BYTES_AROUND 256 /* of a part: its boundary and line ends */

/* A field of text. */
typedef struct text_t {
    char *bytes; /* NULL: not given */
    apr_size_t length;
    apr_size_t room;
} text_t;

struct chat_upload_t {
    chat_ctx_t *ctx;
    const char *quota_key;
    chat_problem_t *problem;
    text_t content;
    text_t client_id;
    apr_size_t text_bytes; /* of both */
    const char *name;      /* of the file, cleaned; NULL: none was given */
    int is_named;          /* a name was given */
    chat_new_file_t *file; /* NULL: it has no bytes yet */
    int is_put;            /* it is stored, or a part of it */

    /* The present part. */
    text_t *text;
    int is_file;
};

static apr_status_t refuse(chat_upload_t *upload, chat_problem_t *problem)
{
    upload->problem = problem;
    return APR_EGENERAL;
}

static apr_status_t refuse_field(chat_upload_t *upload, const char *field, const char *detail)
{
    return refuse(upload, chat_problem_field(upload->ctx->pool, field, detail));
}

/* ---- the storage ---- */

static chat_problem_t *storage_failed(const chat_ctx_t *ctx, apr_status_t rv)
{
    const char *dir = ctx->config->attachment_dir;
    chat_problem_t *problem;

    if (chat_files_is_full(rv))
        return chat_db_problem_storage_full(
            ctx, rv, apr_psprintf(ctx->pool, "ChatAttachmentDir %s has no more room", dir));
    problem = chat_problem_of_status(ctx->pool, CHAT_HTTP_INTERNAL_SERVER_ERROR);
    problem->status = rv;
    problem->cause =
        apr_psprintf(ctx->pool, "a file in ChatAttachmentDir %s cannot be written", dir);
    return problem;
}

chat_problem_t *chat_upload_check(const chat_ctx_t *ctx)
{
    const char *dir = ctx->config->attachment_dir;
    apr_int64_t least = chat_config_attachment_free(ctx->config);
    apr_int64_t left = 0;
    apr_status_t rv = dir ? chat_files_free(&left, dir) : APR_SUCCESS;

    if (rv != APR_SUCCESS)
        return storage_failed(ctx, rv);
    if (!dir || left >= least)
        return NULL;
    return chat_db_problem_storage_full(
        ctx, APR_SUCCESS,
        apr_psprintf(ctx->pool,
                     "the file system of ChatAttachmentDir %s has less room than "
                     "ChatAttachmentFree: no files are accepted",
                     dir));
}

apr_off_t chat_upload_bytes_max(const chat_config_t *config)
{
    apr_off_t most =
        CHAT_MULTIPART_PARTS_MAX * (CHAT_MULTIPART_HEADER_BYTES_MAX + PART_BYTES_AROUND);

    most += (apr_off_t)chat_config_body_bytes_max(config);
    return config->attachment_dir ? most + chat_config_attachment_bytes_max(config) : most;
}

/* ---- parts ---- */

/* Keys that are alike up to there share a quota, so that a longer one does not allow more. */
static const char *cut_key(const char *key, apr_pool_t *p)
{
    apr_size_t length = key ? strlen(key) : 0, bytes = 0, more;

    if (length <= CHAT_QUOTA_KEY_BYTES_MAX)
        return key;
    while ((more = chat_text_char_bytes(key + bytes, length - bytes)) > 0 &&
           bytes + more <= CHAT_QUOTA_KEY_BYTES_MAX)
        bytes += more;
    return apr_pstrmemdup(p, key, bytes);
}

chat_upload_t *chat_upload_create(chat_ctx_t *ctx, const char *quota_key)
{
    chat_upload_t *upload = apr_pcalloc(ctx->pool, sizeof *upload);

    upload->ctx = ctx;
    upload->quota_key = cut_key(quota_key, ctx->pool);
    return upload;
}

static apr_status_t begin_file(chat_upload_t *upload, const chat_multipart_part_t *part)
{
    if (strcmp(part->name, "attachment") != 0)
        return refuse_field(upload, "attachment", "must be the name of the part with the file");
    if (upload->name)
        return refuse_field(upload, "attachment", "must be one file");
    upload->is_file = 1;
    upload->is_named = part->filename[0] != '\0';
    upload->name = chat_file_name_clean(part->filename, upload->ctx->pool);
    return APR_SUCCESS;
}

static apr_status_t begin(void *data, const chat_multipart_part_t *part)
{
    chat_upload_t *upload = data;

    upload->text = NULL;
    upload->is_file = 0;
    if (part->filename)
        return begin_file(upload, part);
    if (strcmp(part->name, "content") == 0)
        upload->text = &upload->content;
    else if (strcmp(part->name, "client_id") == 0)
        upload->text = &upload->client_id;
    if (!upload->text)
        return APR_SUCCESS;
    if (upload->text->bytes)
        return refuse_field(upload, apr_pstrdup(upload->ctx->pool, part->name),
                            "must be given once");
    upload->text->room = TEXT_BYTES_FIRST;
    upload->text->bytes = apr_palloc(upload->ctx->pool, TEXT_BYTES_FIRST);
    return APR_SUCCESS;
}

static apr_status_t add_text(chat_upload_t *upload, const char *bytes, apr_size_t count)
{
    text_t *text = upload->text;
    apr_size_t room = text->room;
    char *larger;

    upload->text_bytes += count;
    if (upload->text_bytes > chat_config_body_bytes_max(upload->ctx->config))
        return refuse(upload,
                      chat_problem_of_status(upload->ctx->pool, CHAT_HTTP_CONTENT_TOO_LARGE));
    while (room - text->length < count)
        room *= 2;
    if (room > text->room) {
        larger = apr_palloc(upload->ctx->pool, room);
        memcpy(larger, text->bytes, text->length);
        text->bytes = larger;
        text->room = room;
    }
    memcpy(text->bytes + text->length, bytes, count);
    text->length += count;
    return APR_SUCCESS;
}

static chat_problem_t *no_files(const chat_ctx_t *ctx)
{
    return chat_problem(ctx->pool, CHAT_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type",
                        "This chat does not accept files.");
}

chat_problem_t *chat_upload_too_large(const chat_ctx_t *ctx)
{
    if (!ctx->config->attachment_dir)
        return no_files(ctx);
    return chat_problem(ctx->pool, CHAT_HTTP_CONTENT_TOO_LARGE, "file_too_large",
                        apr_psprintf(ctx->pool,
                                     "A file may have at most %" APR_INT64_T_FMT " bytes.",
                                     chat_config_attachment_bytes_max(ctx->config)));
}

static apr_status_t add_to_file(chat_upload_t *upload, const char *bytes, apr_size_t count)
{
    const chat_ctx_t *ctx = upload->ctx;
    apr_status_t rv = APR_SUCCESS;

    if (!ctx->config->attachment_dir)
        return refuse(upload, no_files(ctx));
    if (!upload->file)
        rv = chat_file_store_create(&upload->file, ctx->config, ctx->pool);
    if (rv == APR_SUCCESS && (apr_int64_t)count > chat_config_attachment_bytes_max(ctx->config) -
                                                      chat_files_size(upload->file))
        return refuse(upload, chat_upload_too_large(ctx));
    if (rv == APR_SUCCESS)
        rv = chat_files_write(upload->file, bytes, count);
    return rv == APR_SUCCESS ? APR_SUCCESS : refuse(upload, storage_failed(ctx, rv));
}

static apr_status_t content(void *data, const char *bytes, apr_size_t count)
{
    chat_upload_t *upload = data;

    if (upload->is_file)
        return add_to_file(upload, bytes, count);
    return upload->text ? add_text(upload, bytes, count) : APR_SUCCESS;
}

/* A file input without a file is sent as one without a name and bytes (HTML, form submission). */
static apr_status_t end(void *data)
{
    chat_upload_t *upload = data;

    if (upload->is_file && upload->is_named && !upload->file)
        return refuse(upload, chat_problem(upload->ctx->pool, CHAT_HTTP_BAD_REQUEST, "file_empty",
                                           "The file is empty."));
    if (upload->is_file && !upload->file)
        upload->name = NULL; /* it counts as no file */
    return APR_SUCCESS;
}

const chat_multipart_handler_t chat_upload_handler = {begin, content, end};

chat_problem_t *chat_upload_problem(const chat_upload_t *upload)
{
    return upload->problem;
}

/* ---- after the last part ---- */

/* The database's errors are those that say so, and that of access; others are of the directory. */
static chat_problem_t *put_failed(const chat_ctx_t *ctx, apr_status_t rv)
{
    int is_of_database = rv >= APR_OS_START_USERERR || rv == APR_EACCES;

    return chat_config_files_in_database(ctx->config) && is_of_database
               ? chat_db_problem_of_file(ctx, rv)
               : storage_failed(ctx, rv);
}

/* With the database, what would be refused anyway is refused before something is stored. */
static chat_problem_t *put_file(chat_upload_t *upload, const chat_draft_t *draft)
{
    chat_ctx_t *ctx = upload->ctx;
    const char *outcome;
    apr_status_t rv = chat_file_store_put(&outcome, ctx, draft, upload->file);

    if (rv != APR_SUCCESS) {
        upload->is_put = rv != CHAT_DB_AWAY; /* then asking it to remove something is of no use */
        return put_failed(ctx, rv);
    }
    upload->is_put = strcmp(outcome, CHAT_FILE_STORED) == 0;
    return chat_refusal_of_outcome(outcome, ctx->pool);
}

static chat_problem_t *finish_file(chat_draft_t *draft, chat_upload_t *upload)
{
    chat_ctx_t *ctx = upload->ctx;
    chat_draft_attachment_t *attachment = apr_pcalloc(ctx->pool, sizeof *attachment);
    apr_status_t rv = chat_files_flush(upload->file);
    chat_problem_t *problem =
        rv == APR_SUCCESS ? chat_examination(attachment, &upload->file, &rv, ctx) : NULL;

    if (problem)
        return problem;
    if (rv == APR_SUCCESS)
        rv = chat_files_finish(upload->file);
    if (rv != APR_SUCCESS)
        return storage_failed(ctx, rv);
    attachment->in_database = chat_config_files_in_database(ctx->config);
    attachment->file = chat_files_name(upload->file);
    attachment->name = upload->name;
    attachment->bytes = chat_files_size(upload->file);
    attachment->sha256 = chat_files_sha256(upload->file);
    attachment->quota_key = upload->quota_key;
    attachment->quota_bytes = chat_config_attachment_quota_bytes(ctx->config);
    attachment->quota_s = chat_config_attachment_quota_s(ctx->config);
    draft->attachment = attachment;
    return put_file(upload, draft);
}

chat_problem_t *chat_upload_finish(chat_draft_t *draft, chat_upload_t *upload)
{
    static char nothing[] = "";
    const text_t *content = &upload->content;
    const text_t *client_id = &upload->client_id;
    chat_problem_t *problem =
        chat_draft_set_content(draft, content->bytes ? content->bytes : nothing, content->length,
                               upload->file != NULL, upload->ctx);

    if (!problem)
        problem = chat_draft_set_client_id(draft, client_id->bytes ? client_id->bytes : nothing,
                                           client_id->length, upload->ctx);
    if (!problem && upload->file)
        problem = chat_message_check_spam(draft, upload->ctx);
    return problem || !upload->file ? problem : finish_file(draft, upload);
}

void chat_upload_settle(chat_upload_t *upload, const chat_posted_t *posted)
{
    if (!upload->file)
        return;
    if (posted->may_be_stored)
        chat_files_keep(upload->file);
    else if (upload->is_put)
        chat_file_store_remove(upload->file, upload->ctx);
    else
        chat_files_discard(upload->file);
}

/* ---- counters ---- */

enum {
    RESULT_STORED,
    RESULT_REPEATED,
    RESULT_CODES, /* from here on, codes of problems */
    RESULT_INVALID_BODY = CHAT_UPLOAD_RESULTS - 2,
    RESULT_OTHER
};

const char *const chat_upload_results[CHAT_UPLOAD_RESULTS] = {
    "stored",
    "repeated",
    "file_type",
    "file_infected",
    "scanner_away",
    "file_empty",
    "file_too_large",
    "quota",
    "uploads_busy",
    "storage_full",
    "invalid_body" /* or the client has gone */,
    "other"};

/* RESULT_OTHER: none of the codes that have a counter. */
static int result_of(const chat_problem_t *problem)
{
    int result;

    for (result = RESULT_CODES; result < RESULT_OTHER; result++)
        if (strcmp(chat_upload_results[result], problem->code) == 0)
            break;
    return result;
}

void chat_upload_count(const chat_upload_t *upload, const chat_posted_t *posted,
                       const chat_problem_t *problem)
{
    int result = problem ? result_of(problem) : posted->is_new ? RESULT_STORED : RESULT_REPEATED;

    if (!upload->file && (!problem || result >= RESULT_INVALID_BODY))
        return;
    chat_metrics_count(CHAT_COUNTER_UPLOADS + result, 1);
    if (result == RESULT_STORED)
        chat_metrics_count(CHAT_COUNTER_UPLOAD_BYTES, (apr_uint64_t)chat_files_size(upload->file));
}
