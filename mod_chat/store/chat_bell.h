/**
 * @file chat_bell.h
 * After a commit: the database has news, tell whoever listens in this child.
 *
 * The stores ring when a statement has written an event; the feeds of live/ listen. So the two
 * need not know each other. Ringing costs no round trip and never waits. Where nobody listens, for
 * no feed runs on this MPM, it is the writers who take old events away: one in CHAT_BELL_PRUNE_S,
 * with a statement of its own. Threads: any; chat_bell_listen() before there are others.
 */
#ifndef MOD_CHAT_CHAT_BELL_H
#define MOD_CHAT_CHAT_BELL_H
#include "store/chat_db.h"
#include "store/chat_event.h"
#include "store/chat_typed.h"

#define CHAT_BELL_PRUNE_S 15

/** Who hears of commits. None of these waits. */
typedef struct chat_bell_listener_t {
    /** There are events. */
    void (*hear)(chat_db_t *db);
    /** There is this one. `p` is for working with it. */
    void (*hear_firsthand)(chat_db_t *db, const chat_firsthand_t *said, apr_pool_t *p);
    void (*hear_typed)(chat_db_t *db, const chat_typed_t *typed);
    /** Somebody asks who types: there should be a feed, which hears it of other hosts. */
    void (*attend)(chat_db_t *db);
    /** Somebody wants to be kept informed of this database from now on. */
    void (*watch)(chat_db_t *db);
    /** Whether it is of use to say what an event is. */
    int (*is_curious)(chat_db_t *db);
} chat_bell_listener_t;

/** In child_init: who is to be told. */
void chat_bell_listen(const chat_bell_listener_t *listener);

/** Ask for a feed that listens even if nobody here has a WebSocket (chat_changes.h). */
void chat_bell_watch(chat_db_t *db);

/** Ask for a feed that hears who types, whether or not anybody here has a WebSocket. */
void chat_bell_attend(chat_db_t *db);

/** Whether somebody here would tell a first-hand event at once. */
int chat_bell_is_curious(chat_db_t *db);

void chat_bell_ring(chat_db_t *db);
void chat_bell_ring_firsthand(chat_db_t *db, const chat_firsthand_t *said, apr_pool_t *p);
void chat_bell_ring_typed(chat_db_t *db, const chat_typed_t *typed);
#endif
