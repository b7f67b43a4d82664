/**
 * @file chat_store_push.h
 * The rows of push subscriptions: saved, listed and deleted for a user.
 *
 * As in chat_store_conversation.h, APR_EACCES means that the user is not active. Ownership: rows
 * and their text live in the pool of the ctx.
 */
#ifndef MOD_CHAT_CHAT_STORE_PUSH_H
#define MOD_CHAT_CHAT_STORE_PUSH_H
#include "core/chat_ctx.h"
#include "store/chat_store_user.h"

/** What a browser has given for its subscription (Push API, PushSubscription.toJSON()). */
typedef struct chat_push_draft_t {
    const char *endpoint;
    const char *p256dh; /**< base64url without padding, as the next */
    const char *auth;
    const char *key_id; /**< of the key that it was made with */
} chat_push_draft_t;

typedef struct chat_push_subscription_t {
    apr_int64_t id;
    const char *endpoint;
    apr_time_t created_at;
    apr_time_t delivered_at; /**< 0: nothing was delivered yet */
    apr_int64_t refusals;    /**< by its push service, since then */
} chat_push_subscription_t;

/** Outcomes: created, found, user_inactive. `subscription` gets its id and created_at. */
apr_status_t chat_store_push_save(chat_outcome_t *said, chat_push_subscription_t *subscription,
                                  chat_ctx_t *ctx, const chat_push_draft_t *draft);

/** The newest first; read them with chat_store_push_next(). */
apr_status_t chat_store_push_list(chat_rows_t **prows, chat_ctx_t *ctx);
int chat_store_push_next(chat_push_subscription_t *subscription, chat_rows_t *rows);

/** Have a push sent to each of the user's subscriptions. Outcomes: done, with how many are
 * `marked`; user_inactive. */
apr_status_t chat_store_push_test(chat_outcome_t *said, chat_ctx_t *ctx);

/** In child_init: a function to call after that, which does not block. */
void chat_store_push_on_test(void (*hook)(void));

/** Delete one by its id, or with 0 by its endpoint. Outcomes: dropped, with how many were `marked`;
 * user_inactive. */
apr_status_t chat_store_push_drop(chat_outcome_t *said, chat_ctx_t *ctx, apr_int64_t id,
                                  const char *endpoint);
#endif
