/**
 * @file chat_event.h
 * An event: what happened, with all that is published of it, and its recipients.
 *
 * It is not for one user: the publisher chooses the side of each recipient.
 */
#ifndef MOD_CHAT_CHAT_EVENT_H
#define MOD_CHAT_CHAT_EVENT_H
#include "store/chat_store_conversation.h"
#include "store/chat_store_message.h"

/** The kinds, as numbered in chat.events. */
typedef enum {
    CHAT_EVENT_MESSAGE = 1,
    CHAT_EVENT_READ = 2,
    CHAT_EVENT_OPENED = 3,
    CHAT_EVENT_BLOCKED = 4,
    CHAT_EVENT_DEACTIVATED = 5,
    CHAT_EVENT_PEOPLE = 6, /**< names, pictures or staff have changed, which any user may see */
    CHAT_EVENT_NAMED = 8,  /**< the name or picture of the member or the church has changed */
    CHAT_EVENT_MARKED = 7  /**< user_id marked the conversation's notification as read, or all */
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
    int has_conversation;             /**< 0: none, or deleted */
    int has_message;                  /**< 0: none, or deleted */
    chat_conversation_t conversation; /**< without is_church_owner and unread_count */
    apr_int64_t member_unread;
    apr_int64_t church_unread;
    chat_message_t message; /**< with the fields that only staff may see */
    chat_recipients_t recipients;
} chat_event_t;
#endif
