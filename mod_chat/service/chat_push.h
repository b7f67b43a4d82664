/**
 * @file chat_push.h
 * The rules of push subscriptions (W3C Push API): what a browser may register, where, and how
 * often.
 */
#ifndef MOD_CHAT_CHAT_PUSH_H
#define MOD_CHAT_CHAT_PUSH_H
#include "core/chat_problem.h"
#include "store/chat_store_push.h"

/** 404 if push is not configured (ChatPushKey). */
chat_problem_t *chat_push_check_configured(const chat_config_t *config, apr_pool_t *p);

/** Save a subscription; one of another user becomes this user's. */
chat_problem_t *chat_push_save(chat_push_subscription_t *subscription, int *pis_new,
                               chat_ctx_t *ctx, const chat_push_draft_t *draft);

chat_problem_t *chat_push_list(chat_rows_t **prows, chat_ctx_t *ctx);

/** Delete one by its id: 404 if the user has none with it. */
chat_problem_t *chat_push_drop(chat_ctx_t *ctx, apr_int64_t id);

/** Delete one by its endpoint, if the user has it. */
chat_problem_t *chat_push_drop_endpoint(chat_ctx_t *ctx, const char *endpoint);

/** Have a push sent to each of the user's subscriptions; `*pcount`: how many there are. */
chat_problem_t *chat_push_test(apr_int64_t *pcount, chat_ctx_t *ctx);

/** The host name of the push service. */
const char *chat_push_service(const chat_push_subscription_t *subscription, apr_pool_t *p);
#endif
