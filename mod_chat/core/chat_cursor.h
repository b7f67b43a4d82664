/**
 * @file chat_cursor.h
 * Where the next page of a list begins, as an opaque word for URLs.
 *
 * Not secret and not signed: a cursor says only where to go on, and access is checked anew.
 */
#ifndef MOD_CHAT_CHAT_CURSOR_H
#define MOD_CHAT_CHAT_CURSOR_H
#include <apr_pools.h>
#include <apr_time.h>

/** The length of every cursor, without its NUL. */
#define CHAT_CURSOR_CHARS 23

/** The cursor after the row with this time and this positive id. */
const char *chat_cursor_write(apr_time_t updated_at, apr_int64_t id, apr_pool_t *p);

/** Read it back. APR_EINVAL for all that chat_cursor_write() could not have written. */
apr_status_t chat_cursor_read(apr_time_t *pupdated_at, apr_int64_t *pid, const char *text);
#endif
