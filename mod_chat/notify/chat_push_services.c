#include "notify/chat_push_services.h"

#include <string.h>

#include <apr_strings.h>

#define ORIGIN_BYTES_MAX 280 /* of "https://", a name of 253 bytes, a port, and a NUL */
#define SHARE_US (apr_time_from_sec(CHAT_CURL_POST_TIMEOUT_S) / CHAT_PUSH_SERVICE_SENDING_MAX)

typedef struct service_t {
    char origin[ORIGIN_BYTES_MAX];
    int sending;
    int is_slow;         /* the last answer was */
    apr_time_t heard_at; /* that was then, or it was asked for the first of those being sent */
    apr_time_t free_at;  /* when those that were put off before are expected to have been sent */
} service_t;

struct chat_push_services_t {
    service_t all[CHAT_PUSH_SERVICES_MAX];
};

chat_push_services_t *chat_push_services_create(apr_pool_t *p)
{
    return apr_pcalloc(p, sizeof(chat_push_services_t));
}

static service_t *find(chat_push_services_t *services, const char *origin)
{
    int i;

    for (i = 0; i < CHAT_PUSH_SERVICES_MAX; i++)
        if (strcmp(services->all[i].origin, origin) == 0)
            return &services->all[i];
    return NULL;
}

/* In the place of the one that nothing is sent to for the longest time. */
static service_t *add(chat_push_services_t *services, const char *origin)
{
    service_t *oldest = NULL;
    int i;

    for (i = 0; i < CHAT_PUSH_SERVICES_MAX; i++) {
        service_t *service = &services->all[i];

        if (!service->sending && (!oldest || service->heard_at < oldest->heard_at))
            oldest = service;
    }
    if (!oldest)
        return NULL;
    memset(oldest, 0, sizeof *oldest);
    apr_cpystrn(oldest->origin, origin, sizeof oldest->origin);
    return oldest;
}

chat_push_service_t chat_push_services_begin(apr_int64_t *ppause_s, chat_push_services_t *services,
                                             const char *origin, apr_time_t now)
{
    service_t *service = find(services, origin);
    apr_time_t most = now + apr_time_from_sec(CHAT_PUSH_SERVICE_PAUSE_MAX_S);
    apr_time_t least = now + apr_time_from_sec(CHAT_CURL_POST_TIMEOUT_S);

    *ppause_s = 0;
    if (!service)
        service = add(services, origin);
    if (!service)
        return CHAT_PUSH_SERVICE_BUSY;
    if (service->sending < CHAT_PUSH_SERVICE_SENDING_MAX) {
        if (!service->sending++)
            service->heard_at = now;
        return CHAT_PUSH_SERVICE_READY;
    }
    if (!service->is_slow && now - service->heard_at <= CHAT_PUSH_SERVICE_SLOW_US)
        return CHAT_PUSH_SERVICE_BUSY;
    service->free_at = (service->free_at > least ? service->free_at : least) + SHARE_US;
    if (service->free_at > most)
        service->free_at = most;
    *ppause_s = apr_time_sec(service->free_at - now);
    return CHAT_PUSH_SERVICE_SLOW;
}

void chat_push_services_end(chat_push_services_t *services, const char *origin,
                            apr_interval_time_t duration, apr_time_t now)
{
    service_t *service = find(services, origin);

    if (!service)
        return;
    service->sending--;
    service->is_slow = duration > CHAT_PUSH_SERVICE_SLOW_US;
    service->heard_at = now;
}
