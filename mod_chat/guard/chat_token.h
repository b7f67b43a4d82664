/**
 * @file chat_token.h
 * Tokens that only this site can have made: HMAC-SHA256 with secrets from a file.
 *
 * A token says nothing by itself; it is good for one purpose ("csrf", "unsubscribe") and one
 * subject (a user's name). The file holds one secret a line: the first signs, all are accepted, so
 * that a new one is put in front and the old one taken out when its tokens are no longer needed.
 * A token has no time of its own: it ends with its secret.
 * Threads: loaded while httpd reads its configuration, read by any thread ever after.
 */
#ifndef MOD_CHAT_CHAT_TOKEN_H
#define MOD_CHAT_CHAT_TOKEN_H
#include <apr_errno.h>
#include <apr_pools.h>

#define CHAT_TOKEN_SECRETS_MAX 8       /**< in one file */
#define CHAT_TOKEN_SECRET_CHARS_MIN 32 /**< of one secret */
#define CHAT_TOKEN_CHARS 66            /**< of a token: 49 bytes in base64url, without padding */

typedef struct chat_secrets_t chat_secrets_t;

/** What chat_token_check() finds. */
typedef enum {
    CHAT_TOKEN_BAD = 0, /**< not made here, or for something or somebody else */
    CHAT_TOKEN_GOOD,    /**< signed with the first secret */
    CHAT_TOKEN_OLD      /**< signed with another one: accept it, and hand out a new token */
} chat_token_t;

/**
 * Read the secrets: one a line, without the blanks around it; empty lines and those that begin
 * with # are skipped. Refused: what is no regular file, is open to group or others, or holds no
 * secret, too many or too short ones. `*perror` then is a sentence that says what to do.
 */
apr_status_t chat_token_load(chat_secrets_t **psecrets, const char **perror, const char *path,
                             apr_pool_t *p);

/**
 * One secret made of `length` bytes, for a site that names no file. NULL: too few bytes, or
 * OpenSSL failed.
 */
chat_secrets_t *chat_token_from_bytes(const void *bytes, apr_size_t length, apr_pool_t *p);

/** A new token of CHAT_TOKEN_CHARS characters, all A-Z a-z 0-9 - _; each call makes another
 *  one. NULL: there are no secrets or no subject (NULL), or the system has no random numbers. */
const char *chat_token_make(const chat_secrets_t *secrets, const char *purpose, const char *subject,
                            apr_pool_t *p);

/** Whether the token was made for this purpose and subject. The time taken does not depend on how
 *  nearly it was. NULL for secrets, subject or token: CHAT_TOKEN_BAD. */
chat_token_t chat_token_check(const chat_secrets_t *secrets, const char *purpose,
                              const char *subject, const char *token);

/** A key for a purpose of its own ("chat-cache"), from the first secret: nothing that is made with
 * it says anything of tokens. NULL: there are no secrets, or OpenSSL has no memory. */
struct chat_mac_t *chat_token_derive(const chat_secrets_t *secrets, const char *purpose,
                                     apr_pool_t *p);
#endif
