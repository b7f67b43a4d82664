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
#include "db/chat_db.h"

/** Of chat_user_t: the asking user, the first record of each query that has one. */
extern const chat_record_t chat_store_user_record;

/** Of chat_ctx_t: the moment that the answer was read at, in the first row. */
extern const chat_record_t chat_store_user_moment_record;

/** What a statement that writes tells of it. */
typedef struct chat_outcome_t {
    const char *outcome;
    apr_int64_t marked; /**< where something is marked as read: how many were */
} chat_outcome_t;

extern const chat_record_t chat_store_user_outcome_record; /**< `outcome` alone */
extern const chat_record_t chat_store_user_marked_record;  /**< both */

/**
 * Run a statement for the asking user, whose external_id must be its first parameter, and stop at
 * its first row with `ctx->user` filled. APR_EACCES: the user is not active, or not
 * `ctx->still_id`. CHAT_DB_* as there.
 */
apr_status_t chat_store_user_select(chat_rows_t **prows, chat_ctx_t *ctx, const chat_query_t *query,
                                    const char *const *args, int count);

/** In post_config: what to call after a user's write has been committed (the response cache). */
void chat_store_user_on_write(void (*hook)(chat_ctx_t *ctx));

/** The user's statement wrote something, an event among it: tell whoever listens, or keeps answers.
 */
void chat_store_user_committed(chat_ctx_t *ctx);

/** The user's statement found done what it was to do, by an earlier one whose end nobody saw
 * perhaps. */
void chat_store_user_already_done(chat_ctx_t *ctx);

/** Know the asking user: nothing but filling `ctx->user`. Results as above. */
apr_status_t chat_store_user_get(chat_ctx_t *ctx);
#endif
