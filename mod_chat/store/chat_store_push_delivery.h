/**
 * @file chat_store_push_delivery.h
 * Pushes that are due, and what became of them: chat.outbox and chat.push_subscriptions.
 *
 * Run by a worker of notify/, not for a user. Ownership: results live in the pool given. Threads:
 * that of the listener.
 */
#ifndef MOD_CHAT_CHAT_STORE_PUSH_DELIVERY_H
#define MOD_CHAT_CHAT_STORE_PUSH_DELIVERY_H
#include "db/chat_db.h"
#include "db/chat_listener.h"

/** A subscription that a push goes to. All rows of a claim are of one delivery, or of one test. */
typedef struct chat_push_row_t {
    apr_int64_t delivery_id; /**< 0: a test, and the members up to `claim` are 0 */
    apr_int64_t conversation_id;
    apr_int64_t claim;
    apr_int64_t subscription_id;
    const char *endpoint;
    const char *p256dh;
    const char *auth;
    const char *title;        /**< of the other side; NULL for a test */
    const char *body;         /**< of the newest message; NULL: it is not to be told */
    apr_int64_t unread_count; /**< notifications that the user has not marked */
    const char *language;     /**< NULL: not known */
    apr_int64_t dropped;      /**< of the row without a subscription: see below */
} chat_push_row_t;

/** What became of a push to a subscription: see chat.finish_push(). */
typedef enum {
    CHAT_PUSH_SENT,
    CHAT_PUSH_GONE,    /**< there is no such subscription any more */
    CHAT_PUSH_REFUSED, /**< this push, for good */
    CHAT_PUSH_LATER,   /**< for now */
    CHAT_PUSH_RELEASED /**< it was not tried */
} chat_push_outcome_t;
#define CHAT_PUSH_OUTCOMES 5

typedef struct chat_push_end_t {
    apr_int64_t subscription_id;
    chat_push_outcome_t outcome;
    apr_int64_t pause_s; /**< how long the service wants to be left alone; 0: it did not say */
} chat_push_end_t;

/** Claim the next push for `lease_s`. `key_id`: of the present key. `*prows` is an array of
 * `*pcount`. `*pdropped`: how many deliveries were not wanted any more, too old, or without a
 * subscription. */
apr_status_t chat_store_push_delivery_claim(chat_push_row_t **prows, int *pcount, int *pdropped,
                                            chat_listener_t *db, int lease_s, const char *key_id,
                                            int has_content, apr_pool_t *p);

/** Record what became of it; `reason` (or NULL) has neither an address nor content. */
apr_status_t chat_store_push_delivery_finish(chat_listener_t *db, const chat_push_row_t *rows,
                                             const chat_push_end_t *ends, int count,
                                             const char *reason, apr_pool_t *p);

/** Milliseconds until the next one is due; -1: there is none. */
apr_status_t chat_store_push_delivery_next(apr_int64_t *pwait_ms, chat_listener_t *db,
                                           apr_pool_t *p);
#endif
