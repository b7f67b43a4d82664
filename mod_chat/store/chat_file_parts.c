#include "store/chat_file_parts.h"

#include <errno.h>
#include <unistd.h>

#include "core/chat_number.h"
#include "store/chat_store_user.h"

typedef struct stored_t {
    int is_stored;
} stored_t;

static const chat_column_t stored_columns[] = {CHAT_COLUMN(stored_t, is_stored)};
static const chat_record_t stored_record = CHAT_RECORD(stored_columns);
static const chat_query_t put_query = {CHAT_SQL_PUT_FILE_PART,
                                       {&chat_store_user_record, &stored_record}};

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

static apr_status_t put(chat_ctx_t *ctx, const char *const *values, apr_size_t bytes, int *ptries,
                        apr_pool_t *p)
{
    const chat_args_t args = {values, 5, bytes};
    chat_ctx_t mine = *ctx; /* what is filled in lives in `p` */
    stored_t stored = {0};
    chat_rows_t *rows;
    apr_status_t rv;

    do
        rv = chat_store_user_select_in(&rows, &mine, &put_query, &args, p);
    while (rv == CHAT_DB_BUSY && --*ptries > 0);
    if (rv == APR_SUCCESS)
        chat_rows_read(&stored, rows, &stored_record);
    return rv == APR_SUCCESS && !stored.is_stored ? APR_ENOENT : rv;
}

static apr_status_t put_part(chat_ctx_t *ctx, apr_int64_t conversation_id, const char *name,
                             apr_int64_t n, int descriptor, apr_size_t bytes, int *ptries,
                             apr_pool_t *p)
{
    char *part = apr_palloc(p, bytes);
    const char *const values[] = {ctx->profile.external_id, chat_db_id(conversation_id, p), name,
                                  chat_db_id(n, p), part};
    apr_status_t rv = read_all(part, bytes, descriptor, n * CHAT_FILE_PART_BYTES);

    return rv == APR_SUCCESS ? put(ctx, values, bytes, ptries, p) : rv;
}

apr_status_t chat_file_parts_put(chat_ctx_t *ctx, apr_int64_t conversation_id, const char *name,
                                 int descriptor, apr_off_t bytes)
{
    apr_status_t rv = APR_SUCCESS;
    int tries = CHAT_FILE_PARTS_TRIES;
    apr_int64_t n = 0;

    for (; bytes > 0 && rv == APR_SUCCESS; bytes -= CHAT_FILE_PART_BYTES, n++) {
        apr_size_t count =
            bytes < CHAT_FILE_PART_BYTES ? (apr_size_t)bytes : (apr_size_t)CHAT_FILE_PART_BYTES;
        apr_pool_t *p;

        rv = apr_pool_create(&p, ctx->pool);
        if (rv != APR_SUCCESS)
            return rv;
        rv = put_part(ctx, conversation_id, name, n, descriptor, count, &tries, p);
        apr_pool_destroy(p);
    }
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
