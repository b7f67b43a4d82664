/**
 * @file chat_store_preferences.h
 * How a user wants to be told of messages: one row for a user, or none where nothing was changed.
 *
 * As in chat_store_conversation.h, APR_EACCES means that the user is not active. Ownership: text
 * lives in the pool.
 */
#ifndef MOD_CHAT_CHAT_STORE_PREFERENCES_H
#define MOD_CHAT_CHAT_STORE_PREFERENCES_H
#include "core/chat_ctx.h"
#include "db/chat_db.h"

typedef struct chat_preferences_t {
    const char *email;      /**< off, instant, digest; NULL: as configured */
    const char *digest_at;  /**< "07:00", in the time zone, as are the other times */
    const char *quiet_from; /**< NULL: no quiet hours */
    const char *quiet_to;
    const char *time_zone;
    const char *language; /**< BCP 47; NULL: as configured */
    const char *address;  /**< that mails go to; NULL: none */
    int push;
    int is_staff;   /**< of some church */
    int is_refused; /**< a mail server has refused the address */
} chat_preferences_t;

/** What is to change. */
typedef struct chat_preferences_change_t {
    const char *email; /**< these six, and `push`: NULL to stay as they are */
    const char *push;  /**< chat_db_boolean() */
    const char *digest_at;
    const char *time_zone;
    const char *language;
    int has_quiet; /**< the quiet hours change; NULL: there are none from now on */
    const char *quiet_from;
    const char *quiet_to;
} chat_preferences_change_t;

apr_status_t chat_store_preferences_get(chat_preferences_t *preferences, chat_ctx_t *ctx);

/** `preferences` is what holds afterwards. `poutcome`: saved; no_time_zone, with nothing changed;
 *  user_inactive. */
apr_status_t chat_store_preferences_put(const char **poutcome, chat_preferences_t *preferences,
                                        chat_ctx_t *ctx, const chat_preferences_change_t *change);

/** Forget that the user's address was refused. `poutcome`: done, user_inactive. */
apr_status_t chat_store_preferences_retry_mail(const char **poutcome,
                                               chat_preferences_t *preferences, chat_ctx_t *ctx);
#endif
