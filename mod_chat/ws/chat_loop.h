/**
 * @file chat_loop.h
 * The event loop: one thread in each child that owns the WebSocket connections.
 *
 * It waits in epoll_wait(), reads and writes without blocking, sends pings to peers that are quiet,
 * and closes connections that are too old, too slow or silent. It runs no SQL and blocks on
 * nothing. Bounded: connections by the limit given at start, what waits on each by chat_conn.h.
 * Threads: reserving, offering and posting from any; start and stop from httpd's hooks; everything
 * else on the event loop's thread.
 */
#ifndef MOD_CHAT_CHAT_LOOP_H
#define MOD_CHAT_CHAT_LOOP_H
#include <httpd.h>

#include "ws/chat_conn.h"

#define CHAT_LOOP_THREAD_NAME "chat-loop" /**< as top -H shows it */
#define CHAT_LOOP_STOP_S 2 /**< how long a stopping child waits for its peers' close frames */

/**
 * In child_init: start the thread. `connections_max` is for this child; a peer that
 * was silent for `heartbeat` is sent a ping, and its connection ends after the same time again.
 */
apr_status_t chat_loop_start(int connections_max, apr_interval_time_t heartbeat,
                             apr_pool_t *pchild);

/** Whether a handshake may be accepted now; if so, it is reserved until chat_loop_offer(). */
int chat_loop_reserve(void);

/** Give up a reservation that is not used. */
void chat_loop_release(void);

/** In suspend_connection: the event loop adopts the connection as soon as httpd has let go of it.
 */
void chat_loop_offer(chat_conn_t *conn);

/** Run a task on the event loop's thread, which must have been started. */
void chat_loop_post(chat_task_t *task);

/** On the event loop's thread: the connection was given something to send, or may be read again. It
 * is written to, or read, before the turn ends. */
void chat_loop_mark_dirty(chat_conn_t *conn);

/** In child_stopping: close everything with 1001. Does not wait. */
void chat_loop_stop(void);

/** At the child's end, when nobody posts any more: wait until the last connection is closed. */
void chat_loop_join(void);
#endif
