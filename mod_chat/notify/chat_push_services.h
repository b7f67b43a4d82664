/**
 * @file chat_push_services.h
 * How many pushes go to each push service at once, so that a slow one does not hold up the others.
 *
 * A service has at most CHAT_PUSH_SERVICE_SENDING_MAX at a time. When these are under way and it is
 * quick, further ones wait for a moment. When it is slow, they are put off: each to a time of its
 * own, as much later as the service is expected to take, so that they do not all come back at once.
 *
 * Bounded: CHAT_PUSH_SERVICES_MAX services are known; then one that nothing is sent to is
 * forgotten. Ownership: lives in the pool given. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_PUSH_SERVICES_H
#define MOD_CHAT_CHAT_PUSH_SERVICES_H
#include <apr_pools.h>
#include <apr_time.h>

#include "notify/chat_curl.h"

#define CHAT_PUSH_SERVICES_MAX 64 /**< more than pushes are sent at once */
#define CHAT_PUSH_SERVICE_SENDING_MAX 8
#define CHAT_PUSH_SERVICE_SLOW_US apr_time_from_sec(1) /**< for an answer */
#define CHAT_PUSH_SERVICE_PAUSE_MAX_S 600

typedef struct chat_push_services_t chat_push_services_t;

/** Whether a push may be sent. */
typedef enum {
    CHAT_PUSH_SERVICE_READY,
    CHAT_PUSH_SERVICE_BUSY, /**< soon */
    CHAT_PUSH_SERVICE_SLOW  /**< later */
} chat_push_service_t;

chat_push_services_t *chat_push_services_create(apr_pool_t *p);

/**
 * Ask to send a push to a service, of which `origin` is "https://push.example.org"; `now` is of
 * chat_clock_now(). READY: it counts as being sent, until chat_push_services_end(). SLOW:
 * `*ppause_s` is how long it is put off.
 */
chat_push_service_t chat_push_services_begin(apr_int64_t *ppause_s, chat_push_services_t *services,
                                             const char *origin, apr_time_t now);

/** It has ended; it took so long. */
void chat_push_services_end(chat_push_services_t *services, const char *origin,
                            apr_interval_time_t duration, apr_time_t now);
#endif
