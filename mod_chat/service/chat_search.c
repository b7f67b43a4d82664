#include "service/chat_search.h"

#include <string.h>

#include "core/chat_snippet.h"
#include "service/chat_db_problem.h"

#define CODE "search_query"

chat_problem_t *chat_search_read(chat_terms_t *terms, const char *text, const chat_ctx_t *ctx)
{
    apr_pool_t *p = ctx->pool;
    apr_size_t chars = 0;
    const char *at;

    if (!chat_config_has_search(ctx->config))
        return chat_problem(p, CHAT_HTTP_NOT_FOUND, "not_found",
                            "Messages cannot be searched on this server.");
    for (at = text; at && *at; at++)
        chars += (*at & 0xc0) != 0x80; /* each character has one byte that does not continue it */
    if (chars == 0)
        return chat_problem(p, CHAT_HTTP_BAD_REQUEST, CODE, "q must not be empty.");
    if (chars > CHAT_TERMS_CHARS_MAX)
        return chat_problem(
            p, CHAT_HTTP_BAD_REQUEST, CODE,
            "q must have at most " APR_STRINGIFY(CHAT_TERMS_CHARS_MAX) " characters.");
    chat_terms_read(terms, text, p);
    if (terms->too_many)
        return chat_problem(p, CHAT_HTTP_BAD_REQUEST, CODE,
                            "q must have at most " APR_STRINGIFY(CHAT_TERMS_WORDS_MAX) " words.");
    return NULL;
}

const char *chat_search_snippet(const chat_terms_t *terms, const chat_message_t *message,
                                apr_pool_t *p)
{
    return chat_snippet(terms, message->content,
                        message->attachment ? message->attachment->name : NULL, p);
}

chat_problem_t *chat_search(chat_search_t *search, chat_ctx_t *ctx,
                            const chat_search_filter_t *filter)
{
    memset(search, 0, sizeof *search);
    search->page.limit = filter->limit;
    return chat_db_problem(ctx, chat_store_search(&search->found, ctx, filter));
}

int chat_search_next(chat_search_t *search)
{
    chat_conversation_t conversation;
    chat_message_t message;

    if (!chat_store_search_next(&message, &conversation, &search->found)) {
        if (search->found.searched_to) {
            search->page.has_more = 1;
            search->next_id = search->found.searched_to;
        }
        return 0;
    }
    if (!chat_list_take(&search->page))
        return 0;
    search->message = message;
    search->conversation = conversation;
    search->next_id = message.id;
    return 1;
}
