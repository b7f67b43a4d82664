#include "store/chat_rows.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include <postgresql/libpq-fe.h>

#include "core/chat_excerpt.h"

#define POSTGRES_EPOCH_S 946684800 /* 2000-01-01, where timestamptz counts from */

struct chat_rows_t {
    PGresult *result;
    apr_pool_t *pool;
    int row;
    int count;
};

static apr_status_t rows_clear(void *data)
{
    PQclear(data);
    return APR_SUCCESS;
}

chat_rows_t *chat_rows_create(struct pg_result *result, apr_pool_t *p)
{
    chat_rows_t *rows = apr_palloc(p, sizeof *rows);

    apr_pool_cleanup_register(p, result, rows_clear, apr_pool_cleanup_null);
    rows->result = result;
    rows->pool = p;
    rows->row = -1;
    rows->count = PQntuples(result);
    return rows;
}

void chat_rows_clear(chat_rows_t *rows)
{
    apr_pool_cleanup_run(rows->pool, rows->result, rows_clear);
    rows->result = NULL;
    rows->count = 0;
}

int chat_rows_next(chat_rows_t *rows)
{
    return ++rows->row < rows->count;
}

void chat_rows_seek(chat_rows_t *rows, int row)
{
    rows->row = row;
}

int chat_rows_count(const chat_rows_t *rows)
{
    return rows->count;
}

int chat_rows_is_null(const chat_rows_t *rows, int column)
{
    return PQgetisnull(rows->result, rows->row, column);
}

const char *chat_rows_text(const chat_rows_t *rows, int column)
{
    const char *text = PQgetvalue(rows->result, rows->row, column); /* of null, "" */

    return *text || !chat_rows_is_null(rows, column) ? text : NULL;
}

const char *chat_rows_excerpt(const chat_rows_t *rows, int column)
{
    const char *text = chat_rows_text(rows, column);

    return text ? chat_excerpt(text, CHAT_EXCERPT_CHARS_MAX, rows->pool) : NULL;
}

apr_int64_t chat_rows_integer(const chat_rows_t *rows, int column)
{
    const char *value = PQgetvalue(rows->result, rows->row, column);
    apr_uint64_t wide;
    apr_uint32_t narrow;

    switch (PQgetlength(rows->result, rows->row, column)) {
    case sizeof wide:
        memcpy(&wide, value, sizeof wide);
        return (apr_int64_t)be64toh(wide);
    case sizeof narrow:
        memcpy(&narrow, value, sizeof narrow);
        return (apr_int32_t)be32toh(narrow);
    default:
        return 0;
    }
}

int chat_rows_boolean(const chat_rows_t *rows, int column)
{
    return PQgetlength(rows->result, rows->row, column) == 1 &&
           *PQgetvalue(rows->result, rows->row, column) != 0;
}

apr_time_t chat_rows_time(const chat_rows_t *rows, int column)
{
    apr_uint64_t wide;

    if (PQgetlength(rows->result, rows->row, column) != sizeof wide)
        return 0; /* null */
    memcpy(&wide, PQgetvalue(rows->result, rows->row, column), sizeof wide);
    return (apr_int64_t)be64toh(wide) + apr_time_from_sec(POSTGRES_EPOCH_S);
}
