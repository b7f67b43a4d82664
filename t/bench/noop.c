/*
 * What httpd costs without a database, to hold the module's answers against:
 *
 *   SetHandler bench-noop    an answer of the size of a page of messages, from memory
 *   SetHandler bench-shmcb   the same out of the shared cache of mod_socache_shmcb, under its mutex
 *
 * As the chat does, it answers for its paths before httpd looks for a file of that name.
 */
#include <string.h>

#include <apr_strings.h>

#include <ap_provider.h>
#include <ap_socache.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <httpd.h>
#include <util_mutex.h>

#define BENCH_ROOT "/bench/"
#define BENCH_BODY_BYTES 12288
#define BENCH_MUTEX "bench-socache"

APLOG_USE_MODULE(bench);

static const unsigned char key[] = "page:0001";
static char body[BENCH_BODY_BYTES];
static const ap_socache_provider_t *provider;
static ap_socache_instance_t *cache;
static apr_global_mutex_t *mutex;

static int claim(request_rec *r)
{
    return strncmp(r->uri, BENCH_ROOT, strlen(BENCH_ROOT)) == 0 ? OK : DECLINED;
}

static int answer(request_rec *r, const char *bytes, unsigned int count)
{
    ap_set_content_type(r, "application/json");
    ap_set_content_length(r, count);
    ap_rwrite(bytes, (int)count, r);
    return OK;
}

/* Fills the cache when it is empty, or has lost the entry. */
static int answer_from_cache(request_rec *r)
{
    unsigned int count = BENCH_BODY_BYTES;
    unsigned char *found = apr_palloc(r->pool, count);
    apr_status_t rv;

    apr_global_mutex_lock(mutex);
    rv = provider->retrieve(cache, r->server, key, sizeof key - 1, found, &count, r->pool);
    if (rv != APR_SUCCESS) {
        count = BENCH_BODY_BYTES;
        memcpy(found, body, count);
        rv = provider->store(cache, r->server, key, sizeof key - 1,
                             apr_time_now() + apr_time_from_sec(3600), found, count, r->pool);
    }
    apr_global_mutex_unlock(mutex);
    if (rv != APR_SUCCESS)
        return HTTP_INTERNAL_SERVER_ERROR;
    return answer(r, (const char *)found, count);
}

static int handle(request_rec *r)
{
    if (!r->handler)
        return DECLINED;
    if (strcmp(r->handler, "bench-noop") == 0)
        return answer(r, body, sizeof body);
    if (strcmp(r->handler, "bench-shmcb") == 0)
        return answer_from_cache(r);
    return DECLINED;
}

static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    return ap_mutex_register(pconf, BENCH_MUTEX, NULL, APR_LOCK_DEFAULT, 0) == APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const struct ap_socache_hints hints = {.avg_obj_size = BENCH_BODY_BYTES,
                                           .avg_id_len = sizeof key - 1,
                                           .expiry_interval = apr_time_from_sec(3600)};
    const char *path = ap_runtime_dir_relative(ptemp, "bench-shmcb(4194304)");
    const char *error;

    (void)plog;
    memset(body, 'x', sizeof body);
    body[0] = body[sizeof body - 1] = '"';
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    provider = ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, "shmcb", AP_SOCACHE_PROVIDER_VERSION);
    if (!provider)
        return HTTP_INTERNAL_SERVER_ERROR;
    error = provider->create(&cache, path, ptemp, pconf);
    if (error) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s, "bench: %s", error);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (ap_global_mutex_create(&mutex, NULL, BENCH_MUTEX, NULL, s, pconf, 0) != APR_SUCCESS ||
        provider->init(cache, "bench", &hints, s, pconf) != APR_SUCCESS)
        return HTTP_INTERNAL_SERVER_ERROR;
    return OK;
}

static void child_init(apr_pool_t *pchild, server_rec *s)
{
    const char *file = apr_global_mutex_lockfile(mutex);
    apr_status_t rv = apr_global_mutex_child_init(&mutex, file, pchild);

    if (rv != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s, "bench: the mutex");
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_translate_name(claim, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_map_to_storage(claim, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA bench_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, AP_MODULE_FLAG_NONE};
