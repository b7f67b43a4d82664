/**
 * @file chat_breaker.h
 * Whether a database is known to be away, so that mod_dbd is not asked for connections, each of
 * which would fail and add two lines to the log.
 *
 * After a failure one request at a time looks, CHAT_BREAKER_LOOK_MS after the look before. For as
 * long as requests wait for a connection (ChatDatabaseWait) after it went away, they wait for it to
 * come back: a restart may take no longer. Later ones wait for one look, and no longer than
 * CHAT_BREAKER_LATER_MS, or the workers would all wait. A look that makes a connection admits
 * everybody, until one of them fails.
 * Ownership: the pool given. Threads: any.
 */
#ifndef MOD_CHAT_CHAT_BREAKER_H
#define MOD_CHAT_CHAT_BREAKER_H
#include <apr_pools.h>
#include <apr_time.h>

#define CHAT_BREAKER_LOOK_MS 50
#define CHAT_BREAKER_LATER_MS 250

typedef struct chat_breaker_t chat_breaker_t;

/** `params` as DBDParams has them; NULL: not known, and whoever looks is admitted. */
chat_breaker_t *chat_breaker_create(const char *params, apr_pool_t *p);

/** A connection could not be had, or could. 1: that is news to this child. */
int chat_breaker_note_away(chat_breaker_t *breaker);
int chat_breaker_note_there(chat_breaker_t *breaker);

/** Since when it is away, as far as is known; 0: it is there. */
apr_time_t chat_breaker_away_since(const chat_breaker_t *breaker);

/**
 * Whether to try for a connection. `has_idle`: there is one that nobody uses, which may do although
 * no new one is to be had. 0: the database is away, and `*pcause` tells the log why.
 */
int chat_breaker_admits(chat_breaker_t *breaker, int has_idle, apr_interval_time_t wait,
                        const char **pcause, apr_pool_t *p);
#endif
