#include "store/chat_file_parts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/chat_number.h"
#include "store/chat_store_user.h"

static const chat_query_t put_query = {CHAT_SQL_PUT_FILE_PART,
                                       {&chat_store_user_record, &chat_store_user_outcome_record}};

typedef struct part_t {
    chat_bytes_t bytes;
} part_t;

static const chat_column_t part_columns[] = {CHAT_COLUMN(part_t, bytes)};
static const chat_record_t part_record = CHAT_RECORD(part_columns);
static const chat_query_t get_query = {CHAT_SQL_GET_FILE_PART, {&part_record}};

typedef struct removal_t {
    int has_more;
} removal_t;

static const chat_column_t removal_columns[] = {CHAT_COLUMN(removal_t, has_more)};
static const chat_record_t removal_record = CHAT_RECORD(removal_columns);
static const chat_query_t remove_query = {CHAT_SQL_REMOVE_FILE, {&removal_record}};

typedef struct swept_t {
    const char *next_file;
    int removed;
} swept_t;

static const chat_column_t swept_columns[] = {CHAT_COLUMN(swept_t, next_file),
                                              CHAT_COLUMN(swept_t, removed)};
static const chat_record_t swept_record = CHAT_RECORD(swept_columns);
static const chat_query_t sweep_query = {CHAT_SQL_SWEEP_FILES, {&swept_record}};

/* ---- writing ---- */

/* APR_EGENERAL: the file ends before. */
static apr_status_t read_all(char *to, apr_size_t count, int descriptor, apr_off_t at)
{
    while (count > 0) {
        ssize_t got = pread(descriptor, to, count, at);

        if (got < 0 && errno != EINTR)
            return errno;
        if (got == 0)
            return APR_EGENERAL;
        if (got > 0) {
            to += got;
            at += got;
            count -= (apr_size_t)got;
        }
    }
    return APR_SUCCESS;
}

/* What one file is put with. */
typedef struct putting_t {
    chat_ctx_t *ctx;
    const chat_draft_t *draft;
    int descriptor;
    int tries;           /* that are left */
    const char *outcome; /* of the last part */
} putting_t;

static apr_status_t put(putting_t *putting, const chat_args_t *args, apr_pool_t *p)
{
    chat_ctx_t mine = *putting->ctx; /* what is filled in lives in `p` */
    chat_outcome_t said = {"", 0};
    chat_rows_t *rows;
    apr_status_t rv;

    do
        rv = chat_store_user_select_in(&rows, &mine, &put_query, args, p);
    while (rv == CHAT_DB_BUSY && --putting->tries > 0);
    if (rv == APR_SUCCESS)
        chat_rows_read(&said, rows, &chat_store_user_outcome_record);
    putting->outcome = apr_pstrdup(putting->ctx->pool, said.outcome);
    return rv;
}

static apr_status_t put_part(putting_t *putting, apr_int64_t n, apr_size_t bytes, apr_pool_t *p)
{
    const chat_draft_t *draft = putting->draft;
    const chat_draft_attachment_t *attachment = draft->attachment;
    char *part = apr_palloc(p, bytes);
    const char *const values[] = {putting->ctx->profile.external_id,
                                  chat_db_id(draft->conversation_id, p),
                                  attachment->file,
                                  chat_db_id(n, p),
                                  draft->client_id,
                                  chat_db_id(attachment->bytes, p),
                                  attachment->quota_key,
                                  chat_db_id_or_null(attachment->quota_bytes, p),
                                  chat_db_id(attachment->quota_s, p),
                                  part};
    const chat_args_t args = {values, CHAT_COUNT(values), bytes};
    apr_status_t rv = read_all(part, bytes, putting->descriptor, n * CHAT_FILE_PART_BYTES);

    return rv == APR_SUCCESS ? put(putting, &args, p) : rv;
}

apr_status_t chat_file_parts_put(const char **poutcome, chat_ctx_t *ctx, const chat_draft_t *draft,
                                 int descriptor)
{
    putting_t putting = {ctx, draft, descriptor, CHAT_FILE_PARTS_TRIES, CHAT_FILE_STORED};
    apr_status_t rv = APR_SUCCESS;
    apr_off_t bytes = draft->attachment->bytes;
    apr_int64_t n = 0;

    for (; bytes > 0 && rv == APR_SUCCESS && strcmp(putting.outcome, CHAT_FILE_STORED) == 0;
         bytes -= CHAT_FILE_PART_BYTES, n++) {
        apr_size_t count =
            bytes < CHAT_FILE_PART_BYTES ? (apr_size_t)bytes : (apr_size_t)CHAT_FILE_PART_BYTES;
        apr_pool_t *p;

        rv = apr_pool_create(&p, ctx->pool);
        if (rv != APR_SUCCESS)
            return rv;
        rv = put_part(&putting, n, count, p);
        apr_pool_destroy(p);
    }
    if (n > 1 && rv == APR_SUCCESS && strcmp(putting.outcome, CHAT_FILE_STORED) != 0)
        chat_file_parts_remove(ctx->db, draft->attachment->file); /* access has ended meanwhile */
    *poutcome = putting.outcome;
    return rv;
}

/* ---- reading ---- */

apr_status_t chat_file_parts_get(chat_bytes_t *part, chat_db_t *db, const char *name, apr_int64_t n,
                                 int *ptries, apr_pool_t *p)
{
    const char *const values[] = {name, chat_db_id(n, p)};
    const chat_args_t args = {values, CHAT_COUNT(values), 0};
    chat_rows_t *rows;
    part_t found;
    apr_status_t rv;

    do
        rv = chat_db_select_in(&rows, db, &get_query, &args, p);
    while (rv == CHAT_DB_BUSY && --*ptries > 0);
    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_rows_next_into(&found, rows, &part_record))
        return APR_ENOENT;
    *part = found.bytes;
    return APR_SUCCESS;
}

/* ---- removing ---- */

apr_status_t chat_file_parts_remove(chat_db_t *db, const char *name)
{
    const char *const values[] = {name};
    removal_t removal = {1};
    chat_rows_t *rows;
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && removal.has_more) {
        removal.has_more = 0;
        rv = chat_db_select(&rows, db, &remove_query, values, CHAT_COUNT(values));
        if (rv == APR_SUCCESS) {
            chat_rows_next_into(&removal, rows, &removal_record);
            chat_rows_clear(rows);
        }
    }
    return rv;
}

apr_status_t chat_file_parts_sweep(int *premoved, const char **pnext, int age_s,
                                   chat_listener_t *db, apr_pool_t *p)
{
    const char *const args[] = {*pnext, chat_db_id(age_s, p)};
    swept_t swept = {NULL, 0};
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, db, &sweep_query, args, CHAT_COUNT(args), p);

    if (rv == APR_SUCCESS && chat_rows_next_into(&swept, rows, &swept_record)) {
        *premoved += swept.removed;
        *pnext = swept.next_file;
    }
    return rv;
}
