/**
 * @file chat_mac.h
 * Message authentication codes: HMAC-SHA256 (RFC 2104), by OpenSSL.
 *
 * Without the key nobody can make a code for a text or find another text with the same code, and
 * codes reveal nothing about the key. Threads: a key is created while httpd starts; any thread may
 * use it afterwards.
 */
#ifndef MOD_CHAT_CHAT_MAC_H
#define MOD_CHAT_CHAT_MAC_H
#include <apr_pools.h>

#define CHAT_MAC_BYTES 32

/** A key, ready for use. */
typedef struct chat_mac_t chat_mac_t;

/** A part of the text to authenticate. */
typedef struct chat_part_t {
    const void *bytes;
    apr_size_t length;
} chat_part_t;

/** NULL: OpenSSL has no memory, or no SHA-256. The key is wiped when `p` is destroyed. */
chat_mac_t *chat_mac_create(const void *key, apr_size_t length, apr_pool_t *p);

/** The code of the concatenated parts; it does not depend on where one part ends. 0: OpenSSL has
 * no memory. */
int chat_mac_make(unsigned char out[CHAT_MAC_BYTES], const chat_mac_t *mac,
                  const chat_part_t *parts, int count);

/** Whether two codes are equal, in constant time. */
int chat_mac_is_same(const void *one, const void *other, apr_size_t length);
#endif
