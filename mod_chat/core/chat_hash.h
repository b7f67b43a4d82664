/**
 * @file chat_hash.h
 * Hashes of answers, for ETag: 128 bits of XXH3 with the site's key.
 *
 * Users write parts of the answers that others receive. With a known hash function a user could
 * write a text that gives an answer the ETag of an earlier one, and its reader would get 304. So
 * the hash takes the site's key (ChatSecret), and SipHash with that key follows, as ETags would
 * otherwise reveal values of the hash. Without ChatSecret the key is a public constant, as all
 * hosts must give the same ETags. A hash only tells whether an answer has changed; access never
 * depends on it.
 */
#ifndef MOD_CHAT_CHAT_HASH_H
#define MOD_CHAT_CHAT_HASH_H
#include "core/chat_mac.h"

typedef struct chat_hash_t {
    apr_uint64_t high;
    apr_uint64_t low;
} chat_hash_t;

/** The hash of an answer's bytes. Threads: any. */
chat_hash_t chat_hash(const void *bytes, apr_size_t length);

/** The hash of an answer's bytes and the epoch of the database (NULL: unknown). */
chat_hash_t chat_hash_answer(const void *bytes, apr_size_t length, const char *epoch);

/** 64 bits of XXH3 without a key, for bytes that no user chooses and hashes that no user sees. */
apr_uint64_t chat_hash_64(const void *bytes, apr_size_t length);

/** Spreads ids that differ little over the slots of a table, for which all bits are good. Without a
 * key: for what is not harmed by somebody who chooses ids. */
static inline apr_uint64_t chat_hash_id(apr_uint64_t id)
{
    apr_uint64_t mixed = id * APR_UINT64_C(0x9E3779B97F4A7C15); /* 2^64 by the golden ratio */

    return mixed ^ (mixed >> 32);
}

/** Set the key (NULL: the public one), while httpd starts. APR_ENOMEM: OpenSSL has no memory. */
apr_status_t chat_hash_use(const chat_mac_t *mac);
#endif
