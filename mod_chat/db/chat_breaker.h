/**
 * @file chat_breaker.h
 * A circuit breaker: while a database is known to be unreachable, mod_dbd is not asked for
 * connections, each of which would fail and add two lines to the log.
 *
 * After a failure one request at a time tests the database, CHAT_BREAKER_TEST_MS after the test
 * before. During the first ChatDatabaseWait after the failure requests wait for the database to
 * come back, as a restart may take no longer. Later ones wait for one test, at most
 * CHAT_BREAKER_LATER_MS, as otherwise all workers would wait. A test that succeeds admits all
 * requests, until one of them fails.
 * Ownership: the pool given. Threads: any.
 */
#ifndef MOD_CHAT_CHAT_BREAKER_H
#define MOD_CHAT_CHAT_BREAKER_H
#include <apr_pools.h>
#include <apr_time.h>

#define CHAT_BREAKER_TEST_MS 50
#define CHAT_BREAKER_LATER_MS 250

typedef struct chat_breaker_t chat_breaker_t;

/** `params` as in DBDParams; NULL: not known, and a request that tests is admitted. */
chat_breaker_t *chat_breaker_create(const char *params, apr_pool_t *p);

/** A connection failed, or succeeded. 1: that differs from what this child knew. */
int chat_breaker_note_away(chat_breaker_t *breaker);
int chat_breaker_note_there(chat_breaker_t *breaker);

/** When it became unreachable, as far as is known; 0: it is reachable. */
apr_time_t chat_breaker_away_since(const chat_breaker_t *breaker);

/**
 * Whether to try to get a connection. `has_idle`: there is an idle one, which may work although no
 * new one can be made. 0: the database is unreachable, and `*pcause` is the reason.
 */
int chat_breaker_admits(chat_breaker_t *breaker, int has_idle, apr_interval_time_t wait,
                        const char **pcause, apr_pool_t *p);
#endif
