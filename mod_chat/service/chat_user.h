/**
 * @file chat_user.h
 * Who the asking user is, where nothing else is asked.
 */
#ifndef MOD_CHAT_CHAT_USER_H
#define MOD_CHAT_CHAT_USER_H
#include "core/chat_ctx.h"
#include "core/chat_problem.h"

/** Fill `ctx->user`; a user who was never seen gets their row. 403 for one who is not active. */
chat_problem_t *chat_user_enter(chat_ctx_t *ctx);
#endif
