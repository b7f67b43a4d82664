/**
 * @file chat_loop.h
 * The event loop: one thread in each child that owns its sockets.
 *
 * It waits in epoll, reads and writes without blocking, asks quiet peers whether they are there,
 * and closes what is too old, too slow or silent. It runs no SQL and waits for nobody. Bounded:
 * connections by the limit given at start; each connection's queue by chat_conn.h. Threads:
 * places, offering and posting from any; start and stop from httpd's hooks; all else happens on the
 * event loop's thread.
 */
#ifndef MOD_CHAT_CHAT_LOOP_H
#define MOD_CHAT_CHAT_LOOP_H
#include <httpd.h>

#include "ws/chat_conn.h"

#define CHAT_LOOP_THREAD_NAME "chat-loop" /**< as top -H shows it */
#define CHAT_LOOP_STOP_S 2 /**< how long a stopping child waits for its peers' close frames */

/**
 * In child_init: start the thread. `connections_max` counts for this child; a peer that was silent
 * for `heartbeat` is asked by a ping, and given up after the same time again.
 */
apr_status_t chat_loop_start(server_rec *s, int connections_max, apr_interval_time_t heartbeat,
                             apr_pool_t *pchild);

/** Whether a handshake may be accepted now; if so, the place is taken until chat_loop_offer(). */
int chat_loop_reserve(void);

/** Give back a place that was reserved and not used. */
void chat_loop_release(void);

/** In suspend_connection: httpd lets go of the connection; the event loop adopts it as soon as it
 * has. */
void chat_loop_offer(chat_conn_t *conn);

/** Post a task, to be opened on the event loop's thread. The event loop must have been started. */
void chat_loop_post(chat_task_t *task);

/** On the event loop's thread: the connection was given something to send, or may be read again. It
 * is looked after before the turn ends. */
void chat_loop_mark_dirty(chat_conn_t *conn);

/** In child_stopping: close everything with 1001. Does not wait. */
void chat_loop_stop(void);

/** At the child's end, when nobody posts any more: wait until the last connection is closed. */
void chat_loop_join(void);
#endif
