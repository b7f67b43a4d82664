/**
 * @file chat_user.h
 * The caller's row, where no other statement reads it.
 */
#ifndef MOD_CHAT_CHAT_USER_H
#define MOD_CHAT_CHAT_USER_H
#include "core/chat_ctx.h"
#include "core/chat_problem.h"
#include "db/chat_db.h"

/** Begin an exchange: fill a ctx with all but the profile of its user. */
void chat_user_begin(chat_ctx_t *ctx, const chat_config_t *config, chat_db_t *db, apr_pool_t *p);

/** Fill `ctx->user`, and create the row of a new user. 403 for a user who is not active. */
chat_problem_t *chat_user_enter(chat_ctx_t *ctx);
#endif
