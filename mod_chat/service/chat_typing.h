/**
 * @file chat_typing.h
 * Typing status: set by one side, queried by the other; it ends after CHAT_TYPING_S seconds.
 */
#ifndef MOD_CHAT_CHAT_TYPING_H
#define MOD_CHAT_CHAT_TYPING_H
#include "core/chat_problem.h"
#include "store/chat_store_typing.h"

/** The caller started or stopped typing. 403 for a blocked member. */
chat_problem_t *chat_typing_say(chat_ctx_t *ctx, apr_int64_t conversation_id,
                                apr_int64_t source /* chat_typing_change.h */, int is_typing);

/** The other users who type: read them with chat_store_typing_next(). */
chat_problem_t *chat_typing_list(chat_rows_t **prows, chat_ctx_t *ctx, apr_int64_t conversation_id);
#endif
