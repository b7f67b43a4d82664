/**
 * @file chat_bell.h
 * After a commit: the database has news, tell whoever listens in this child.
 *
 * The stores ring when a statement has written an event; the feeds of live/ listen. So the two
 * need not know each other. Ringing costs no round trip and never waits.
 * Threads: any; chat_bell_listen() before there are others.
 */
#ifndef MOD_CHAT_CHAT_BELL_H
#define MOD_CHAT_CHAT_BELL_H
#include "store/chat_db.h"

/** Somebody began or stopped to type; there is no event in the database for that. */
typedef struct chat_typed_t {
    apr_int64_t conversation_id;
    apr_int64_t user_id;
    int is_typing;
} chat_typed_t;

/** `typed` NULL: there are events. Must not wait. */
typedef void chat_bell_listener_t(chat_db_t *db, const chat_typed_t *typed);

/** Somebody wants to be kept informed of this database from now on. Must not wait. */
typedef void chat_bell_watcher_t(chat_db_t *db);

/** In child_init: who is to be told. */
void chat_bell_listen(chat_bell_listener_t *listener, chat_bell_watcher_t *watcher);

/** Ask for a feed that listens even if nobody here has a WebSocket (chat_changes.h). */
void chat_bell_watch(chat_db_t *db);

void chat_bell_ring(chat_db_t *db);
void chat_bell_ring_typed(chat_db_t *db, const chat_typed_t *typed);
#endif
