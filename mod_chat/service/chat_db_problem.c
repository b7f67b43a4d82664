#include "service/chat_db_problem.h"

#include "core/chat_log_repeat.h"
#include "guard/chat_refusal.h"

#define RETRY_BUSY_S 1
#define RETRY_AWAY_S 2
#define RETRY_SCHEMA_S 30

static chat_problem_t *unavailable(const chat_ctx_t *ctx, chat_log_repeat_t complaint,
                                   const char *code, const char *detail, int retry_after_s)
{
    chat_problem_t *problem = chat_problem_cause(ctx->pool, CHAT_HTTP_SERVICE_UNAVAILABLE, code,
                                                 detail, APR_SUCCESS, chat_db_cause(ctx->db));

    problem->retry_after_s = retry_after_s;
    chat_log_repeat_limit(problem, complaint, ctx->pool);
    return problem;
}

chat_problem_t *chat_db_problem_storage_full(const chat_ctx_t *ctx, apr_status_t rv,
                                             const char *cause)
{
    chat_problem_t *problem = chat_problem_cause(
        ctx->pool, CHAT_HTTP_INSUFFICIENT_STORAGE, "storage_full",
        "There is no room for files just now. Your message was not sent.", rv, cause);

    chat_log_repeat_limit(problem, CHAT_LOG_REPEAT_STORAGE, ctx->pool);
    return problem;
}

chat_problem_t *chat_db_problem_of_outcome(const chat_ctx_t *ctx, apr_status_t rv,
                                           const chat_outcome_t *said)
{
    return rv == APR_SUCCESS ? chat_refusal_of_outcome(said->outcome, ctx->pool)
                             : chat_db_problem(ctx, rv);
}

chat_problem_t *chat_db_problem_of_file(const chat_ctx_t *ctx, apr_status_t rv)
{
    return rv == CHAT_DB_FULL
               ? chat_db_problem_storage_full(ctx, APR_SUCCESS, chat_db_cause(ctx->db))
               : chat_db_problem(ctx, rv);
}

chat_problem_t *chat_db_problem(const chat_ctx_t *ctx, apr_status_t rv)
{
    chat_problem_t *problem;
    int is_defect;

    switch (rv) {
    case APR_SUCCESS:
        return NULL;
    case APR_ENOENT:
        return chat_refusal_of_outcome(CHAT_REFUSAL_NOT_FOUND, ctx->pool);
    case APR_EACCES:
        return chat_refusal_of_outcome(CHAT_REFUSAL_USER_INACTIVE, ctx->pool);
    case CHAT_DB_BUSY:
    case CHAT_DB_FULL: /* for a file, chat_db_problem_of_file() knows better */
        return unavailable(ctx, CHAT_LOG_REPEAT_BUSY, "busy",
                           "The chat is busy. Try again in a moment.", RETRY_BUSY_S);
    case CHAT_DB_AWAY:
        return unavailable(ctx, CHAT_LOG_REPEAT_AWAY, "unavailable",
                           "The chat is not available just now. Try again in a moment.",
                           RETRY_AWAY_S);
    case CHAT_DB_SCHEMA:
        return unavailable(ctx, CHAT_LOG_REPEAT_SCHEMA, "maintenance",
                           "The chat is being updated. Try again in a little while.",
                           RETRY_SCHEMA_S);
    default:
        is_defect = rv == CHAT_DB_REFUSED || rv == CHAT_DB_UNFIT;
        problem = chat_problem_of_status(ctx->pool, CHAT_HTTP_INTERNAL_SERVER_ERROR);
        problem->status = is_defect ? APR_SUCCESS : rv;
        problem->cause = is_defect ? chat_db_cause(ctx->db) : "a store failed";
        return problem;
    }
}
