/**
 * @file chat_token.h
 * Tokens signed by this site: HMAC-SHA256 with secrets from a file (ChatSecret).
 *
 * A token contains no data. It is valid for one purpose ("csrf", "unsubscribe") and one subject (a
 * user name). The file contains one secret per line: the first signs, all are accepted. To rotate,
 * a new first line is added, and the old line is removed when its tokens are no longer needed. A
 * token has no expiry of its own: it is valid as long as its secret.
 * Threads: loaded while httpd reads its configuration, read-only afterwards.
 */
#ifndef MOD_CHAT_CHAT_TOKEN_H
#define MOD_CHAT_CHAT_TOKEN_H
#include <apr_errno.h>
#include <apr_pools.h>

#define CHAT_TOKEN_SECRETS_MAX 8       /**< in one file */
#define CHAT_TOKEN_SECRET_CHARS_MIN 32 /**< of one secret */
#define CHAT_TOKEN_CHARS 66            /**< of a token: 49 bytes in base64url, without padding */

typedef struct chat_secrets_t chat_secrets_t;

/** The result of chat_token_check(). */
typedef enum {
    CHAT_TOKEN_BAD = 0, /**< invalid, or for another purpose or subject */
    CHAT_TOKEN_GOOD,    /**< signed with the first secret */
    CHAT_TOKEN_OLD      /**< signed with another one: accept it, and issue a new token */
} chat_token_t;

/**
 * Read the secrets, one per line, without surrounding blanks; empty lines and lines that begin with
 * # are ignored. Errors: the file is not a regular file, is accessible to group or others, or
 * contains no secret, too many or too short ones. `*perror` is then a sentence that says what to
 * do.
 */
apr_status_t chat_token_load(chat_secrets_t **psecrets, const char **perror, const char *path,
                             apr_pool_t *p);

/** One secret of `length` bytes, for a site without ChatSecret. NULL: too few bytes, or OpenSSL
 * failed. */
chat_secrets_t *chat_token_from_bytes(const void *bytes, apr_size_t length, apr_pool_t *p);

/** A new token of CHAT_TOKEN_CHARS characters, all A-Z a-z 0-9 - _; each call returns another one.
 *  NULL: there are no secrets or no subject (NULL), or the system has no random numbers. */
const char *chat_token_make(const chat_secrets_t *secrets, const char *purpose, const char *subject,
                            apr_pool_t *p);

/** As chat_token_make(), but each call returns the same, as long as the first secret is the same:
 * for answers to requests that a client makes at once. */
const char *chat_token_make_same(const chat_secrets_t *secrets, const char *purpose,
                                 const char *subject, apr_pool_t *p);

/** Check whether the token was signed for this purpose and subject, in constant time. NULL for
 *  secrets, subject or token: CHAT_TOKEN_BAD. */
chat_token_t chat_token_check(const chat_secrets_t *secrets, const char *purpose,
                              const char *subject, const char *token);

/** Derive a key for one purpose ("chat-cache") from the first secret, independent of the keys of
 * tokens. NULL: there are no secrets, or OpenSSL has no memory. */
struct chat_mac_t *chat_token_derive(const chat_secrets_t *secrets, const char *purpose,
                                     apr_pool_t *p);
#endif
