/**
 * @file chat_commit_hook.h
 * Called after a commit, so that the feed of this child reads the new events.
 *
 * A feed (realtime/chat_feed.h) delivers events to the WebSockets of this child. It registers its
 * functions at start, as store/ must not depend on realtime/. A call costs no round trip and does
 * not block. On an MPM on which no feeds run nothing is registered; then a process that commits
 * also deletes old events, which feeds do otherwise: one statement in CHAT_PRUNE_INTERVAL_S
 * seconds. Threads: any; chat_commit_hook_register() before other threads start.
 */
#ifndef MOD_CHAT_CHAT_COMMIT_HOOK_H
#define MOD_CHAT_CHAT_COMMIT_HOOK_H
#include "db/chat_db.h"
#include "store/chat_typing_change.h"

#define CHAT_PRUNE_INTERVAL_S 15

/** The functions of a feed. None of them blocks. */
typedef struct chat_commit_hook_t {
    /** Rows were added to chat.events. */
    void (*committed)(chat_db_t *db);
    /** A user of this child started or stopped typing, which is not stored in the database. */
    void (*typed)(chat_db_t *db, const chat_typing_change_t *typed);
    /** This child needs a feed, which receives what other hosts notify; `must_poll`: one that reads
     *  events even when there is no WebSocket. */
    void (*need_feed)(chat_db_t *db, int must_poll);
} chat_commit_hook_t;

/** In child_init. */
void chat_commit_hook_register(const chat_commit_hook_t *hook);

/** In child_init, too: called after each commit as well, and does not block either. */
void chat_commit_hook_register_notifier(void (*committed)(void));

void chat_commit_hook_committed(chat_db_t *db);
void chat_commit_hook_typed(chat_db_t *db, const chat_typing_change_t *typed);
void chat_commit_hook_need_feed(chat_db_t *db, int must_poll);
#endif
