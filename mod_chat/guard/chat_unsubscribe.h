/**
 * @file chat_unsubscribe.h
 * The token of the link by which whoever holds a mail ends mail to its address (RFC 8058).
 *
 * It is `user.hash.token`: the id of a user, chat.address_hash() of the address that the mail went
 * to, and a token of chat_token.h for both, which says that this site has written them. It is valid
 * as long as its secret. Ownership: results live in the pool given. Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_UNSUBSCRIBE_H
#define MOD_CHAT_CHAT_UNSUBSCRIBE_H
#include <apr.h>

#include "guard/chat_token.h"

#define CHAT_UNSUBSCRIBE_HASH_CHARS 32 /**< of chat.address_hash() */

/** What a token names. */
typedef struct chat_unsubscribe_t {
    apr_int64_t user_id;
    const char *address_hash; /**< CHAT_UNSUBSCRIBE_HASH_CHARS characters */
} chat_unsubscribe_t;

/** Write a token, of letters, digits and `.-_`. NULL: there are no secrets (NULL), or the system
 * has no random numbers. */
const char *chat_unsubscribe_make(const chat_secrets_t *secrets, apr_int64_t user_id,
                                  const char *address_hash, apr_pool_t *p);

/** Read a token, or NULL for none. APR_EINVAL: it has not been made with one of the secrets. */
apr_status_t chat_unsubscribe_read(chat_unsubscribe_t *subject, const chat_secrets_t *secrets,
                                   const char *text, apr_pool_t *p);
#endif
