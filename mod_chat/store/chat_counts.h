/**
 * @file chat_counts.h
 * What a user has not read, how much of it as a member, and the version of these numbers.
 *
 * Numbers and version are of one snapshot. Of two with different versions the higher one is the
 * newer; those with the same version are the same (chat.user_counts). That holds within one epoch
 * of the database.
 */
#ifndef MOD_CHAT_CHAT_COUNTS_H
#define MOD_CHAT_CHAT_COUNTS_H
#include "db/chat_rows.h"

typedef struct chat_counts_t {
    apr_int64_t unread_messages;
    apr_int64_t unread_conversations;
    apr_int64_t member_messages; /**< unread ones in conversations in which the user is a member */
    apr_int64_t member_conversations;
    apr_int64_t version;
} chat_counts_t;

/** All of it: unread_messages, unread_conversations, member_messages, member_conversations,
 * counts_version. */
extern const chat_record_t chat_counts_record;
#endif
