/**
 * @file chat_store_event.h
 * Events as rows, for a feed: what was committed since its last look, with all that a frame needs
 * and the ids of those who may hear of it.
 *
 * Not the asking user's view: whoever tells an event picks the side of each listener.
 * Ownership: rows and their text live in the pool given. Threads: the feed's.
 */
#ifndef MOD_CHAT_CHAT_STORE_EVENT_H
#define MOD_CHAT_CHAT_STORE_EVENT_H
#include "db/chat_listener.h"
#include "store/chat_event.h"
#include "store/chat_store_typing.h"

/** Somebody who types, as their own side may see them. */
typedef struct chat_named_typer_t {
    int place; /**< among the marks that were given */
    apr_int64_t conversation_id;
    int is_typing;
    int is_member;
    chat_typer_t typer;
    const char *church_name; /**< what the member sees instead, when staff type */
    const char *church_logo_url;
    chat_recipients_t recipients;
} chat_named_typer_t;

/** Where the present ends, and in which epoch of the database: chat_store_event_read() goes on from
 * there. */
apr_status_t chat_store_event_snapshot(const char **psnapshot, const char **pepoch,
                                       chat_listener_t *listener, apr_pool_t *p);

/** What was committed since `*psnapshot`, at most `limit`; `*psnapshot` then is the new one. Worth
 * nothing when the epoch is another one than that of the snapshot. */
apr_status_t chat_store_event_read(chat_rows_t **prows, const char **psnapshot, const char **pepoch,
                                   chat_listener_t *listener, int limit, apr_pool_t *p);
int chat_store_event_next(chat_event_t *event, chat_rows_t *rows);

/** Say something to all listeners of a channel. */
apr_status_t chat_store_event_notify(chat_listener_t *listener, const char *channel,
                                     const char *payload, apr_pool_t *p);

/** Names and audiences of typists, in the order given; a conversation that is gone is left out. Who
 *  may not type any more does not. */
apr_status_t chat_store_event_typers(chat_rows_t **prows, chat_listener_t *listener,
                                     const chat_typing_change_t *typed, int count, apr_pool_t *p);
int chat_store_event_next_typer(chat_named_typer_t *typer, chat_rows_t *rows);
#endif
