/**
 * @file chat_invalidation.h
 * Whether a cached answer is still current.
 *
 * An answer has the xmin of its snapshot (pg_snapshot_xmin): it shows all transactions before that
 * one. Feeds record here, for each user, the last transaction that changed what the user sees, and
 * the time of their last poll. An answer is current if all recorded transactions are before its
 * xmin and a feed has polled within CHAT_INVALIDATION_FRESH_MS. When a feed begins, or begins again
 * at a new snapshot, no older answer is current.
 *
 * A write of a user is known here before a feed has read its event: after
 * chat_invalidation_written() no answer for the user is current until a feed has polled.
 *
 * In shared memory, for all children of a host, without locks. Bounded: users share
 * CHAT_INVALIDATION_SLOTS slots by a hash, and users of one slot are invalidated together; of more
 * than CHAT_INVALIDATION_DATABASES_MAX databases the rest are not recorded, and nothing is current
 * in them. Threads: any, in any child.
 */
#ifndef MOD_CHAT_CHAT_INVALIDATION_H
#define MOD_CHAT_CHAT_INVALIDATION_H
#include <apr_pools.h>
#include <apr_time.h>

#include "store/chat_store_event.h"

#define CHAT_INVALIDATION_SLOTS 65536 /**< a power of two */
#define CHAT_INVALIDATION_DATABASES_MAX 16
#define CHAT_INVALIDATION_FRESH_MS 1500 /**< feeds poll once a second or more often */

/** Create the memory, before the children are forked. It lives as long as `p`; without it all other
 * functions do nothing. */
apr_status_t chat_invalidation_create(apr_pool_t *p);

/* ---- for feeds; `database` as chat_db_identity() ---- */

/** Before a poll: the number of this poll, for chat_invalidation_poll_end(). */
apr_uint64_t chat_invalidation_poll_begin(void);

/** A feed begins at this snapshot ("xmin:xmax:...") in this epoch (chat_cursor_epoch()): answers
 * that were read before it, or in another epoch, are not current. */
void chat_invalidation_feed_started(apr_uint64_t database, const char *snapshot,
                                    apr_uint64_t epoch);

/** Record an event for its recipients and for the user who caused it. */
void chat_invalidation_note_event(apr_uint64_t database, const chat_event_t *event);

/** A poll has ended: all that was committed when it began, at `polled_at`, is recorded. */
void chat_invalidation_poll_end(apr_uint64_t database, apr_uint64_t poll, apr_time_t polled_at);

/* ---- for requests ---- */

/** A write of the user was committed. */
void chat_invalidation_written(apr_uint64_t database, apr_int64_t user_id);

/** Whether a feed has polled recently; without one no answer can be current. */
int chat_invalidation_has_feed(apr_uint64_t database);

/** If a feed has polled recently: whether an answer for the user with this xmin and epoch is
 * current. */
int chat_invalidation_is_current(apr_uint64_t database, apr_int64_t user_id, apr_uint64_t xmin,
                                 apr_uint64_t epoch);
#endif
