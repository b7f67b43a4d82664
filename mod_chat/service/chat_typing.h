/**
 * @file chat_typing.h
 * Who is typing: said by one side, asked by the other, forgotten after CHAT_TYPING_S seconds.
 */
#ifndef MOD_CHAT_CHAT_TYPING_H
#define MOD_CHAT_CHAT_TYPING_H
#include "core/chat_problem.h"
#include "store/chat_store_typing.h"

/** Say that the asking user types, or stopped. A blocked member may not (403). */
chat_problem_t *chat_typing_say(chat_ctx_t *ctx, apr_int64_t conversation_id,
                                apr_int64_t source /* chat_typing_change.h */, int is_typing);

/** Who else types: read them with chat_store_typing_next(). */
chat_problem_t *chat_typing_list(chat_rows_t **prows, chat_ctx_t *ctx, apr_int64_t conversation_id);
#endif
