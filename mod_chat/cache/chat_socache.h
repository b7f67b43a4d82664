/**
 * @file chat_socache.h
 * A cache of a mod_socache provider, with its mutex.
 *
 * There may be several, each with an id, which names its mutex (Mutex directive) and its memory.
 * Errors at start-up are logged with advice. Threads: any, in any child, while the cache is locked;
 * the functions for start-up on the main thread.
 */
#ifndef MOD_CHAT_CHAT_SOCACHE_H
#define MOD_CHAT_CHAT_SOCACHE_H
#include <httpd.h>

#include <ap_socache.h>
#include <apr_global_mutex.h>

/** The caller initializes the first two fields; the others are private. */
typedef struct chat_socache_t {
    const char *id;
    const char *label; /**< the beginning of log lines */
    const char *provider_name;
    const ap_socache_provider_t *provider; /**< NULL: there is no cache */
    ap_socache_instance_t *instance;
    apr_global_mutex_t *mutex; /**< NULL: the provider needs none */
} chat_socache_t;

/** In pre_config: register the mutex. */
apr_status_t chat_socache_pre_config(const chat_socache_t *cache, apr_pool_t *pconf);

/** Find the provider ("shmcb"). 0: it is not loaded. */
int chat_socache_find(chat_socache_t *cache, const char *provider_name);

/** Parse the provider's arguments (NULL: its default); returns an error message or NULL. */
const char *chat_socache_create(chat_socache_t *cache, const char *args, apr_pool_t *ptemp,
                                apr_pool_t *pconf);

/** In post_config: create the mutex, if the provider or the caller (`needs_mutex`) needs one, and
 * the memory. */
apr_status_t chat_socache_post_config(chat_socache_t *cache, const struct ap_socache_hints *hints,
                                      int needs_mutex, server_rec *s, apr_pool_t *pconf);

/** In child_init. */
apr_status_t chat_socache_child_init(chat_socache_t *cache, server_rec *s, apr_pool_t *pchild);

/**
 * Lock it. It fails in a child whose child_init runs during a graceful restart: APR destroys a
 * mutex that no child has attached to yet, and then locking returns EINVAL for as long as the child
 * lives. So callers must go on without the cache.
 */
apr_status_t chat_socache_lock(const chat_socache_t *cache);
void chat_socache_unlock(const chat_socache_t *cache);

/* ---- while it is locked ---- */

/** `*plength`: the size of `bytes`, and afterwards the length of the data. */
apr_status_t chat_socache_retrieve(const chat_socache_t *cache, const void *key,
                                   apr_size_t key_length, void *bytes, apr_size_t *plength,
                                   server_rec *s, apr_pool_t *p);
apr_status_t chat_socache_store(const chat_socache_t *cache, const void *key, apr_size_t key_length,
                                void *bytes, apr_size_t length, int seconds, server_rec *s,
                                apr_pool_t *p);
void chat_socache_remove(const chat_socache_t *cache, const void *key, apr_size_t key_length,
                         server_rec *s, apr_pool_t *p);
#endif
