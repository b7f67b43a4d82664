/**
 * @file chat_db_problem.h
 * The problem of a failed statement: what the client may know of it, and what the log needs.
 */
#ifndef MOD_CHAT_CHAT_DB_PROBLEM_H
#define MOD_CHAT_CHAT_DB_PROBLEM_H
#include "core/chat_problem.h"
#include "store/chat_store_user.h"

/** NULL for APR_SUCCESS; otherwise 404, 403, 500 or 503, depending on the status from store/. */
chat_problem_t *chat_db_problem(const chat_ctx_t *ctx, apr_status_t rv);

/** The same for a statement that writes: where it succeeded, the problem of its outcome, if that is
 * a refusal. */
chat_problem_t *chat_db_problem_of_outcome(const chat_ctx_t *ctx, apr_status_t rv,
                                           const chat_outcome_t *said);

/** 507 `storage_full`, for a message with a file: nothing of it was kept. `cause` is for the log.
 */
chat_problem_t *chat_db_problem_storage_full(const chat_ctx_t *ctx, apr_status_t rv,
                                             const char *cause);

/** chat_db_problem() for a statement that stores a file: a full disk is `storage_full`. */
chat_problem_t *chat_db_problem_of_file(const chat_ctx_t *ctx, apr_status_t rv);
#endif
