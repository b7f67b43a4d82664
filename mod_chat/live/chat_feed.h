/**
 * @file chat_feed.h
 * The feed: one thread in each child and for each database, which learns what was committed
 * anywhere and tells the hub.
 *
 * It has a connection of its own. After each commit of this child it rings the bell, a NOTIFY
 * without content, for the feeds of all other children on all hosts; at a bell, or once a second,
 * it reads the events that its last snapshot did not show. So a bell that was lost, or a process
 * killed between commit and bell, delays by a second and loses nothing. A commit of this child
 * wakes it at once. This is the one way to a socket, so that what a socket hears is in the order in
 * which snapshots show it. When the feed loses its snapshot (the database was away, or there was
 * too much at once) it begins anew, and the hub tells all sockets to resync. Without sockets in
 * this child it only rings. What events do to notifications it asks and tells after them
 * (chat_concern.h). Typing is not stored: marks ride in notifications, several in each, and every
 * feed remembers whom its sockets were told of (chat_typists.h), so that they hear of each end:
 * that it was said, a message, five seconds, a socket that closed, access that was lost. Bounded:
 * CHAT_FEED_EVENTS_MAX events a look, marks as chat_marks.h. Threads: as each function says.
 */
#ifndef MOD_CHAT_CHAT_FEED_H
#define MOD_CHAT_CHAT_FEED_H
#include "live/chat_outlet.h"
#include "store/chat_typed.h"

#define CHAT_FEED_EVENTS_MAX 5000

/** In child_init. Feeds start when their database is first used, and live in `pchild`. */
apr_status_t chat_feed_child_init(server_rec *s, apr_pool_t *pchild);

/** At the child's end: wait until all feeds have ended. */
void chat_feed_join_all(void);

/** After that, when nobody can wake one any more: the hub has ended, too. */
void chat_feed_close_all(void);

/** Where the feed of this database, started if need be, tells its news; NULL: it cannot be. Any
 *  thread. */
chat_outlet_t *chat_feed_outlet(chat_db_t *db);

/** Somebody began or stopped to type: tell all feeds. The hub's thread. */
void chat_feed_hear_typed(const chat_outlet_t *outlet, const chat_typed_t *typed);
#endif
