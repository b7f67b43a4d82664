/**
 * @file chat_sync.h
 * What an answer has, as an opaque word to be given as `updated_since`: exactly what has changed
 * since then comes next.
 *
 * It names an epoch of the database and a snapshot, as PostgreSQL writes them ("7:9:8"): a list
 * then has what that snapshot did not show (chat.since() and chat.is_news()). The snapshot is not
 * the one that the list was read in, but says no more of it than matters for the list: the last
 * transaction that wrote a conversation of it, and those before it that had not ended. So the same
 * list has the same word, whatever else is written in the database. Not secret and not signed; what
 * is wrong with one is found before the database is asked.
 */
#ifndef MOD_CHAT_CHAT_SYNC_H
#define MOD_CHAT_CHAT_SYNC_H
#include <apr_pools.h>

#define CHAT_SYNC_PREFIX "s1." /**< no timestamp begins like this */

typedef struct chat_sync_t {
    const char *question; /**< the epoch, a blank and the snapshot */
    apr_uint64_t xmax;    /**< of the snapshot */
} chat_sync_t;

/**
 * `snapshot` as the list was read, of which all transactions below `xmax` matter. NULL: it is not a
 * snapshot.
 */
const char *chat_sync_write(const char *epoch, const char *snapshot, apr_uint64_t xmax,
                            apr_pool_t *p);

/** APR_EINVAL for what chat_sync_write() could not have written. */
apr_status_t chat_sync_read(chat_sync_t *sync, const char *text, apr_pool_t *p);

/** The upper end of a snapshot: no transaction from here on is in it. 0: it is not a snapshot. */
apr_uint64_t chat_sync_xmax(const char *snapshot);

/** The number of a transaction below `xmax`, of which the low bits are known. */
apr_uint64_t chat_sync_widen(apr_uint32_t xid, apr_uint64_t xmax);
#endif
