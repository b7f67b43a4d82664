/**
 * @file chat_rows.h
 * What a statement gave: rows in PostgreSQL's binary format.
 *
 * Ownership: rows live in the pool given and outlive the connection they came by; their text
 * points into them. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_ROWS_H
#define MOD_CHAT_CHAT_ROWS_H
#include <apr_pools.h>
#include <apr_time.h>

struct pg_result; /* libpq's PGresult */

typedef struct chat_rows_t chat_rows_t;

/** The rows of a result in binary format; it is cleared with the pool. */
chat_rows_t *chat_rows_create(struct pg_result *result, apr_pool_t *p);

/** Give the result back before the pool goes: 3 kB of libpq's at least. Its text is void. */
void chat_rows_clear(chat_rows_t *rows);

/** Go to the next row, the first one at first; 0 after the last. */
int chat_rows_next(chat_rows_t *rows);

/** Make row `row` (from 0) the current one. */
void chat_rows_seek(chat_rows_t *rows, int row);

int chat_rows_count(const chat_rows_t *rows);

/** The current row's values. Text is NUL-terminated; NULL for SQL's null, numbers then are 0. */
int chat_rows_is_null(const chat_rows_t *rows, int column);
const char *chat_rows_text(const chat_rows_t *rows, int column);
/** Text of at most CHAT_EXCERPT_CHARS_MAX characters, of which one more may have come. */
const char *chat_rows_excerpt(const chat_rows_t *rows, int column);
apr_int64_t chat_rows_integer(const chat_rows_t *rows, int column);
int chat_rows_boolean(const chat_rows_t *rows, int column);
apr_time_t chat_rows_time(const chat_rows_t *rows, int column);
#endif
