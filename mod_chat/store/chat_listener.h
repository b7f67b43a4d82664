/**
 * @file chat_listener.h
 * A connection of its own to the database, for a thread that listens: LISTEN, and statements in
 * between.
 *
 * Not one of mod_dbd's: those are for requests, and a listening one cannot be lent. All waits have
 * limits. Ownership: freed with chat_listener_close(); rows live in the pool given. Threads: one.
 */
#ifndef MOD_CHAT_CHAT_LISTENER_H
#define MOD_CHAT_CHAT_LISTENER_H
#include "store/chat_rows.h"

#include <apr_errno.h>
#include <apr_time.h>

typedef struct chat_listener_t chat_listener_t;

/** What was heard; the strings are valid until the next call. */
typedef struct chat_heard_t {
    const char *channel;
    const char *payload;
    int is_own; /**< this connection itself said it */
} chat_heard_t;

/** `params` as DBDParams has them. Not connected yet. */
chat_listener_t *chat_listener_create(const char *params, apr_pool_t *p);
void chat_listener_close(chat_listener_t *listener);

int chat_listener_is_connected(const chat_listener_t *listener);

/** Whether the connection goes through a pooler, which passes no notifications on: nothing is
 * heard. */
int chat_listener_is_deaf(const chat_listener_t *listener);

/** Connect anew, and listen to `channels`, a list that ends with NULL. CHAT_DB_* (chat_db.h). */
apr_status_t chat_listener_connect(chat_listener_t *listener, const char *const *channels);

/** Sleep until something is heard, `wake_fd` is readable, or the time is over. CHAT_DB_AWAY: the
 *  connection was lost. */
apr_status_t chat_listener_wait(chat_listener_t *listener, int wake_fd, apr_interval_time_t wait);

/** The next thing that was heard; 0 when there is none left. */
int chat_listener_next(chat_heard_t *heard, chat_listener_t *listener);

/** Run a statement. After CHAT_DB_AWAY the connection is gone. */
apr_status_t chat_listener_select(chat_rows_t **prows, chat_listener_t *listener,
                                  const chat_query_t *query, const char *const *args, int count,
                                  apr_pool_t *p);

/** Why the last call failed, for the log. */
const char *chat_listener_cause(const chat_listener_t *listener);
#endif
