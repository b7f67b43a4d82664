/**
 * @file chat_cache_entry.h
 * An answer as ChatCache keeps it: with who asked what, so that it is given to nobody else.
 *
 * What finds an entry is a key, 128 bits of a message authentication code of `asked`. That is no
 * proof: `asked` itself is in the entry, and whoever reads it compares the two. In a store that is
 * reached over a network, a code of the whole entry and its key shows that it was made by this
 * site.
 *
 * Layout: answer, link, asked, trailer, and the code. The answer begins where the memory does.
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
    const char *link; /**< what belongs to it; not a string: NULL or without an end */
    apr_size_t link_length;
    const char *asked; /**< who asked what: bytes that no other user or question has */
    apr_size_t asked_length;
    apr_uint64_t xmin;   /**< of the snapshot it was read in */
    apr_uint64_t epoch;  /**< of the database, as chat_cursor_epoch() */
    apr_int64_t user_id; /**< of who asked */
    apr_time_t made_at;  /**< by the clock of whoever keeps them */
    chat_hash_t hash;    /**< of the answer */
} chat_cache_entry_t;

/** The key of what was asked. 0: OpenSSL has no memory. */
int chat_cache_entry_key(chat_response_cache_key_t *key, const chat_mac_t *mac, const char *asked,
                         apr_size_t length);

/** How many bytes chat_cache_entry_write() writes. */
apr_size_t chat_cache_entry_size(const chat_cache_entry_t *entry, const chat_mac_t *mac);

/** Write the entry; `mac` NULL: without a code. 0: OpenSSL has no memory. */
int chat_cache_entry_write(char *out, const chat_cache_entry_t *entry,
                           const chat_response_cache_key_t *key, const chat_mac_t *mac);

/**
 * Read it back: pointers go into `bytes`. APR_EINVAL: chat_cache_entry_write() has not made it so,
 * with this key and `mac`. Whether `asked` is what is asked now is the caller's to see.
 */
apr_status_t chat_cache_entry_read(chat_cache_entry_t *entry, const char *bytes, apr_size_t length,
                                   const chat_response_cache_key_t *key, const chat_mac_t *mac);
#endif
