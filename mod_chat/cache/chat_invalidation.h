/**
 * @file chat_invalidation.h
 * What this host has heard of changes: whether an answer made earlier is still the right one.
 *
 * An answer carries the xmin of the snapshot that it was read in (pg_snapshot_xmin): all
 * transactions before it are in the answer. Feeds note here, for each user, the last transaction
 * that changed what the user sees, as soon as they hear of it, and when they last heard anything.
 * So an answer is current when everything that was heard of came before its xmin, and a feed has
 * just listened. When a feed begins, or loses its place, nothing older counts any more.
 *
 * What a user writes is known here before the feed has heard of it: chat_invalidation_written()
 * makes the user's answers not current until a feed has looked at the database after that.
 *
 * Kept for all children of a host together, in shared memory, without locks. Bounded: users share
 * CHAT_INVALIDATION_SLOTS places, and who shares one is asked for more often than need be;
 * databases above CHAT_INVALIDATION_DATABASES_MAX are not kept, and nothing is current in them.
 * Threads: any, in any child.
 */
#ifndef MOD_CHAT_CHAT_INVALIDATION_H
#define MOD_CHAT_CHAT_INVALIDATION_H
#include <apr_pools.h>
#include <apr_time.h>

#include "store/chat_event.h"

#define CHAT_INVALIDATION_SLOTS 65536 /**< a power of two */
#define CHAT_INVALIDATION_DATABASES_MAX 16
#define CHAT_INVALIDATION_FRESH_MS 1500 /**< feeds look once a second, at least */

/** Make them, before the children are forked. They live as long as `p`; without it, all else does
 * nothing. */
apr_status_t chat_invalidation_create(apr_pool_t *p);

/* ---- for feeds; `database` as chat_db_identity() ---- */

/** Before the database is asked: what chat_invalidation_heard() wants. */
apr_uint64_t chat_invalidation_look(void);

/** A feed begins with this snapshot ("xmin:xmax:...") in this epoch (chat_cursor_epoch()): what was
 * read before it, or in another epoch, is not current. */
void chat_invalidation_begun(apr_uint64_t database, const char *snapshot, apr_uint64_t epoch);

/** The event changed what these see: all who may hear of it, and who did it. `p` is for the
 * working. */
void chat_invalidation_note_event(apr_uint64_t database, const chat_event_t *event, apr_pool_t *p);

/** All that was committed at `asked_at`, when `look` was taken, is noted. */
void chat_invalidation_heard(apr_uint64_t database, apr_uint64_t look, apr_time_t asked_at);

/* ---- for whoever answers ---- */

/** The user has written something, and it is committed. */
void chat_invalidation_written(apr_uint64_t database, apr_int64_t user_id);

/** Whether a feed listens, so that there is any use in keeping answers. */
int chat_invalidation_are_heard(apr_uint64_t database);

/** While they are heard: whether what was read for the user with that xmin, in that epoch, is still
 * so. */
int chat_invalidation_is_current(apr_uint64_t database, apr_int64_t user_id, apr_uint64_t xmin,
                                 apr_uint64_t epoch);
#endif
