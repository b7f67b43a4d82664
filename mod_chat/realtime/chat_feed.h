/**
 * @file chat_feed.h
 * Feeds: one thread in each child and for each database, which brings what was committed anywhere
 * to the WebSocket sessions of this child.
 *
 * A feed has a connection of its own, on which it listens. After a commit in this child it polls at
 * once, and sends a NOTIFY without content to the feeds of all other children on all hosts; these
 * poll when they receive it. Without a notification a feed polls once a second, so that one that
 * was lost, or a process that was killed between commit and NOTIFY, delays by a second and loses
 * nothing. This is the only way to a session, so that all sessions receive events in the order in
 * which snapshots show them. What a poll does: chat_poller.h; typing: chat_typing_relay.h.
 *
 * A feed without sessions only notifies. Its thread wakes when something is committed here, when a
 * notification comes, and every 15 s to delete events that all feeds have read.
 * Threads: as each function says.
 */
#ifndef MOD_CHAT_CHAT_FEED_H
#define MOD_CHAT_CHAT_FEED_H
#include "realtime/chat_publisher.h"
#include "store/chat_typing_change.h"

#define CHAT_FEED_THREAD_NAME "chat-feed" /**< as top -H shows it */

/** In child_init. Feeds start when their database is first used, and live in `pchild`. */
apr_status_t chat_feed_child_init(apr_pool_t *pchild);

/** At the child's end: wait until all feeds have ended. */
void chat_feed_join_all(void);

/** After that, when nobody can wake one any more: the event loop has ended, too. */
void chat_feed_close_all(void);

/** The publisher of this database's feed, which is started if need be; NULL: it cannot be. Any
 * thread.
 */
chat_publisher_t *chat_feed_outlet(chat_db_t *db);

/** Somebody in this child began or stopped typing: for all feeds. The event loop's thread. */
void chat_feed_note_typing(const chat_publisher_t *publisher, const chat_typing_change_t *typed);
#endif
