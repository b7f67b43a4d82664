/**
 * @file chat_store_conversation.h
 * The rows of conversations: lists, opening, blocking.
 *
 * Every function is for the user of `ctx` and returns only what that user may see. APR_ENOENT: no
 * such conversation, or not theirs: one answer for both. APR_EACCES: the user is not active.
 * Ownership: rows and their text live in ctx->pool.
 */
#ifndef MOD_CHAT_CHAT_STORE_CONVERSATION_H
#define MOD_CHAT_CHAT_STORE_CONVERSATION_H
#include "store/chat_counts.h"
#include "store/chat_store_user.h"

typedef struct chat_conversation_t {
    apr_int64_t id;
    apr_int64_t church_id;
    const char *church_name;
    const char *church_logo_url; /**< NULL: none */
    int is_church_owner;         /**< the user is on the church's side */
    apr_int64_t member_id;
    const char *member_name;
    const char *member_avatar_url; /**< NULL: none */
    apr_int64_t last_message_id;   /**< 0: none yet */
    const char *last_message_text; /**< NULL: none yet */
    apr_time_t last_message_at;    /**< 0: none yet */
    apr_int64_t unread_count;      /**< for the user's side */
    apr_time_t created_at;
    apr_time_t updated_at;
    int member_is_blocked;
    int last_from_church;        /**< the last message was written by staff */
    apr_int64_t version;         /**< grows with each message, read and block */
    apr_int64_t last_staff_id;   /**< who wrote it; 0: the member did, or it is not for staff */
    const char *last_staff_name; /**< likewise, NULL */
    apr_uint32_t written_by;     /**< in lists: xmin of the row (32 bits) */
} chat_conversation_t;

/** Which conversations to list; a field that is 0 or NULL does not restrict the list. */
typedef struct chat_conversation_filter_t {
    int limit;
    apr_time_t before_updated_at; /**< where the page begins, with before_id */
    apr_int64_t before_id;
    apr_int64_t church_id;
    const char *since; /**< argument of chat.since() */
    const char *role;  /**< what the user is in them: "member" or "staff" */
    const char *name;  /**< part of the name that the user sees */
    int unread_only;
} chat_conversation_filter_t;

/**
 * The newest first, at most filter->limit + 1 rows: the last one shows that there are more. Read
 * them with chat_store_conversation_next(). `counts`: over all of the user's, whatever the filter;
 * `psnapshot`: that the list was read in.
 */
apr_status_t chat_store_conversation_list(chat_rows_t **prows, chat_counts_t *counts,
                                          const char **psnapshot, chat_ctx_t *ctx,
                                          const chat_conversation_filter_t *filter);
int chat_store_conversation_next(chat_conversation_t *conversation, chat_rows_t *rows);

/** Columns of chat_conversation_t: those that are the same for both sides; and all, with
 * `is_church_owner` and `unread_count`. `id` 0: there is none in this row. */
extern const chat_record_t chat_store_conversation_record;
extern const chat_record_t chat_store_conversation_view_record;

apr_status_t chat_store_conversation_get(chat_conversation_t *conversation, chat_ctx_t *ctx,
                                         apr_int64_t id);

/** Over all conversations of the user. */
apr_status_t chat_store_conversation_unread(chat_counts_t *counts, chat_ctx_t *ctx,
                                            const char *role);

/** Outcome: created, found, no_church, own_church, blocked, user_inactive. */
apr_status_t chat_store_conversation_open(chat_outcome_t *said, chat_conversation_t *conversation,
                                          chat_ctx_t *ctx, apr_int64_t church_id);

/** Outcome: done, not_found, not_staff, user_inactive. */
apr_status_t chat_store_conversation_block(chat_outcome_t *said, chat_ctx_t *ctx, apr_int64_t id,
                                           int is_blocked);
#endif
