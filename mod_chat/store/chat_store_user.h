/**
 * @file chat_store_user.h
 * The asking user, who comes with every statement.
 *
 * Every statement of the API joins the user by their external_id and gives their row in its first
 * columns, so that knowing them costs no round trip. Only one never seen before, or a name or
 * profile that differs from the row, makes a second statement.
 */
#ifndef MOD_CHAT_CHAT_STORE_USER_H
#define MOD_CHAT_CHAT_STORE_USER_H
#include "core/chat_ctx.h"
#include "store/chat_db.h"

/**
 * Run a statement for the asking user, whose external_id must be its first parameter, and stop at
 * its first row with `ctx->user` filled. APR_EACCES: the user is not active, or not
 * `ctx->still_id`. CHAT_DB_* as there.
 */
apr_status_t chat_store_user_ask(chat_rows_t **prows, chat_ctx_t *ctx, chat_sql_t statement,
                                 const char *const *args, int count);

/** In post_config: what to call after a user's write has been committed (the response cache). */
void chat_store_user_on_write(void (*hook)(chat_ctx_t *ctx));

/** The user's statement wrote something, an event among it: tell whoever listens, or keeps answers.
 */
void chat_store_user_wrote(chat_ctx_t *ctx);

/** The user's statement found done what it was to do, by an earlier one whose end nobody saw
 * perhaps. */
void chat_store_user_found_done(chat_ctx_t *ctx);

/** Know the asking user: nothing but filling `ctx->user`. Results as above. */
apr_status_t chat_store_user_get(chat_ctx_t *ctx);
#endif
