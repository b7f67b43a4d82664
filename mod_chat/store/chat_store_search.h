/**
 * @file chat_store_search.h
 * The rows of messages that a search has found.
 *
 * For `ctx->user`, as in chat_store_conversation.h: only messages that the user may see.
 */
#ifndef MOD_CHAT_CHAT_STORE_SEARCH_H
#define MOD_CHAT_CHAT_STORE_SEARCH_H
#include "store/chat_store_message.h"

/** Which messages; a field that is 0 or NULL does not restrict the search. */
typedef struct chat_search_filter_t {
    const char *terms; /**< chat_terms_sql(); NULL: nothing is found */
    int limit;
    apr_int64_t before_id; /**< where the page begins */
    apr_int64_t church_id;
    apr_int64_t conversation_id;
    const char *from;        /**< "me" or "them" */
    apr_time_t since, until; /**< when it was sent: the first included, the second not */
} chat_search_filter_t;

/** A page of them in descending order. */
typedef struct chat_search_page_t {
    chat_rows_t *rows;
    int is_up_to_date;       /**< nothing that was sent some seconds ago is missing in the index */
    apr_int64_t searched_to; /**< older messages than this one were not looked for; 0: all were */
} chat_search_page_t;

/** At most filter->limit + 1 rows: the last one shows that there are more. */
apr_status_t chat_store_search(chat_search_page_t *page, chat_ctx_t *ctx,
                               const chat_search_filter_t *filter);

/** The next message and its conversation; 0 after the last. */
int chat_store_search_next(chat_message_t *message, chat_conversation_t *conversation,
                           chat_search_page_t *page);

/** The two sides of a conversation. */
chat_sides_t chat_store_search_sides(const chat_conversation_t *conversation);
#endif
