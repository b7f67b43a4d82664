#include "cache/chat_socache.h"

#include <apr_strings.h>

#include <ap_provider.h>
#include <util_mutex.h>

#include "core/chat_clock.h"
#include "core/chat_log.h"

apr_status_t chat_socache_pre_config(const chat_socache_t *cache, apr_pool_t *pconf)
{
    return ap_mutex_register(pconf, cache->id, NULL, APR_LOCK_DEFAULT, 0);
}

int chat_socache_find(chat_socache_t *cache, const char *provider_name)
{
    cache->provider_name = provider_name;
    cache->provider =
        ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, provider_name, AP_SOCACHE_PROVIDER_VERSION);
    return cache->provider != NULL;
}

const char *chat_socache_create(chat_socache_t *cache, const char *args, apr_pool_t *ptemp,
                                apr_pool_t *pconf)
{
    return cache->provider->create(&cache->instance, args, ptemp, pconf);
}

static apr_status_t fail(const chat_socache_t *cache, server_rec *s, apr_status_t rv,
                         const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s, "%s: %s", cache->label, what);
    return rv;
}

typedef struct destroy_t {
    const ap_socache_provider_t *provider;
    ap_socache_instance_t *instance;
    server_rec *server;
} destroy_t;

static apr_status_t destroy(void *data)
{
    const destroy_t *made = data;

    made->provider->destroy(made->instance, made->server);
    return APR_SUCCESS;
}

apr_status_t chat_socache_post_config(chat_socache_t *cache, const struct ap_socache_hints *hints,
                                      int needs_mutex, server_rec *s, apr_pool_t *pconf)
{
    destroy_t *made = apr_palloc(pconf, sizeof *made);
    apr_status_t rv = APR_SUCCESS;

    if (needs_mutex || cache->provider->flags & AP_SOCACHE_FLAG_NOTMPSAFE)
        rv = ap_global_mutex_create(&cache->mutex, NULL, cache->id, NULL, s, pconf, 0);
    if (rv != APR_SUCCESS)
        return fail(cache, s, rv,
                    apr_psprintf(pconf,
                                 "the mutex %s could not be created (see the Mutex directive)",
                                 cache->id));
    rv = cache->provider->init(cache->instance, cache->id, hints, s, pconf);
    if (rv != APR_SUCCESS)
        return fail(cache, s, rv,
                    apr_psprintf(pconf,
                                 "the provider %s failed to initialize (see "
                                 "DefaultRuntimeDir)",
                                 cache->provider_name));
    made->provider = cache->provider;
    made->instance = cache->instance;
    made->server = s;
    apr_pool_cleanup_register(pconf, made, destroy, apr_pool_cleanup_null);
    return APR_SUCCESS;
}

apr_status_t chat_socache_child_init(chat_socache_t *cache, server_rec *s, apr_pool_t *pchild)
{
    apr_status_t rv = APR_SUCCESS;

    if (cache->mutex)
        rv = apr_global_mutex_child_init(&cache->mutex, apr_global_mutex_lockfile(cache->mutex),
                                         pchild);
    return rv == APR_SUCCESS ? rv : fail(cache, s, rv, "a child could not open the mutex");
}

apr_status_t chat_socache_lock(const chat_socache_t *cache)
{
    return cache->mutex ? apr_global_mutex_lock(cache->mutex) : APR_SUCCESS;
}

void chat_socache_unlock(const chat_socache_t *cache)
{
    if (cache->mutex)
        apr_global_mutex_unlock(cache->mutex);
}

apr_status_t chat_socache_retrieve(const chat_socache_t *cache, const void *key,
                                   apr_size_t key_length, void *bytes, apr_size_t *plength,
                                   server_rec *s, apr_pool_t *p)
{
    unsigned int length = (unsigned int)*plength;
    apr_status_t rv = cache->provider->retrieve(cache->instance, s, key, (unsigned int)key_length,
                                                bytes, &length, p);

    *plength = length;
    return rv;
}

/* Providers count by the wall clock. */
apr_status_t chat_socache_store(const chat_socache_t *cache, const void *key, apr_size_t key_length,
                                void *bytes, apr_size_t length, int seconds, server_rec *s,
                                apr_pool_t *p)
{
    return cache->provider->store(cache->instance, s, key, (unsigned int)key_length,
                                  chat_clock_wall() + apr_time_from_sec(seconds), bytes,
                                  (unsigned int)length, p);
}

void chat_socache_remove(const chat_socache_t *cache, const void *key, apr_size_t key_length,
                         server_rec *s, apr_pool_t *p)
{
    cache->provider->remove(cache->instance, s, key, (unsigned int)key_length, p);
}
