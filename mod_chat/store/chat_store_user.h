/**
 * @file chat_store_user.h
 * Statements for a user, and the user's row.
 *
 * Every statement for a user finds the user's row by external_id and returns it with its own first
 * row, so that no separate statement is needed. Only a new user, or a name or profile that differs
 * from the row, takes a second statement. What the module does on its own, such as deleting old
 * events, is run with chat_db_select().
 */
#ifndef MOD_CHAT_CHAT_STORE_USER_H
#define MOD_CHAT_CHAT_STORE_USER_H
#include "core/chat_ctx.h"
#include "db/chat_db.h"

/** Of chat_ctx_t, the first record of each query for a user: the user; with the snapshot and the
 * epoch in those that only read. */
extern const chat_record_t chat_store_user_record;
extern const chat_record_t chat_store_user_read_record;

/** The result of a statement that writes. */
typedef struct chat_outcome_t {
    const char *outcome;
    apr_int64_t marked; /**< how many messages or notifications were marked as read */
} chat_outcome_t;

extern const chat_record_t chat_store_user_outcome_record; /**< `outcome` alone */
extern const chat_record_t chat_store_user_marked_record;  /**< both */

/**
 * Run a statement for the user, whose external_id must be its first parameter, and make its first
 * row the current one, from which the ctx is filled. APR_EACCES: the user is not active, or is not
 * `ctx->still_id`. CHAT_DB_* otherwise.
 */
apr_status_t chat_store_user_select(chat_rows_t **prows, chat_ctx_t *ctx, const chat_query_t *query,
                                    const char *const *args, int count);

/** The same with any parameters; the rows, and the text in the ctx, live in `p`. */
apr_status_t chat_store_user_select_in(chat_rows_t **prows, chat_ctx_t *ctx,
                                       const chat_query_t *query, const chat_args_t *args,
                                       apr_pool_t *p);

/** In post_config: a function to call after a write of a user was committed (the response cache).
 */
void chat_store_user_on_write(void (*hook)(chat_ctx_t *ctx));

/** The same for a statement that writes, whose second record is an outcome: notify the response
 * cache, and the feed if something was changed. */
apr_status_t chat_store_user_write(chat_outcome_t *said, chat_rows_t **prows, chat_ctx_t *ctx,
                                   const chat_query_t *query, const char *const *args, int count);

/** Whether the statement has changed something that others see. */
int chat_store_user_has_changed(const chat_outcome_t *said);

/** What chat_store_user_write() does after its statement, but that the feed is notified: for a user
 * whose row, in a statement for several, has filled the ctx and `said`. */
apr_status_t chat_store_user_written(chat_ctx_t *ctx);

/** Fill `ctx->user` alone. Results as above. */
apr_status_t chat_store_user_get(chat_ctx_t *ctx);
#endif
