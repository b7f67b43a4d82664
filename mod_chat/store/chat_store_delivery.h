/**
 * @file chat_store_delivery.h
 * Who is to be told of what they have not read, and what became of it: chat.waiting, chat.outbox.
 *
 * But for the last, these statements are run by the workers of notify/. Ownership: results live in
 * the pool given. Threads: that of the listener.
 */
#ifndef MOD_CHAT_CHAT_STORE_DELIVERY_H
#define MOD_CHAT_CHAT_STORE_DELIVERY_H
#include "core/chat_config.h"
#include "db/chat_db.h"
#include "db/chat_listener.h"

/** No more is due: nobody knows when. */
#define CHAT_STORE_DELIVERY_NEVER (-1)

/** What decides whether somebody is told. */
typedef struct chat_delivery_rules_t {
    int mail_delay_s;            /**< -1: there is no mail */
    int mail_silence_s;          /**< after a mail, doubled with each */
    const char *mail_of_members; /**< off, instant or digest: without preferences */
    const char *mail_of_staff;
    int push_delay_s; /**< -1: there is no push */
} chat_delivery_rules_t;

/** How an attempt has ended: see chat.finish_deliveries(). */
typedef enum {
    CHAT_DELIVERY_SENT,
    CHAT_DELIVERY_REFUSED,  /**< for good */
    CHAT_DELIVERY_LATER,    /**< refused for now */
    CHAT_DELIVERY_UNKNOWN,  /**< it may have arrived */
    CHAT_DELIVERY_RELEASED, /**< not an attempt: due again */
    CHAT_DELIVERY_COUNT
} chat_delivery_outcome_t;

/** A message of a claimed mail, and with it the delivery that it belongs to. */
typedef struct chat_mail_row_t {
    apr_int64_t delivery_id;
    apr_int64_t conversation_id;
    apr_int64_t claim;
    apr_int64_t user_id;
    apr_int64_t up_to; /**< the newest message that is told */
    const char *address;
    const char *address_hash; /**< for links to unsubscribe it */
    const char *language;     /**< NULL: not known */
    const char *reader_name;
    const char *sender_name; /**< of the other side */
    apr_int64_t unread;      /**< all of the conversation */
    const char *content;     /**< NULL: it is not to be told */
    const char *sent_at;     /**< as a clock of the reader shows it */
    apr_int64_t dropped;     /**< of the row without a delivery: see below */
} chat_mail_row_t;

/** Decide for at most `at_most` sides that are due. `*pcount`: how many there were; `*pwait_ms`: to
 * the next one, or CHAT_STORE_DELIVERY_NEVER. */
apr_status_t chat_store_delivery_decide(int *pcount, apr_int64_t *pwait_ms, chat_listener_t *db,
                                        const chat_delivery_rules_t *rules, int at_most,
                                        apr_pool_t *p);

/** Make sides due that have been told of earlier messages, and have further ones now. */
apr_status_t chat_store_delivery_wake(chat_listener_t *db, apr_pool_t *p);

/** Claim the next mail that is due for `lease_s`: `*pcount` rows, those of a delivery together.
 * `*pdropped`: how many deliveries were not wanted any more, or too old. `content`: full, excerpt
 * or none. */
apr_status_t chat_store_delivery_claim_mail(chat_mail_row_t **prows, int *pcount, int *pdropped,
                                            chat_listener_t *db, const chat_delivery_rules_t *rules,
                                            int lease_s, const char *content, apr_pool_t *p);

/** When the next delivery of a kind ("email", "push") is due. */
apr_status_t chat_store_delivery_next(apr_int64_t *pwait_ms, chat_listener_t *db, const char *kind,
                                      apr_pool_t *p);

/** What chat_store_delivery_finish() records. */
typedef struct chat_delivery_end_t {
    chat_delivery_outcome_t outcome;
    const char *reason;  /**< without an address or content; NULL: none */
    int later_s;         /**< not due again before that */
    const char *address; /**< of mail that was sent, or refused because of it; NULL: none */
    int is_hard;         /**< one refusal is enough for that address */
} chat_delivery_end_t;

/** Record how an attempt has ended, for `count` deliveries, of which ids[i] is one's conversation,
 * id and claim. */
typedef struct chat_delivery_ref_t {
    apr_int64_t conversation_id;
    apr_int64_t id;
    apr_int64_t claim;
} chat_delivery_ref_t;
apr_status_t chat_store_delivery_finish(chat_listener_t *db, const chat_delivery_ref_t *refs,
                                        int count, const chat_delivery_end_t *end, apr_pool_t *p);

/** What there is to do, and what has failed for good; each at most 10,000. */
typedef struct chat_delivery_counts_t {
    apr_int64_t waiting; /**< sides of conversations that will be looked at */
    apr_int64_t mails_due;
    apr_int64_t pushes_due;
    apr_int64_t mails_dead;
    apr_int64_t pushes_dead;
} chat_delivery_counts_t;
apr_status_t chat_store_delivery_count(chat_delivery_counts_t *counts, chat_listener_t *db,
                                       apr_pool_t *p);

/** End mail to a user, if the hash is that of their present address. */
apr_status_t chat_store_delivery_unsubscribe(chat_db_t *db, apr_int64_t user_id,
                                             const char *address_hash, apr_pool_t *p);
#endif
