/**
 * @file chat_sync.h
 * `sync` of a list, an opaque word for `updated_since`: the next list then has exactly what has
 * changed since.
 *
 * It contains an epoch of the database and a snapshot in PostgreSQL's notation ("7:9:8"); the next
 * list has the rows that are invisible to that snapshot (chat.since(), chat.is_news()). It is not
 * the whole snapshot of the list, but only the part that matters for its rows: up to the last
 * transaction that wrote one of them, with those before it that had not ended. So the same list has
 * the same word, whatever else is written to the database. Not secret and not signed; it is
 * validated before the database is asked.
 */
#ifndef MOD_CHAT_CHAT_SYNC_H
#define MOD_CHAT_CHAT_SYNC_H
#include <apr_pools.h>

#define CHAT_SYNC_PREFIX "s1." /**< not the beginning of any timestamp */

typedef struct chat_sync_t {
    const char *question; /**< the epoch, a blank and the snapshot */
    apr_uint64_t xmax;    /**< of the snapshot */
} chat_sync_t;

/**
 * The word for the part of `snapshot` below `xmax`. NULL: `snapshot` is not a snapshot.
 */
const char *chat_sync_write(const char *epoch, const char *snapshot, apr_uint64_t xmax,
                            apr_pool_t *p);

/** APR_EINVAL for any text that chat_sync_write() cannot have written. */
apr_status_t chat_sync_read(chat_sync_t *sync, const char *text, apr_pool_t *p);

/** xmax of a snapshot: all transactions from it on are invisible. 0: it is not a snapshot. */
apr_uint64_t chat_sync_xmax(const char *snapshot);

/** The 64-bit number of a transaction before `xmax`, of which `xid` has the low 32 bits. */
apr_uint64_t chat_sync_widen(apr_uint32_t xid, apr_uint64_t xmax);
#endif
