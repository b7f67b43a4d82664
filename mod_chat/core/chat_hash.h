/**
 * @file chat_hash.h
 * What tells two answers apart: 128 bits of XXH3. Quick, and no protection against anybody who
 * makes two that are alike on purpose: both would be their own.
 */
#ifndef MOD_CHAT_CHAT_HASH_H
#define MOD_CHAT_CHAT_HASH_H
#include <apr.h>

typedef struct chat_hash_t {
    apr_uint64_t high;
    apr_uint64_t low;
} chat_hash_t;

chat_hash_t chat_hash(const void *bytes, apr_size_t length);
#endif
