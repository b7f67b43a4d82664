/**
 * @file chat_cache_entry.h
 * The format of an entry of the response cache: the answer, and the user and request that it is
 * for.
 *
 * The key of an entry is 128 bits of a message authentication code of `asked`, the user and the
 * request. The entry contains `asked` as well, and the caller compares it, so that an entry with a
 * colliding key is not used. In a cache that is reached over a network, a code of the whole entry
 * and its key proves that this site made it.
 *
 * Layout: answer, link, asked, trailer, code. The answer begins at the start of the memory.
 * Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_CACHE_ENTRY_H
#define MOD_CHAT_CHAT_CACHE_ENTRY_H
#include <apr_errno.h>
#include <apr_time.h>

#include "core/chat_hash.h"
#include "core/chat_mac.h"

#define CHAT_RESPONSE_CACHE_KEY_BYTES 16

typedef struct chat_response_cache_key_t {
    unsigned char bytes[CHAT_RESPONSE_CACHE_KEY_BYTES];
} chat_response_cache_key_t;

typedef struct chat_cache_entry_t {
    const char *answer;
    apr_size_t answer_length;
    const char *link; /**< its Link field; NULL or without a NUL at the end */
    apr_size_t link_length;
    const char *asked; /**< user and request, unique bytes for each pair */
    apr_size_t asked_length;
    apr_uint64_t xmin;   /**< of the snapshot it was read in */
    apr_uint64_t epoch;  /**< of the database, as chat_cursor_epoch() */
    apr_int64_t user_id; /**< of the user in `asked` */
    apr_time_t made_at;  /**< by the caller's clock */
    chat_hash_t hash;    /**< of the answer */
} chat_cache_entry_t;

/** The key for `asked`. 0: OpenSSL has no memory. */
int chat_cache_entry_key(chat_response_cache_key_t *key, const chat_mac_t *mac, const char *asked,
                         apr_size_t length);

/** How many bytes chat_cache_entry_write() writes. */
apr_size_t chat_cache_entry_size(const chat_cache_entry_t *entry, const chat_mac_t *mac);

/** Write the entry; `mac` NULL: without a code. 0: OpenSSL has no memory. */
int chat_cache_entry_write(char *out, const chat_cache_entry_t *entry,
                           const chat_response_cache_key_t *key, const chat_mac_t *mac);

/**
 * Read an entry; its pointers point into `bytes`. APR_EINVAL: it was not written by
 * chat_cache_entry_write() with this key and `mac`. The caller compares `asked`.
 */
apr_status_t chat_cache_entry_read(chat_cache_entry_t *entry, const char *bytes, apr_size_t length,
                                   const chat_response_cache_key_t *key, const chat_mac_t *mac);
#endif
