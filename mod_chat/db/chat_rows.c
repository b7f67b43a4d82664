#include "db/chat_rows.h"

#include <assert.h>
#include <endian.h>
#include <stdint.h>
#include <string.h>

#include <apr_strings.h>

#include <postgresql/libpq-fe.h>

#define POSTGRES_EPOCH_S 946684800 /* 2000-01-01, where timestamptz counts from */

typedef enum { UNKNOWN, INTEGER, BOOLEAN, TEXT, TIME, BYTES } kind_t;

/* Where a column of a record is in the result. */
typedef struct position_t {
    int column;
    kind_t kind;
} position_t;

struct chat_rows_t {
    PGresult *result;
    apr_pool_t *pool;
    const chat_query_t *query;
    position_t *positions[CHAT_QUERY_RECORDS_MAX]; /* of each record's columns */
    int row;
    int count;
};

static apr_status_t rows_clear(void *data)
{
    PQclear(data);
    return APR_SUCCESS;
}

/* ---- columns ---- */

static kind_t kind_of(Oid type)
{
    switch (type) { /* pg_type.oid */
    case 16:
        return BOOLEAN;
    case 17:
        return BYTES;
    case 20: /* int8 */
    case 23: /* int4 */
    case 28: /* xid */
        return INTEGER;
    case 25:
        return TEXT;
    case 1184:
        return TIME;
    default:
        return UNKNOWN;
    }
}

/* Whether `name` is one of the words of `names`. */
static int has_name(const char *names, const char *name)
{
    const char *at;

    for (;;) {
        for (at = name; *at && *at == *names; at++)
            names++;
        if (!*at && (!*names || *names == ' '))
            return 1;
        while (*names && *names != ' ')
            names++;
        if (!*names++)
            return 0;
    }
}

/* Most often it is the next one. -1: it is missing. */
static int find_column(const PGresult *result, const char *name, int first)
{
    int count = PQnfields(result);
    int i;

    for (i = 0; i < count; i++)
        if (has_name(PQfname(result, (first + i) % count), name))
            return (first + i) % count;
    return -1;
}

static int fits(const chat_column_t *column, kind_t kind)
{
    if (column->is_text || kind == TEXT)
        return column->is_text && kind == TEXT;
    if (kind == TIME)
        return column->size == sizeof(apr_time_t);
    if (kind == BYTES || column->size == sizeof(chat_bytes_t))
        return kind == BYTES && column->size == sizeof(chat_bytes_t);
    return kind != UNKNOWN && (column->size == sizeof(apr_int64_t) || column->size == sizeof(int));
}

/* NULL: a column is missing or does not fit. */
static position_t *find_columns(const char **pcause, const chat_rows_t *rows,
                                const chat_record_t *record)
{
    position_t *positions = apr_palloc(rows->pool, (apr_size_t)record->count * sizeof *positions);
    int next = 0;
    int i;

    for (i = 0; i < record->count; i++) {
        const char *name = record->columns[i].name;

        positions[i].column = find_column(rows->result, name, next);
        if (positions[i].column < 0) {
            *pcause = apr_psprintf(rows->pool, "its result has no column \"%s\"", name);
            return NULL;
        }
        positions[i].kind = kind_of(PQftype(rows->result, positions[i].column));
        if (!fits(&record->columns[i], positions[i].kind)) {
            *pcause = apr_psprintf(rows->pool, "the column \"%s\" is of another type (%u)", name,
                                   PQftype(rows->result, positions[i].column));
            return NULL;
        }
        next = positions[i].column + 1;
    }
    return positions;
}

chat_rows_t *chat_rows_create(const char **pcause, PGresult *result, const chat_query_t *query,
                              apr_pool_t *p)
{
    chat_rows_t *rows = apr_pcalloc(p, sizeof *rows);
    int i;

    apr_pool_cleanup_register(p, result, rows_clear, apr_pool_cleanup_null);
    rows->result = result;
    rows->pool = p;
    rows->query = query;
    rows->row = -1;
    rows->count = PQntuples(result);
    *pcause = NULL;
    for (i = 0; i < CHAT_QUERY_RECORDS_MAX && query->records[i] && !*pcause; i++)
        rows->positions[i] = find_columns(pcause, rows, query->records[i]);
    return *pcause && !rows->positions[0] ? NULL : rows;
}

/* ---- rows ---- */

void chat_rows_clear(chat_rows_t *rows)
{
    apr_pool_cleanup_run(rows->pool, rows->result, rows_clear);
    rows->result = NULL;
    rows->count = 0;
}

void chat_rows_replace(chat_rows_t *rows, PGresult *result)
{
    chat_rows_clear(rows);
    apr_pool_cleanup_register(rows->pool, result, rows_clear, apr_pool_cleanup_null);
    rows->result = result;
    rows->count = PQntuples(result);
    rows->row = 0;
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

apr_pool_t *chat_rows_pool(const chat_rows_t *rows)
{
    return rows->pool;
}

/* ---- values ---- */

static const position_t *positions_of(const chat_rows_t *rows, const chat_record_t *record)
{
    int i = 0;

    while (i < CHAT_QUERY_RECORDS_MAX && rows->query->records[i] != record)
        i++;
    assert(i < CHAT_QUERY_RECORDS_MAX); /* or the query does not name the record */
    return rows->positions[i];
}

static const char *text_of(const chat_rows_t *rows, int column)
{
    const char *text = PQgetvalue(rows->result, rows->row, column); /* of null, "" */

    return *text || !PQgetisnull(rows->result, rows->row, column) ? text : NULL;
}

static chat_bytes_t bytes_of(const chat_rows_t *rows, int column)
{
    chat_bytes_t bytes = {NULL, 0};

    if (!PQgetisnull(rows->result, rows->row, column)) {
        bytes.bytes = PQgetvalue(rows->result, rows->row, column);
        bytes.count = (apr_size_t)PQgetlength(rows->result, rows->row, column);
    }
    return bytes;
}

static apr_int64_t number_of(const chat_rows_t *rows, int column, kind_t kind)
{
    const char *value = PQgetvalue(rows->result, rows->row, column);
    apr_uint64_t wide;
    apr_uint32_t narrow;

    switch (PQgetlength(rows->result, rows->row, column)) {
    case sizeof wide:
        memcpy(&wide, value, sizeof wide);
        wide = be64toh(wide);
        return (apr_int64_t)wide + (kind == TIME ? apr_time_from_sec(POSTGRES_EPOCH_S) : 0);
    case sizeof narrow:
        memcpy(&narrow, value, sizeof narrow);
        return (apr_int32_t)be32toh(narrow);
    case 1:
        return *value != 0;
    default:
        return 0; /* null */
    }
}

int chat_rows_next_into(void *out, chat_rows_t *rows, const chat_record_t *record)
{
    if (!chat_rows_next(rows))
        return 0;
    chat_rows_read(out, rows, record);
    return 1;
}

void chat_rows_read(void *out, const chat_rows_t *rows, const chat_record_t *record)
{
    const chat_column_t *column = record->columns;
    const chat_column_t *end = column + record->count;
    const position_t *position = positions_of(rows, record);

    for (; column < end; column++, position++) {
        void *field = (char *)out + column->offset;

        if (position->kind == TEXT)
            *(const char **)field = text_of(rows, position->column);
        else if (position->kind == BYTES)
            *(chat_bytes_t *)field = bytes_of(rows, position->column);
        else if (column->size == sizeof(apr_int64_t))
            *(apr_int64_t *)field = number_of(rows, position->column, position->kind);
        else
            *(int *)field = (int)number_of(rows, position->column, position->kind);
    }
}
