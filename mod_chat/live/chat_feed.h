/**
 * @file chat_feed.h
 * The feed: one thread in each child and for each database, which learns what was committed
 * anywhere and tells the hub.
 *
 * It has a connection of its own. After each commit of this child it rings the bell, a NOTIFY
 * without content, for the feeds of all other children on all hosts; at a bell, or once a second,
 * it reads the events that its last snapshot did not show. So a bell that was lost, or a process
 * killed between commit and bell, delays by a second and loses nothing. A message that was written
 * in this child is told to the sockets here by the thread that wrote it, without waiting for the
 * look, as far as the order of things allows (chat_place.h). When the feed loses its place
 * (the database was away, or there was too much at once) it begins anew, and the hub tells all
 * sockets to resync. Without sockets in this child it only rings. What events do to notifications
 * it asks and tells after them (chat_concern.h). Typing is not stored: marks ride in notifications,
 * several in each. Bounded: CHAT_FEED_EVENTS_MAX events a look, marks as chat_marks.h,
 * CHAT_FEED_LETTERS_MAX letters that the hub has not opened. Threads: as each function says.
 */
#ifndef MOD_CHAT_CHAT_FEED_H
#define MOD_CHAT_CHAT_FEED_H
#include "store/chat_bell.h"

#define CHAT_FEED_EVENTS_MAX 5000
#define CHAT_FEED_LETTERS_MAX 64

typedef struct chat_feed_t chat_feed_t;

/** In child_init. Feeds start when their database is first used, and live in `pchild`. */
apr_status_t chat_feed_child_init(server_rec *s, apr_pool_t *pchild);

/** At the child's end: wait until all feeds have ended. */
void chat_feed_join_all(void);

/** The feed of this database, started if need be; NULL: it cannot be. Any thread. */
chat_feed_t *chat_feed_of(chat_db_t *db);

/**
 * On the hub's thread: a user's socket comes, or goes. Coming may give a new `*pwanted`: news tell
 * when the feed has begun for it.
 */
void chat_feed_add_listener(chat_feed_t *feed, apr_int64_t user_id);
void chat_feed_remove_listener(chat_feed_t *feed, apr_int64_t user_id);

/** On the hub's thread: whether everything from now on will be told. */
int chat_feed_has_begun(const chat_feed_t *feed);

/** On the hub's thread: news of this feed were opened. `is_begin` as they say. */
void chat_feed_opened(chat_feed_t *feed, int is_begin);

/** Tells databases apart. */
apr_uint64_t chat_feed_database(const chat_feed_t *feed);
#endif
