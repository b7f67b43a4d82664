/**
 * @file chat_worker.h
 * A thread that works on the database by itself, on a connection of its own.
 *
 * It calls a function, its turn, which does a part of what is due and says when to be called again.
 * When the connection is lost it connects again, at first after a fifth of a second. In a child
 * that stops, a turn may finish what it has begun, for CHAT_WORKER_GRACE_MS if httpd restarts
 * gracefully, and otherwise for CHAT_WORKER_STOP_MS; it asks chat_worker_must_stop(), and has half
 * a second then for its last statement. So a child has ended before httpd, which waits for 3 s,
 * complains. A turn that fails is repeated after a second, and logged when the reason is another
 * one than before, and once a minute. With any MPM: a worker is a thread also where requests are
 * processes. Ownership: workers live as long as the child, which waits for them before its pools
 * are destroyed. Threads: chat_worker_start() in child_init, the others from any.
 */
#ifndef MOD_CHAT_CHAT_WORKER_H
#define MOD_CHAT_CHAT_WORKER_H
#include <httpd.h>

#include "db/chat_listener.h"

#define CHAT_WORKER_GRACE_MS 3000
#define CHAT_WORKER_STOP_MS 2000
#define CHAT_WORKER_AGAIN_US apr_time_from_msec(200) /**< what was due was taken by others */

typedef struct chat_worker_t chat_worker_t;

/**
 * Do a part of the work: CHAT_DB_* if a statement failed. `*pwait`, 0 at first, is how long the
 * next turn may wait, and after a failure a second at least; `p` is cleared after the turn.
 */
typedef apr_status_t chat_worker_turn_t(apr_interval_time_t *pwait, void *data, chat_listener_t *db,
                                        apr_pool_t *p);

/**
 * Start a worker, whose log lines begin with `name`; `params` as in DBDParams. It stays connected,
 * and is in the gauges of those that send notifications. NULL: it could not be started, which is
 * logged.
 */
chat_worker_t *chat_worker_start(server_rec *s, const char *name, const char *params,
                                 chat_worker_turn_t *turn, void *data, apr_pool_t *pchild);

/**
 * The same for work that one child of the host does for all: the one that has the lease
 * (chat_lease.h). It is connected while it has that, and gives it back when the next turn may wait
 * for CHAT_LEASE_US or longer. A turn that may take longer than that calls chat_lease_take().
 */
chat_worker_t *chat_worker_start_alone(server_rec *s, const char *name, const char *params,
                                       chat_worker_turn_t *turn, void *data, int lease,
                                       apr_pool_t *pchild);

/** Take a turn in `delay` at the latest. Costs nothing when that is planned already. */
void chat_worker_wake(chat_worker_t *worker, apr_interval_time_t delay);

/** Whether a turn that is under way must begin nothing any more; and whether it must end now. */
int chat_worker_is_stopping(void);
int chat_worker_must_stop(void);

/** Ask all workers to stop. */
void chat_worker_stop_all(int is_graceful);
#endif
