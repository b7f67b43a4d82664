/**
 * @file chat_admin_cursor.h
 * The position at which the next page of an administrator's list begins, as an opaque word for
 * URLs.
 *
 * As core/chat_cursor.h, but of a list in an order that may be a text. Not secret and not signed:
 * it is only a position. Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_ADMIN_CURSOR_H
#define MOD_CHAT_CHAT_ADMIN_CURSOR_H
#include "core/chat_problem.h"

typedef struct chat_admin_cursor_t {
    const char *order; /**< of the list */
    const char *epoch; /**< of the database */
    const char *key;   /**< of the last item: its value that the list is ordered by; NULL: the id */
    apr_int64_t id;    /**< its id; 0: there is no cursor */
} chat_admin_cursor_t;

/** Base64url, without padding. */
const char *chat_admin_cursor_write(const chat_admin_cursor_t *cursor, apr_pool_t *p);

/** 400 if the text is not a cursor, or of a list in another order. */
chat_problem_t *chat_admin_cursor_read(chat_admin_cursor_t *cursor, const char *text,
                                       const char *order, apr_pool_t *p);

/** 400 when the cursor was made in another epoch of the database than that of the answer. */
chat_problem_t *chat_admin_cursor_check_epoch(const chat_admin_cursor_t *cursor, const char *epoch,
                                              apr_pool_t *p);
#endif
