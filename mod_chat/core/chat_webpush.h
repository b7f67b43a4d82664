/**
 * @file chat_webpush.h
 * Encrypts a message for a browser: RFC 8291 (Message Encryption for Web Push), in the content
 * coding aes128gcm of RFC 8188, by OpenSSL.
 *
 * Each message has a key pair and a salt of its own. It is padded to a multiple of
 * CHAT_WEBPUSH_STEP_BYTES, so that its length says little of its content. Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_WEBPUSH_H
#define MOD_CHAT_CHAT_WEBPUSH_H
#include <apr_errno.h>
#include <apr_pools.h>

#include "core/chat_p256.h"

#define CHAT_WEBPUSH_AUTH_BYTES 16
#define CHAT_WEBPUSH_SALT_BYTES 16
#define CHAT_WEBPUSH_BODY_BYTES_MAX                                                                \
    4096 /**< that each push service must take: RFC 8030 section 7.2 */
#define CHAT_WEBPUSH_TEXT_BYTES_MAX 3993 /**< of a message; RFC 8291 section 4 */
#define CHAT_WEBPUSH_STEP_BYTES 256

/** What a subscription has of its browser's keys. */
typedef struct chat_webpush_keys_t {
    unsigned char point[CHAT_P256_POINT_BYTES]; /**< p256dh */
    unsigned char auth[CHAT_WEBPUSH_AUTH_BYTES];
} chat_webpush_keys_t;

/** Read the keys in base64url. APR_EINVAL: they are not of these lengths. */
apr_status_t chat_webpush_read_keys(chat_webpush_keys_t *keys, const char *p256dh,
                                    const char *auth);

/**
 * Encrypt `length` bytes: `*plength` bytes of `body`, which has room for
 * CHAT_WEBPUSH_BODY_BYTES_MAX. APR_EINVAL: the text is too long, or the point is not on the curve;
 * APR_EGENERAL: OpenSSL has no memory, or no random numbers.
 */
apr_status_t chat_webpush_encrypt(unsigned char *body, apr_size_t *plength,
                                  const chat_webpush_keys_t *keys, const char *text,
                                  apr_size_t length, apr_pool_t *p);

/** The same with the key pair and the salt given, padded to `padded_length` bytes (more than
 * `length`), which RFC 8291's example is made of. */
apr_status_t chat_webpush_encrypt_with(unsigned char *body, apr_size_t *plength,
                                       const chat_webpush_keys_t *keys, const char *text,
                                       apr_size_t length, apr_size_t padded_length,
                                       const chat_p256_t *sender,
                                       const unsigned char salt[CHAT_WEBPUSH_SALT_BYTES]);
#endif
