/**
 * @file chat_conversation.h
 * The rules of conversations: list, open and read them, block a member.
 *
 * The functions return a problem if the database refused or failed, and NULL otherwise. For what
 * the caller may not see the problem is 404, never 403.
 * Ownership: rows and their text live in the pool of the ctx. Threads: one at a time per ctx.
 */
#ifndef MOD_CHAT_CHAT_CONVERSATION_H
#define MOD_CHAT_CHAT_CONVERSATION_H
#include "core/chat_list.h"
#include "core/chat_problem.h"
#include "store/chat_store_conversation.h"

#define CHAT_CONVERSATIONS_DEFAULT 100
#define CHAT_CONVERSATIONS_MAX 200

/** A page of conversations, which are read one after the other. */
typedef struct chat_conversation_list_t {
    chat_rows_t *rows;
    chat_counts_t counts; /**< over all conversations of the user */
    chat_list_t page;
    chat_conversation_t last;    /**< the last one that was read */
    const char *snapshot;        /**< that the list was read in */
    apr_uint64_t written_before; /**< no conversation that was read was written by this transaction
                                      or a later one; 0: none was read */
} chat_conversation_list_t;

chat_problem_t *chat_conversation_list(chat_conversation_list_t *list, chat_ctx_t *ctx,
                                       const chat_conversation_filter_t *filter);

/** The next conversation of the page, or NULL after the last. */
const chat_conversation_t *chat_conversation_next(chat_conversation_list_t *list);

/** What has become of the user's conversations since an earlier list. */
typedef struct chat_conversation_changes_t {
    int has_changed;      /**< a list since then would have conversations */
    chat_counts_t counts; /**< as they are now, over all conversations of the user */
} chat_conversation_changes_t;

/** `since`: argument of chat.since(); `role`: as in the filter of that list. */
chat_problem_t *chat_conversation_find_changes(chat_conversation_changes_t *changes,
                                               chat_ctx_t *ctx, const char *since,
                                               const char *role);

chat_problem_t *chat_conversation_get(chat_conversation_t *conversation, chat_ctx_t *ctx,
                                      apr_int64_t id);

/** `pis_new`: whether it was created, or existed. */
chat_problem_t *chat_conversation_open(chat_conversation_t *conversation, int *pis_new,
                                       chat_ctx_t *ctx, apr_int64_t church_id);

/** `role`: what the user is in the conversations that count, "member" or "staff"; NULL: either. */
chat_problem_t *chat_conversation_unread(chat_counts_t *counts, chat_ctx_t *ctx, const char *role);

/** For staff only: stop the member from writing, or let them again. */
chat_problem_t *chat_conversation_block(chat_ctx_t *ctx, apr_int64_t id, int is_blocked);
#endif
