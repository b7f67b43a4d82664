/**
 * @file chat_store_event.h
 * The rows of events, for a feed: what was committed since its last poll, with all that is
 * published of it and the ids of the recipients.
 *
 * They are not for one user: the publisher chooses the side of each recipient.
 * Ownership: rows and their text live in the pool given. Threads: the feed's.
 */
#ifndef MOD_CHAT_CHAT_STORE_EVENT_H
#define MOD_CHAT_CHAT_STORE_EVENT_H
#include "db/chat_listener.h"
#include "store/chat_store_conversation.h"
#include "store/chat_store_message.h"
#include "store/chat_store_typing.h"

/** The kinds, as numbered in chat.events. */
typedef enum {
    CHAT_EVENT_MESSAGE = 1,
    CHAT_EVENT_READ = 2,
    CHAT_EVENT_OPENED = 3,
    CHAT_EVENT_BLOCKED = 4,
    CHAT_EVENT_DEACTIVATED = 5,
    CHAT_EVENT_ROLE = 9,   /**< user_id has become staff of a church, or is not any more */
    CHAT_EVENT_PEOPLE = 6, /**< names, pictures or staff have changed, which any user may see */
    CHAT_EVENT_NAMED = 8,  /**< the name or picture of the member or the church has changed */
    CHAT_EVENT_MARKED = 7, /**< user_id marked the conversation's notification as read, or all */
    CHAT_EVENT_MESSAGE_DELETED = 10,      /**< `ids` of the conversation, or (NULL) many of it */
    CHAT_EVENT_CONVERSATION_DELETED = 11, /**< user_id was its member */
    CHAT_EVENT_MESSAGE_CHANGED = 12       /**< its file or its flag was taken away */
} chat_event_kind_t;

/** Who may see a conversation now. */
typedef struct chat_recipients_t {
    apr_int64_t member_id;
    const char *staff_ids; /**< "3,7", may contain the member; NULL: none */
} chat_recipients_t;

typedef struct chat_event_t {
    apr_int64_t id;
    int kind;
    apr_uint64_t xid;    /**< of the transaction that inserted it */
    apr_int64_t user_id; /**< who caused it, or whom it is about */
    apr_interval_time_t age;
    apr_int64_t conversation_id; /**< also of one that does not exist any more; 0: none */
    const char *ids;             /**< of the messages that were deleted, "3,7"; NULL: not said */
    int has_conversation;        /**< 0: none, or deleted */
    int has_message;             /**< 0: none, or deleted */
    chat_conversation_t conversation; /**< without is_church_owner and unread_count */
    apr_int64_t member_unread;
    apr_int64_t church_unread;
    chat_message_t message; /**< with the fields that only staff may see */
    chat_recipients_t recipients;
} chat_event_t;

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

/** The first of `*pids`, "3,7" as staff_ids, which then begins with the next one; 0: there is none.
 */
apr_int64_t chat_store_event_next_id(const char **pids);

/** NOTIFY a channel. */
apr_status_t chat_store_event_notify(chat_listener_t *listener, const char *channel,
                                     const char *payload, apr_pool_t *p);

/** Names and recipients of typing changes, in the order given, without those of conversations that
 * do not exist. Of a user who may not type any more `is_typing` is 0. */
apr_status_t chat_store_event_typers(chat_rows_t **prows, chat_listener_t *listener,
                                     const chat_typing_change_t *typed, int count, apr_pool_t *p);
int chat_store_event_next_typer(chat_named_typer_t *typer, chat_rows_t *rows);
#endif
