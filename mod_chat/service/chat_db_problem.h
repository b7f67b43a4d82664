/**
 * @file chat_db_problem.h
 * A failed statement, as a problem: what the asker may know of it, and what the log must.
 */
#ifndef MOD_CHAT_CHAT_DB_PROBLEM_H
#define MOD_CHAT_CHAT_DB_PROBLEM_H
#include "core/chat_ctx.h"
#include "core/chat_problem.h"

/** NULL for APR_SUCCESS; 404, 403, 500 or 503 by what `rv` of store/ means. */
chat_problem_t *chat_db_problem(const chat_ctx_t *ctx, apr_status_t rv);
#endif
