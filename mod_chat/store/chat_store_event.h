/**
 * @file chat_store_event.h
 * The rows of events, for a feed: what was committed since its last poll, with all that a frame
 * needs and the ids of the recipients.
 *
 * They are not for one user: the publisher chooses the side of each recipient.
 * Ownership: rows and their text live in the pool given. Threads: the feed's.
 */
#ifndef MOD_CHAT_CHAT_STORE_EVENT_H
#define MOD_CHAT_CHAT_STORE_EVENT_H
#include "db/chat_listener.h"
#include "store/chat_event.h"
#include "store/chat_store_typing.h"

/** A user who is typing, as the user's own side may see it. */
typedef struct chat_named_typer_t {
    int place; /**< in the array that was given, from 0 */
    apr_int64_t conversation_id;
    int is_typing;
    int is_member;
    chat_typer_t typer;
    const char *church_name; /**< what the member sees instead of staff */
    const char *church_logo_url;
    chat_recipients_t recipients;
} chat_named_typer_t;

/** The current snapshot, from which chat_store_event_read() goes on, and the epoch of the database.
 */
apr_status_t chat_store_event_snapshot(const char **psnapshot, const char **pepoch,
                                       chat_listener_t *listener, apr_pool_t *p);

/** What was committed since `*psnapshot`, at most `limit` events; `*psnapshot` becomes the new one.
 * Not valid if the epoch differs from that of the old snapshot. */
apr_status_t chat_store_event_read(chat_rows_t **prows, const char **psnapshot, const char **pepoch,
                                   chat_listener_t *listener, int limit, apr_pool_t *p);
int chat_store_event_next(chat_event_t *event, chat_rows_t *rows);

/** NOTIFY a channel. */
apr_status_t chat_store_event_notify(chat_listener_t *listener, const char *channel,
                                     const char *payload, apr_pool_t *p);

/** Names and recipients of typing changes, in the order given, without those of conversations that
 * do not exist. Of a user who may not type any more `is_typing` is 0. */
apr_status_t chat_store_event_typers(chat_rows_t **prows, chat_listener_t *listener,
                                     const chat_typing_change_t *typed, int count, apr_pool_t *p);
int chat_store_event_next_typer(chat_named_typer_t *typer, chat_rows_t *rows);
#endif
