/**
 * @file chat_search.h
 * The rules of searches in messages: what may be asked, and the pages that are answered.
 */
#ifndef MOD_CHAT_CHAT_SEARCH_H
#define MOD_CHAT_CHAT_SEARCH_H
#include "core/chat_list.h"
#include "core/chat_problem.h"
#include "core/chat_terms.h"
#include "store/chat_store_search.h"

#define CHAT_SEARCH_DEFAULT 20
#define CHAT_SEARCH_MAX 50

/** What somebody types: 400 `search_query` if it is empty or too long, or has too many words; 404
 * with ChatSearch off. */
chat_problem_t *chat_search_read(chat_terms_t *terms, const char *text, const chat_ctx_t *ctx);

/** The snippet of a message that was found. */
const char *chat_search_snippet(const chat_terms_t *terms, const chat_message_t *message,
                                apr_pool_t *p);

/** A page of results, which are read one after the other. */
typedef struct chat_search_t {
    chat_search_page_t found;
    chat_list_t page;
    chat_message_t message; /**< the last one that was read */
    chat_conversation_t conversation;
    apr_int64_t next_id; /**< before which the next page begins, if there is one (page.has_more) */
} chat_search_t;

chat_problem_t *chat_search(chat_search_t *search, chat_ctx_t *ctx,
                            const chat_search_filter_t *filter);

/** Read the next result. 0: there are no more on the page; more pages may follow one that is not
 * full, as a search looks at so many messages at once. */
int chat_search_next(chat_search_t *search);
#endif
