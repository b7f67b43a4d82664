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
    CHAT_EVENT_PEOPLE = 6, /**< names, pictures or who is staff: anybody may see it */
    CHAT_EVENT_NAMED = 8,  /**< the name or picture of its member or church is another one */
    CHAT_EVENT_MARKED = 7  /**< user_id marked the conversation's notification as read, or all */
} chat_event_kind_t;

/** Who may see a conversation now. */
typedef struct chat_recipients_t {
    apr_int64_t member_id;
    const char *staff_ids; /**< "3,7", the member perhaps among them; NULL: nobody */
} chat_recipients_t;

typedef struct chat_event_t {
    apr_int64_t id;
    int kind;
    apr_uint64_t xid;    /**< the transaction that wrote it */
    apr_int64_t user_id; /**< who did it, or whom it concerns */
    apr_interval_time_t age;
    int has_conversation;             /**< 0: none, or it is gone */
    int has_message;                  /**< 0: none, or it is gone */
    chat_conversation_t conversation; /**< without a side: no is_church_owner, no unread_count */
    apr_int64_t member_unread;
    apr_int64_t church_unread;
    chat_message_t message; /**< as staff may see it */
    chat_recipients_t recipients;
} chat_event_t;
#endif
