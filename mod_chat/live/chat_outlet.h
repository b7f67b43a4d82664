/**
 * @file chat_outlet.h
 * What a feed tells the sockets of this child goes out here: to those who are there, in the order
 * in which it happened, and no more of it than the hub takes.
 *
 * Who is there is known by a hash of the user's id, so somebody else may be taken for them; the hub
 * looks again. The order is the feed's alone: it posts what each poll finds, and remembers the
 * snapshot up to which it has. A beginning is asked for by each first listener and granted by the
 * feed, from a snapshot on; a feed that loses the snapshot begins anew, and the hub tells all
 * sockets to resync.
 * Bounded: CHAT_OUTLET_LETTERS_MAX letters that the hub has not opened; the feed waits for room,
 * and loses its snapshot when there is none after two seconds. Threads: as each function says.
 * Ownership: the pool given, which lives as long as the child.
 */
#ifndef MOD_CHAT_CHAT_OUTLET_H
#define MOD_CHAT_CHAT_OUTLET_H
#include "live/chat_news.h"

#define CHAT_OUTLET_LETTERS_MAX 64

typedef struct chat_outlet_t chat_outlet_t;

/** `wake_fd` is an eventfd that is written when a beginning is asked for. NULL: out of memory. */
chat_outlet_t *chat_outlet_create(apr_uint64_t database, int wake_fd, apr_pool_t *p);

/** Tells databases apart. Any thread. */
apr_uint64_t chat_outlet_database(const chat_outlet_t *outlet);

/* ---- the hub's thread ---- */

/** A user's socket comes, or goes. Coming may ask for a beginning: news tell when it is there. */
void chat_outlet_add_listener(chat_outlet_t *outlet, apr_int64_t user_id);
void chat_outlet_remove_listener(chat_outlet_t *outlet, apr_int64_t user_id);

/** Whether everything from now on will be told. */
int chat_outlet_has_begun(const chat_outlet_t *outlet);

/** The epoch of the database, when it has begun. */
const char *chat_outlet_epoch(const chat_outlet_t *outlet);

/** News of this outlet were opened. */
void chat_outlet_opened(chat_outlet_t *outlet, const chat_news_t *news);

/* ---- any thread ---- */

/** Ask for a beginning, without a listener. */
void chat_outlet_want(chat_outlet_t *outlet);

/** Whether there is a listener; whether this user may be one. */
int chat_outlet_has_listeners(const chat_outlet_t *outlet);
int chat_outlet_is_here(const chat_outlet_t *outlet, apr_int64_t user_id);

/* ---- the feed's thread; news are the outlet's then, or gone ---- */

/** The beginning that was asked for last, and the one that was granted last; 0: the
 *  snapshot is lost, or there was none. They are the same when nobody waits. */
int chat_outlet_wanted(const chat_outlet_t *outlet);
int chat_outlet_begun(const chat_outlet_t *outlet);

/** The snapshot up to which everything was told; NULL: there is none. */
const char *chat_outlet_snapshot(const chat_outlet_t *outlet);

/** Grant a beginning: everything behind this snapshot will be told. 0: there was no room. */
int chat_outlet_begin(chat_outlet_t *outlet, chat_news_t *news, const char *snapshot, int wanted);

/** These are the news up to this snapshot. 0: there was no room, and the snapshot is lost. */
int chat_outlet_move(chat_outlet_t *outlet, chat_news_t *news, const char *snapshot);

/** News that are in no order with events. */
void chat_outlet_tell(chat_outlet_t *outlet, chat_news_t *news);

/** Nobody is to be told; or what was told is not known any more (which counts as a resync). */
void chat_outlet_leave(chat_outlet_t *outlet);
void chat_outlet_lose(chat_outlet_t *outlet);
#endif
