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
#endif
