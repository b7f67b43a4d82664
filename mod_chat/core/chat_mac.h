/**
 * @file chat_mac.h
 * Message authentication codes: HMAC-SHA256 (RFC 2104), by OpenSSL.
 *
 * Who does not know the key finds no text for a code, no second text with the same one, and learns
 * nothing of a key from codes. Threads: a key is made while httpd starts, and used by any thread
 * ever after.
 */
#ifndef MOD_CHAT_CHAT_MAC_H
#define MOD_CHAT_CHAT_MAC_H
#include <apr_pools.h>

#define CHAT_MAC_BYTES 32

/** A key, ready for use. */
typedef struct chat_mac_t chat_mac_t;

/** A part of a text. */
typedef struct chat_part_t {
    const void *bytes;
    apr_size_t length;
} chat_part_t;

/** NULL: OpenSSL has no memory, or no SHA-256. Lives as long as `p`, which then wipes the key. */
chat_mac_t *chat_mac_create(const void *key, apr_size_t length, apr_pool_t *p);

/** The code of the parts in a row, as if they were one text: where they end is not in it. 0:
 * OpenSSL has no memory. */
int chat_mac_make(unsigned char out[CHAT_MAC_BYTES], const chat_mac_t *mac,
                  const chat_part_t *parts, int count);

/** Whether two codes are the same, in a time that does not depend on how nearly they are. */
int chat_mac_is_same(const void *one, const void *other, apr_size_t length);
#endif
