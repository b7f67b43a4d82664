/**
 * @file chat_preferences.h
 * The rules of preferences: how a user is told of messages by mail and push, and when.
 */
#ifndef MOD_CHAT_CHAT_PREFERENCES_H
#define MOD_CHAT_CHAT_PREFERENCES_H
#include "core/chat_json_read.h"
#include "core/chat_problem.h"
#include "store/chat_store_preferences.h"

#define CHAT_PREFERENCES_LANGUAGE_CHARS_MAX 35 /* RFC 5646 section 4.4.1 */
#define CHAT_PREFERENCES_TIME_ZONE_CHARS_MAX 64

/** What holds for users who have not chosen, and whether mail is sent. */
typedef struct chat_preferences_defaults_t {
    int has_mail;
    const char *email_of_members; /**< off, instant or digest */
    const char *email_of_staff;
    const char *language; /**< BCP 47 */
} chat_preferences_defaults_t;

/** In post_config. `defaults` is copied; its text lives as long as the configuration. */
void chat_preferences_set_defaults(const chat_preferences_defaults_t *defaults);

/** Read a change from a JSON body: members that are missing stay, unknown ones are ignored. 400 if
 *  one is not valid. */
chat_problem_t *chat_preferences_read_change(chat_preferences_change_t *change, json_object *object,
                                             apr_pool_t *p);

chat_problem_t *chat_preferences_get(chat_preferences_t *preferences, chat_ctx_t *ctx);

/** Change them; `preferences` is what holds afterwards. */
chat_problem_t *chat_preferences_put(chat_preferences_t *preferences, chat_ctx_t *ctx,
                                     const chat_preferences_change_t *change);

/** Mail the user's address again although it was refused. 409 `no_mail`: mail is not configured. */
chat_problem_t *chat_preferences_retry_mail(chat_preferences_t *preferences, chat_ctx_t *ctx);

/** What mails the user gets: as they want, or as configured. */
const char *chat_preferences_email(const chat_preferences_t *preferences);

/** The language of what the user is sent: as they want, or as configured. */
const char *chat_preferences_language(const chat_preferences_t *preferences);

/** An address of which only its owner recognises more than the host: "a…@example.org". NULL for
 *  NULL. */
const char *chat_preferences_mask_address(const char *address, apr_pool_t *p);
#endif
