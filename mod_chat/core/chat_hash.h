/**
 * @file chat_hash.h
 * What tells two answers apart: 128 bits of XXH3 with the site's key.
 *
 * People write a part of the answers of others. Who knew the hash could write what gives an answer
 * the tag of an earlier one, so that its reader is told that nothing has changed. So the hash takes
 * a key where the site has one (ChatSecret), and its value is mixed with the key again, or tags
 * would tell of the hash. Without ChatSecret, hosts that share no key must still give the same
 * tags, and the key is a public one. Either way a hash only says whether an answer is the same; who
 * may have it is never asked of a hash.
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

/** Of an answer in this epoch of the database (NULL: unknown): the same answer in another one is
 * another answer. */
chat_hash_t chat_hash_answer(const void *bytes, apr_size_t length, const char *epoch);

/** 64 bits of XXH3 without a key, where neither a person chooses the bytes nor sees the hash. */
apr_uint64_t chat_hash_64(const void *bytes, apr_size_t length);

/** Spreads ids that differ little over the slots of a table, for which all bits are good. Without a
 * key: for what is not harmed by somebody who chooses ids. */
static inline apr_uint64_t chat_hash_id(apr_uint64_t id)
{
    apr_uint64_t mixed = id * APR_UINT64_C(0x9E3779B97F4A7C15); /* 2^64 by the golden ratio */

    return mixed ^ (mixed >> 32);
}

/** Take the key (NULL: the public one), while httpd starts. APR_ENOMEM: OpenSSL has no memory. */
apr_status_t chat_hash_use(const chat_mac_t *mac);
#endif
