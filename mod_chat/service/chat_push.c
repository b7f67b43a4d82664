#include "service/chat_push.h"

#include <string.h>

#include "guard/chat_push_endpoint.h"
#include "service/chat_db_problem.h"

chat_problem_t *chat_push_check_configured(const chat_config_t *config, apr_pool_t *p)
{
    return config->push_key ? NULL
                            : chat_problem(p, CHAT_HTTP_NOT_FOUND, "not_found",
                                           "Push is not configured on this server.");
}

chat_problem_t *chat_push_save(chat_push_subscription_t *subscription, int *pis_new,
                               chat_ctx_t *ctx, const chat_push_draft_t *draft)
{
    chat_outcome_t said;
    apr_status_t rv = chat_store_push_save(&said, subscription, ctx, draft);

    *pis_new = rv == APR_SUCCESS && strcmp(said.outcome, "created") == 0;
    return chat_db_problem_of_outcome(ctx, rv, &said);
}

chat_problem_t *chat_push_list(chat_rows_t **prows, chat_ctx_t *ctx)
{
    return chat_db_problem(ctx, chat_store_push_list(prows, ctx));
}

chat_problem_t *chat_push_drop(chat_ctx_t *ctx, apr_int64_t id)
{
    chat_outcome_t said;
    apr_status_t rv = chat_store_push_drop(&said, ctx, id, NULL);
    chat_problem_t *problem = chat_db_problem_of_outcome(ctx, rv, &said);

    if (problem || said.marked)
        return problem;
    return chat_problem(ctx->pool, CHAT_HTTP_NOT_FOUND, "not_found",
                        "There is no such subscription.");
}

chat_problem_t *chat_push_drop_endpoint(chat_ctx_t *ctx, const char *endpoint)
{
    chat_outcome_t said;
    apr_status_t rv = chat_store_push_drop(&said, ctx, 0, endpoint);

    return chat_db_problem_of_outcome(ctx, rv, &said);
}

chat_problem_t *chat_push_test(apr_int64_t *pcount, chat_ctx_t *ctx)
{
    chat_outcome_t said;
    apr_status_t rv = chat_store_push_test(&said, ctx);

    *pcount = said.marked;
    return chat_db_problem_of_outcome(ctx, rv, &said);
}

const char *chat_push_service(const chat_push_subscription_t *subscription, apr_pool_t *p)
{
    chat_push_endpoint_t endpoint;

    /* What was saved had a valid host, whatever the directives say now. */
    chat_push_endpoint_read(&endpoint, subscription->endpoint, strlen(subscription->endpoint), NULL,
                            NULL, p);
    return endpoint.host ? endpoint.host : "";
}
