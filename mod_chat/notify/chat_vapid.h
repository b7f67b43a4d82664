/**
 * @file chat_vapid.h
 * How this site identifies itself to push services: RFC 8292 (VAPID), a token signed with
 * ChatPushKey.
 *
 * A token is for one push service, its origin, and for twelve hours; it is used for one, as signing
 * costs as much as all the rest. Bounded: tokens for CHAT_VAPID_ORIGINS_MAX services are kept,
 * beyond that the oldest is made again. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_VAPID_H
#define MOD_CHAT_CHAT_VAPID_H
#include <apr_pools.h>
#include <apr_time.h>

#include "core/chat_p256.h"

#define CHAT_VAPID_ORIGINS_MAX 32
#define CHAT_VAPID_VALID_S 43200
#define CHAT_VAPID_USED_S 3600

typedef struct chat_vapid_t chat_vapid_t;

chat_vapid_t *chat_vapid_create(const chat_p256_t *key, const char *contact, apr_pool_t *p);

/**
 * The header Authorization for a service, with its name, valid until the next call. `origin`:
 * "https://push.example.org", with the port if it is not 443; `now` of chat_clock_now(), `wall` of
 * chat_clock_wall(). NULL: OpenSSL failed.
 */
const char *chat_vapid_header(chat_vapid_t *vapid, const char *origin, apr_time_t now,
                              apr_time_t wall);
#endif
