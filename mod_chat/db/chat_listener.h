/**
 * @file chat_listener.h
 * A connection of one thread: for LISTEN, and for statements.
 *
 * It is not from a pool of mod_dbd, whose connections are shared by requests. Every wait has a
 * limit, and ends within half a second when the thread must stop. Ownership: freed with
 * chat_listener_close(); rows live in the pool given. Threads: one.
 */
#ifndef MOD_CHAT_CHAT_LISTENER_H
#define MOD_CHAT_CHAT_LISTENER_H
#include "db/chat_rows.h"

#include <apr_errno.h>
#include <apr_time.h>

typedef struct chat_listener_t chat_listener_t;

/** A notification; the strings are valid until the next call. */
typedef struct chat_listener_notify_t {
    const char *channel;
    const char *payload;
    int is_own; /**< sent by this connection */
} chat_listener_notify_t;

/** When waiting ends early. Asked from the listener's thread, ten times a second. */
typedef struct chat_listener_stop_t {
    int (*is_stopping)(void); /**< connecting: nothing new is begun any more */
    int (*must_stop)(void);   /**< statements: nothing is finished any more, either */
} chat_listener_stop_t;

/** `params` as in DBDParams; `name` for pg_stat_activity; `stop` is not copied. It does not connect
 *  yet. */
chat_listener_t *chat_listener_create(const char *params, const char *name,
                                      const chat_listener_stop_t *stop, apr_pool_t *p);
void chat_listener_close(chat_listener_t *listener);

int chat_listener_is_connected(const chat_listener_t *listener);

/** Whether the connection goes through a connection pooler: LISTEN does not work through one. */
int chat_listener_is_pooled(const chat_listener_t *listener);

/** Connect again, and LISTEN to `channels`, a list that ends with NULL. CHAT_DB_* (chat_rows.h). */
apr_status_t chat_listener_connect(chat_listener_t *listener, const char *const *channels);

/** Wait until there is a notification, `wake_fd` is readable, or the time has passed. CHAT_DB_AWAY:
 *  the connection was lost. */
apr_status_t chat_listener_wait(chat_listener_t *listener, int wake_fd, apr_interval_time_t wait);

/** The next notification; 0: there is none. */
int chat_listener_next(chat_listener_notify_t *notify, chat_listener_t *listener);

/** Run a statement. After CHAT_DB_AWAY the connection is closed. */
apr_status_t chat_listener_select(chat_rows_t **prows, chat_listener_t *listener,
                                  const chat_query_t *query, const char *const *args, int count,
                                  apr_pool_t *p);

/** Why the last call failed, for the log. */
const char *chat_listener_cause(const chat_listener_t *listener);
#endif
