/**
 * @file chat_rows.h
 * The rows of a result, in PostgreSQL's binary format, read into structs.
 *
 * A record lists the columns, by name, that fill the fields of a struct. The columns of all records
 * of a query are looked up once for each result: a column that is missing, or whose type does not
 * fit the field, fails the query. A column may have several names, with a space between them: then
 * it serves several records, of which each row has one.
 * Ownership: rows live in the pool given and outlive the connection they came by; their text
 * points into them. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_ROWS_H
#define MOD_CHAT_CHAT_ROWS_H
#include "db/chat_sql.h"

#include <stddef.h>

#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_time.h>

#define CHAT_QUERY_RECORDS_MAX 5

/* How a statement can fail. */

/** No free connection in time, or the statement reached a time limit. */
#define CHAT_DB_BUSY (APR_OS_START_USERERR + 1)
/** No connection, or it was lost: whether the statement had its effect is not known. */
#define CHAT_DB_AWAY (APR_OS_START_USERERR + 2)
/** The schema is missing, or of a version that this module does not support. */
#define CHAT_DB_SCHEMA (APR_OS_START_USERERR + 3)
/** PostgreSQL refused the statement: a defect of the module or of the schema. */
#define CHAT_DB_REFUSED (APR_OS_START_USERERR + 4)
/** The disk of the database is full; the statement had no effect. */
#define CHAT_DB_FULL (APR_OS_START_USERERR + 5)
/** The statement had its effect, but its rows do not fit the query: a defect likewise. */
#define CHAT_DB_UNFIT (APR_OS_START_USERERR + 6)

struct pg_result; /* libpq's PGresult */

/** A value of type bytea. */
typedef struct chat_bytes_t {
    const char *bytes; /**< NULL: SQL's null */
    apr_size_t count;
} chat_bytes_t;

/** A column, and the field that it fills. */
typedef struct chat_column_t {
    const char *name;
    apr_size_t offset;
    apr_size_t size;
    int is_text;
} chat_column_t;

/**
 * Fields are `const char *` for text; `int` for boolean, int4 and xid; 64-bit integers for int8 and
 * (apr_time_t) timestamptz; chat_bytes_t for bytea. SQL's null is NULL or 0.
 */
#define CHAT_COLUMN(type, field) CHAT_COLUMN_AS(#field, type, field)
#define CHAT_COLUMN_AS(name, type, field)                                                          \
    {                                                                                              \
        name, offsetof(type, field), sizeof(((type *)0)->field),                                   \
            _Generic(((type *)0)->field, const char * : 1, default : 0)                            \
    }

typedef struct chat_record_t {
    const chat_column_t *columns;
    int count;
} chat_record_t;

/** The record of an array of columns. */
#define CHAT_RECORD(array)                                                                         \
    {                                                                                              \
        array, sizeof(array) / sizeof((array)[0])                                                  \
    }

/** A statement, and the records that its rows contain. */
typedef struct chat_query_t {
    chat_sql_t statement;
    const chat_record_t *records[CHAT_QUERY_RECORDS_MAX]; /**< NULL: no more */
} chat_query_t;

/** The parameters of a statement. */
typedef struct chat_args_t {
    const char *const *values; /**< in text format, NULL for SQL's null */
    int count;
    apr_size_t bytes; /**< the last one is a bytea of so many bytes; 0: it is not */
} chat_args_t;

typedef struct chat_rows_t chat_rows_t;

/** What takes the rows of a result one by one, as they come, so that they need not be in memory
 * together. A row is the current one of `rows` until the function returns. */
typedef struct chat_row_sink_t {
    void (*take)(void *data, const chat_rows_t *rows);
    void *data;
} chat_row_sink_t;

/** The rows of a result in binary format, which is cleared with the pool. If it does not fit the
 * query, `*pcause` is the reason, otherwise NULL; then only the first record of the query may be
 * read, and if that does not fit either, NULL is returned. */
chat_rows_t *chat_rows_create(const char **pcause, struct pg_result *result,
                              const chat_query_t *query, apr_pool_t *p);

/** Let `rows` have the first row of another result of the same statement, whose columns are the
 * same. The result that it had is cleared. */
void chat_rows_replace(chat_rows_t *rows, struct pg_result *result);

/** Clear the result before the pool is: at least 3 kB of libpq. Its text is not valid any more. */
void chat_rows_clear(chat_rows_t *rows);

/** Make the next row, at first the first one, the current one; 0 after the last. */
int chat_rows_next(chat_rows_t *rows);

/** Make row `row` (from 0) the current one. */
void chat_rows_seek(chat_rows_t *rows, int row);

int chat_rows_count(const chat_rows_t *rows);
apr_pool_t *chat_rows_pool(const chat_rows_t *rows);

/** Fill the fields of a struct from the current row. `record` is one of the query's. */
void chat_rows_read(void *out, const chat_rows_t *rows, const chat_record_t *record);

/** Make the next row the current one and fill the fields from it; 0 after the last. */
int chat_rows_next_into(void *out, chat_rows_t *rows, const chat_record_t *record);
#endif
