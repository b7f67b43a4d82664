/**
 * @file chat_p256.h
 * Key pairs and points on the curve P-256 (FIPS 186-5, secp256r1), by OpenSSL.
 *
 * A point is written as 65 bytes, uncompressed (SEC 1 section 2.3.3), and as text in base64url
 * without padding. Threads: a key pair is created by one thread; any thread may use it afterwards.
 */
#ifndef MOD_CHAT_CHAT_P256_H
#define MOD_CHAT_CHAT_P256_H
#include <apr_errno.h>
#include <apr_pools.h>

#define CHAT_P256_POINT_BYTES 65
#define CHAT_P256_KEY_ID_CHARS 16

/** A private key with its public key. */
typedef struct chat_p256_t chat_p256_t;

/**
 * Read a private key from a file in PEM, which only its owner may read. Errors: as
 * chat_private_file_read(); the file contains no private key, an encrypted one, or one on another
 * curve. `*perror` is then a sentence that says what to do. The key is wiped with the pool.
 */
apr_status_t chat_p256_load(chat_p256_t **pkey, const char **perror, const char *path,
                            apr_pool_t *p);

/** The public key in base64url. */
const char *chat_p256_public_text(const chat_p256_t *key);

/** A short name of the public key: CHAT_P256_KEY_ID_CHARS characters of its SHA-256 in base64url.
 */
const char *chat_p256_key_id(const chat_p256_t *key);

/** Whether these CHAT_P256_POINT_BYTES bytes are a point on the curve. */
int chat_p256_is_point(const unsigned char *bytes);
#endif
