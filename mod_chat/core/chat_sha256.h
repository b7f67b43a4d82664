/**
 * @file chat_sha256.h
 * SHA-256 (FIPS 180-4) of bytes that come in pieces, by OpenSSL.
 *
 * Ownership: the pool given. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_SHA256_H
#define MOD_CHAT_CHAT_SHA256_H
#include <apr_errno.h>
#include <apr_pools.h>

#define CHAT_SHA256_BYTES 32

typedef struct chat_sha256_t chat_sha256_t;

/** NULL: OpenSSL has no memory, or no SHA-256. */
chat_sha256_t *chat_sha256_create(apr_pool_t *p);

/** The next bytes. APR_EGENERAL: OpenSSL refuses. */
apr_status_t chat_sha256_add(chat_sha256_t *sha256, const void *bytes, apr_size_t count);

/** The hash as lower-case hexadecimal digits, and begin anew. NULL: OpenSSL refuses. */
const char *chat_sha256_take(chat_sha256_t *sha256);
#endif
