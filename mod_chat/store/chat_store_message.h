/**
 * @file chat_store_message.h
 * The rows of messages: pages, resumes, posting, marking as read.
 *
 * For `ctx->user`, as in chat_store_conversation.h. APR_ENOENT: no such conversation, or not
 * visible to the user. APR_EACCES: the user is not active.
 */
#ifndef MOD_CHAT_CHAT_STORE_MESSAGE_H
#define MOD_CHAT_CHAT_STORE_MESSAGE_H
#include "store/chat_store_attachment.h"
#include "store/chat_store_conversation.h"

/** The two sides of a conversation, for the names and pictures of its messages. */
typedef struct chat_sides_t {
    apr_int64_t conversation_id;
    int is_church_owner; /**< the user is on the church's side */
    const char *member_name;
    const char *member_avatar_url; /**< NULL: none */
    const char *church_name;
    const char *church_logo_url; /**< NULL: none */
} chat_sides_t;

typedef struct chat_message_t {
    apr_int64_t id;
    apr_int64_t seq;
    apr_int64_t sender_id;
    int from_church;
    const char *content;
    apr_time_t created_at;
    apr_time_t read_at;          /**< 0: not read by the other side */
    const char *client_id;       /**< NULL: none */
    const char *staff_name;      /**< who wrote it for the church; NULL unless the user is staff */
    int is_flagged;              /**< by a spam rule; 0 unless the user is staff */
    const char *attachment_text; /**< as chat.attachment_text() writes it; NULL: none */
    const chat_attachment_t *attachment; /**< NULL: none */
    const char *snippet; /**< where a search has found something, as HTML; NULL: nowhere */
} chat_message_t;

/** Columns of chat_message_t, but `attachment` and `snippet`. */
extern const chat_record_t chat_store_message_record;

/** What represents the message where there is room for a line: its content, or its file's name. */
static inline const char *chat_store_message_text(const chat_message_t *message)
{
    return *message->content || !message->attachment ? message->content : message->attachment->name;
}

/** Fill all its fields from the current row. The attachment lives in the pool of the rows. */
void chat_store_message_read(chat_message_t *message, const chat_rows_t *rows);

/** Which page: the newest messages before `before_id`, or the oldest after `after_id`. A search has
 * no `after_id`. */
typedef struct chat_message_range_t {
    apr_int64_t conversation_id;
    apr_int64_t before_id; /**< 0: no bound */
    int is_after;          /**< the page begins after after_id; 0: it ends before before_id */
    apr_int64_t after_id;  /**< 0: from the first message on */
    int limit;
    int is_search;     /**< only messages with certain words */
    const char *terms; /**< chat_terms_sql(); NULL: nothing is found */
} chat_message_range_t;

/** A file that is to become an attachment. */
typedef struct chat_draft_attachment_t {
    const char *file; /**< its name in ChatAttachmentDir, or in the database */
    int in_database;
    const char *name; /**< for people */
    const char *kind; /**< image, document or other */
    const char *content_type;
    apr_off_t bytes;
    const char *sha256; /**< in hexadecimal digits */
    int width;          /**< 0 unless the kind is image */
    int height;
    int is_scanned;          /**< and found clean */
    const char *quota_key;   /**< whose quota; NULL: the sender's */
    apr_int64_t quota_bytes; /**< 0: no quota */
    apr_int64_t quota_s;
} chat_draft_attachment_t;

/** A message to post; the text is cleaned. */
typedef struct chat_draft_t {
    apr_int64_t conversation_id;
    const char *content;
    const char *client_id; /**< NULL: none */
    const char *flag;      /**< the spam rule that matched: pattern, links, repeat; NULL: none */
    int is_checked;        /**< spam rules have been asked */
    const chat_draft_attachment_t *attachment; /**< NULL: none */
} chat_draft_t;

/** A page of messages in ascending order; of a search in descending order. */
typedef struct chat_message_page_t {
    chat_sides_t sides;
    int count;
    int has_more; /**< there is another page in this direction */
    chat_rows_t *rows;
    int is_reversed; /**< `rows` are in the opposite order */
} chat_message_page_t;

apr_status_t chat_store_message_page(chat_message_page_t *page, chat_ctx_t *ctx,
                                     const chat_message_range_t *range);

/** Message `index` of the page, from 0. */
void chat_store_message_at(chat_message_t *message, const chat_message_page_t *page, int index);

/** The messages that a client has missed in several conversations. */
typedef struct chat_resumed_t {
    int conversation_count; /**< those of the request, in its order */
    int message_count;
    int has_more; /**< the limit was reached */
    chat_rows_t *rows;
} chat_resumed_t;

/** The messages after these seqs of these conversations (SQL arrays, "{1,2}", of `count` ids and
 * seqs), at most `limit` together, in the order of the conversations and of seq. */
apr_status_t chat_store_message_resume(chat_resumed_t *resumed, chat_ctx_t *ctx, const char *ids,
                                       const char *seqs, int count, int limit);

/** Conversation `index` and its last seq. 0: it is not visible to the user. */
int chat_store_resumed_conversation(chat_conversation_t *conversation, apr_int64_t *plast_seq,
                                    const chat_resumed_t *resumed, int index);

/** Message `index`, and its conversation. With the fields that only
 * staff may see, which the caller removes for a member. */
void chat_store_resumed_message(chat_message_t *message, apr_int64_t *pconversation_id,
                                const chat_resumed_t *resumed, int index);

/** A message to store, and what becomes of it. */
typedef struct chat_sending_t {
    chat_ctx_t *ctx;
    const chat_draft_t *draft;
    chat_outcome_t said;
    chat_sides_t sides;
    chat_message_t message;
} chat_sending_t;

/** Store one, by one statement with those that others send at the same time, as ChatGroupPosting
 * has it. Outcome: posted, repeated, not_found, blocked, church_inactive,
 * user_inactive, quota, busy. */
apr_status_t chat_store_message_post(chat_sending_t *sending);

/** Mark messages of the other side as read, up to and including one (0: all), by one statement with
 * those that others read at the same time, as ChatGroupPosting has it. Outcome: read, not_found,
 * user_inactive. */
apr_status_t chat_store_message_mark_read(chat_outcome_t *said, chat_ctx_t *ctx,
                                          apr_int64_t conversation_id, apr_int64_t up_to);
#endif
