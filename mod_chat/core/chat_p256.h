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
#define CHAT_P256_SECRET_BYTES 32
#define CHAT_P256_SIGNATURE_BYTES 64
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

/** A new pair. NULL: OpenSSL has no memory, or no random numbers. */
chat_p256_t *chat_p256_generate(apr_pool_t *p);

/** The public key: CHAT_P256_POINT_BYTES bytes. */
const unsigned char *chat_p256_point(const chat_p256_t *key);

/** The public key in base64url. */
const char *chat_p256_public_text(const chat_p256_t *key);

/** A short name of the public key: CHAT_P256_KEY_ID_CHARS characters of its SHA-256 in base64url.
 */
const char *chat_p256_key_id(const chat_p256_t *key);

/** What the holders of two keys have in common (ECDH, SP 800-56A). 0: `point` is not on the curve,
 * or OpenSSL has no memory. */
int chat_p256_agree(unsigned char secret[CHAT_P256_SECRET_BYTES], const chat_p256_t *key,
                    const unsigned char *point);

/** Sign as ES256 does: ECDSA with SHA-256, as the numbers r and s (RFC 7518 section 3.4). 0:
 * OpenSSL has no memory, or no random numbers. */
int chat_p256_sign(unsigned char signature[CHAT_P256_SIGNATURE_BYTES], const chat_p256_t *key,
                   const char *text, apr_size_t length);

/** Whether these CHAT_P256_POINT_BYTES bytes are a point on the curve. */
int chat_p256_is_point(const unsigned char *bytes);
#endif
