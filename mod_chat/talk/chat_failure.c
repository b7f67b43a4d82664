#include "talk/chat_failure.h"

#include "guard/chat_access.h"
#include "store/chat_db.h"

#define RETRY_BUSY_S 1
#define RETRY_AWAY_S 2
#define RETRY_SCHEMA_S 30

static chat_problem_t *unavailable(const chat_ctx_t *ctx, const char *code, const char *detail,
                                   int retry_after_s)
{
    chat_problem_t *problem =
        chat_problem_cause(ctx->pool, 503, code, detail, APR_SUCCESS, chat_db_cause(ctx->db));

    problem->retry_after_s = retry_after_s;
    return problem;
}

chat_problem_t *chat_failure(const chat_ctx_t *ctx, apr_status_t rv)
{
    switch (rv) {
    case APR_SUCCESS:
        return NULL;
    case APR_ENOENT:
        return chat_access_not_found(ctx->pool);
    case APR_EACCES:
        return chat_access_user_inactive(ctx->pool);
    case CHAT_DB_BUSY:
        return unavailable(ctx, "busy", "The chat is busy. Try again in a moment.", RETRY_BUSY_S);
    case CHAT_DB_AWAY:
        return unavailable(ctx, "unavailable",
                           "The chat is not available just now. Try again in a moment.",
                           RETRY_AWAY_S);
    case CHAT_DB_SCHEMA:
        return unavailable(ctx, "maintenance",
                           "The chat is being updated. Try again in a little while.",
                           RETRY_SCHEMA_S);
    case CHAT_DB_REFUSED:
        return chat_problem_cause(ctx->pool, 500, "internal_error",
                                  "The server could not answer this request.", APR_SUCCESS,
                                  chat_db_cause(ctx->db));
    default:
        return chat_problem_cause(ctx->pool, 500, "internal_error",
                                  "The server could not answer this request.", rv,
                                  "a store failed");
    }
}
