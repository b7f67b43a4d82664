/**
 * @file chat_cursor.h
 * The position at which the next page of a list begins, as an opaque word for URLs.
 *
 * Not secret and not signed: a cursor is only a position, and each request checks access. It has
 * the epoch of the database in it, as a position of one epoch is not valid in another.
 */
#ifndef MOD_CHAT_CHAT_CURSOR_H
#define MOD_CHAT_CHAT_CURSOR_H
#include <apr_pools.h>
#include <apr_time.h>

/** The length of every cursor, without its NUL. */
#define CHAT_CURSOR_CHARS 34

typedef struct chat_cursor_t {
    apr_time_t updated_at; /**< 0: there is no cursor */
    apr_int64_t id;
    apr_uint64_t epoch; /**< as chat_cursor_epoch() */
} chat_cursor_t;

/** The cursor after the row with this time and this positive id. */
const char *chat_cursor_write(const chat_cursor_t *cursor, apr_pool_t *p);

/** APR_EINVAL for any text that chat_cursor_write() cannot have written. */
apr_status_t chat_cursor_read(chat_cursor_t *cursor, const char *text);

/** An epoch (chat.current_epoch()) as a number. NULL: 0. */
apr_uint64_t chat_cursor_epoch(const char *epoch);
#endif
