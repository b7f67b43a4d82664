#include "store/chat_cache.h"

#include <stdlib.h>
#include <string.h>

#include <apr_global_mutex.h>
#include <apr_strings.h>

#include <ap_provider.h>
#include <ap_socache.h>
#include <util_mutex.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/chat_clock.h"
#include "core/chat_counters.h"
#include "core/chat_log.h"
#include "store/chat_bell.h"
#include "store/chat_changes.h"
#include "store/chat_db.h"

#define CACHE_NAME "chat-cache"
#define SHMCB_DEFAULT CACHE_NAME "(33554432)" /* its own default is half a megabyte */
#define TRAILER_MAGIC APR_UINT64_C(0x33656863616374a1)
#define WRITTEN_S 2 /* longer than an answer can be taken for current without hearing anything */
#define COMPLAIN_US apr_time_from_sec(60)

typedef struct cache_key_t {
    apr_uint64_t high;
    apr_uint64_t low;
} cache_key_t;

/* Stands behind the answer and its link, so that the answer begins where the memory does. */
typedef struct trailer_t {
    apr_uint64_t magic;
    apr_uint64_t xmin;
    apr_int64_t user_id;
    apr_uint64_t link_length;
    chat_hash_t hash; /* of the answer */
} trailer_t;

static struct {
    const char *name; /* NULL: off */
    const char *args;
    const ap_socache_provider_t *provider;
    ap_socache_instance_t *instance;
    apr_global_mutex_t *mutex; /* guards `instance` where the provider asks for it; or NULL */
    int is_shared;             /* with other hosts */
    apr_time_t complained_at;  /* a child's own; who writes it last has complained */
} cache;

const char *chat_cache_configure(const char *value, apr_pool_t *pconf)
{
    const char *colon = strchr(value, ':');

    memset(&cache, 0, sizeof cache);
    if (strcasecmp(value, "off") == 0)
        return NULL;
    cache.name = colon ? apr_pstrmemdup(pconf, value, (apr_size_t)(colon - value)) : value;
    cache.args = colon ? colon + 1 : NULL;
    if (strcmp(cache.name, "shmcb") == 0 && !cache.args)
        cache.args = SHMCB_DEFAULT;
    cache.is_shared = strcmp(cache.name, "redis") == 0 || strcmp(cache.name, "memcache") == 0;
    cache.provider =
        ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, cache.name, AP_SOCACHE_PROVIDER_VERSION);
    if (!cache.provider)
        return apr_psprintf(pconf,
                            "there is no provider \"%s\": add LoadModule socache_%s_module "
                            "(a2enmod socache_%s) before this line",
                            cache.name, cache.name, cache.name);
    return cache.provider->create(&cache.instance, cache.args, pconf, pconf);
}

apr_status_t chat_cache_pre_config(apr_pool_t *pconf)
{
    memset(&cache, 0, sizeof cache);
    return ap_mutex_register(pconf, CACHE_NAME, NULL, APR_LOCK_DEFAULT, 0);
}

static apr_status_t cache_cleanup(void *data)
{
    cache.provider->destroy(cache.instance, data);
    return APR_SUCCESS;
}

static apr_status_t refuse(server_rec *s, apr_status_t rv, const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s, "ChatCache %s: %s", cache.name, what);
    return rv;
}

apr_status_t chat_cache_post_config(server_rec *s, apr_pool_t *pconf)
{
    struct ap_socache_hints hints = {.avg_id_len = sizeof(cache_key_t),
                                     .avg_obj_size = 8192,
                                     .expiry_interval = apr_time_from_sec(CHAT_CACHE_S)};
    apr_status_t rv = APR_SUCCESS;

    if (!cache.name)
        return APR_SUCCESS;
    rv = chat_changes_create(pconf);
    if (rv != APR_SUCCESS)
        return refuse(s, rv, "there is no shared memory for it");
    if (cache.provider->flags & AP_SOCACHE_FLAG_NOTMPSAFE)
        rv = ap_global_mutex_create(&cache.mutex, NULL, CACHE_NAME, NULL, s, pconf, 0);
    if (rv != APR_SUCCESS)
        return refuse(s, rv, "the mutex " CACHE_NAME " could not be made (see Mutex)");
    rv = cache.provider->init(cache.instance, CACHE_NAME, &hints, s, pconf);
    if (rv != APR_SUCCESS)
        return refuse(s, rv, "the provider could not begin (see DefaultRuntimeDir)");
    apr_pool_cleanup_register(pconf, s, cache_cleanup, apr_pool_cleanup_null);
    return APR_SUCCESS;
}

apr_status_t chat_cache_child_init(server_rec *s, apr_pool_t *pchild)
{
    apr_status_t rv;

    if (!cache.mutex)
        return APR_SUCCESS;
    rv = apr_global_mutex_child_init(&cache.mutex, apr_global_mutex_lockfile(cache.mutex), pchild);
    return rv == APR_SUCCESS ? rv : refuse(s, rv, "a child could not open the mutex");
}

/* ---- the provider ---- */

static void complain(server_rec *s, apr_status_t rv, const char *what)
{
    apr_time_t now = chat_clock_now();

    if (now < cache.complained_at + COMPLAIN_US)
        return;
    cache.complained_at = now;
    ap_log_error(APLOG_MARK, APLOG_WARNING, rv, s,
                 "ChatCache %s: %s; the database is asked instead", cache.name, what);
}

/* Fails in a child that a restart overtakes in its child_init: see chat_store_typing.c. */
static int lock(server_rec *s)
{
    apr_status_t rv = cache.mutex ? apr_global_mutex_lock(cache.mutex) : APR_SUCCESS;

    if (rv != APR_SUCCESS)
        complain(s, rv, "the mutex " CACHE_NAME " failed");
    return rv == APR_SUCCESS;
}

static void unlock(void)
{
    if (cache.mutex)
        apr_global_mutex_unlock(cache.mutex);
}

static apr_status_t retrieve(const cache_key_t *key, void *bytes, apr_size_t *length,
                             chat_ctx_t *ctx)
{
    server_rec *s = chat_db_server(ctx->db);
    unsigned int n = (unsigned int)*length;
    apr_status_t rv;

    if (!lock(s))
        return APR_EGENERAL;
    rv = cache.provider->retrieve(cache.instance, s, (const unsigned char *)key, sizeof *key, bytes,
                                  &n, ctx->pool);
    unlock();
    *length = n;
    return rv;
}

static void store(const cache_key_t *key, void *bytes, apr_size_t length, int seconds,
                  chat_ctx_t *ctx)
{
    server_rec *s = chat_db_server(ctx->db);
    apr_status_t rv;

    if (!lock(s))
        return;
    rv = cache.provider->store(cache.instance, s, (const unsigned char *)key, sizeof *key,
                               chat_clock_wall() + apr_time_from_sec(seconds), bytes,
                               (unsigned int)length, ctx->pool);
    unlock();
    if (rv != APR_SUCCESS)
        complain(s, rv, "an answer could not be kept");
}

/* ---- answers ---- */

static void add(XXH3_state_t *state, const char *text)
{
    static const char none[] = {1, 0}; /* no text is the same as that */

    if (text)
        XXH3_128bits_update(state, text, strlen(text) + 1);
    else
        XXH3_128bits_update(state, none, sizeof none);
}

static cache_key_t key_of(const chat_ctx_t *ctx, const char *question)
{
    apr_uint64_t database = chat_db_identity(ctx->db);
    XXH128_hash_t hash;
    XXH3_state_t state;

    XXH3_128bits_reset(&state);
    XXH3_128bits_update(&state, &database, sizeof database);
    add(&state, ctx->profile.external_id);
    add(&state, ctx->profile.username);
    add(&state, ctx->profile.display_name);
    add(&state, ctx->profile.email);
    add(&state, ctx->profile.avatar_url);
    add(&state, question);
    hash = XXH3_128bits_digest(&state);
    return (cache_key_t){hash.high64, hash.low64};
}

/* The user's name is all that is known of them before the database is asked. */
static cache_key_t written_key_of(const chat_ctx_t *ctx)
{
    apr_uint64_t database = chat_db_identity(ctx->db);
    XXH128_hash_t hash =
        XXH3_128bits_withSeed(ctx->profile.external_id, strlen(ctx->profile.external_id), database);

    return (cache_key_t){hash.high64, hash.low64};
}

static int has_written_elsewhere(chat_ctx_t *ctx)
{
    cache_key_t key = written_key_of(ctx);
    char mark;
    apr_size_t length = sizeof mark;

    return cache.is_shared && retrieve(&key, &mark, &length, ctx) != APR_NOTFOUND;
}

static int is_current(const trailer_t *trailer, chat_ctx_t *ctx)
{
    return trailer->magic == TRAILER_MAGIC &&
           chat_changes_is_current(chat_db_identity(ctx->db), trailer->user_id, trailer->xmin) &&
           !has_written_elsewhere(ctx);
}

/* Whether there is one that is current. */
static int get(chat_kept_t *kept, chat_ctx_t *ctx, const char *question)
{
    cache_key_t key = key_of(ctx, question);
    trailer_t trailer;

    kept->length = CHAT_CACHE_BYTES_MAX;
    if (retrieve(&key, kept->bytes, &kept->length, ctx) != APR_SUCCESS ||
        kept->length < sizeof trailer)
        return 0;
    kept->length -= sizeof trailer;
    memcpy(&trailer, kept->bytes + kept->length, sizeof trailer);
    if (!is_current(&trailer, ctx) || trailer.link_length > kept->length)
        return 0;
    kept->length -= (apr_size_t)trailer.link_length;
    kept->hash = trailer.hash;
    kept->link = trailer.link_length ? apr_pstrmemdup(ctx->pool, kept->bytes + kept->length,
                                                      (apr_size_t)trailer.link_length)
                                     : NULL;
    return 1;
}

int chat_cache_get(chat_kept_t *kept, chat_ctx_t *ctx, const char *question)
{
    if (!cache.name)
        return 0;
    if (!chat_changes_are_heard(chat_db_identity(ctx->db))) {
        chat_bell_watch(ctx->db);
        return 0;
    }
    kept->bytes = malloc(CHAT_CACHE_BYTES_MAX);
    if (kept->bytes && get(kept, ctx, question)) {
        chat_counters_add(CHAT_COUNTER_CACHE_HITS, 1);
        return 1;
    }
    free(kept->bytes);
    chat_counters_add(CHAT_COUNTER_CACHE_MISSES, 1);
    return 0;
}

static char *append(char *at, const void *bytes, apr_size_t length)
{
    if (length) /* of nothing there is no address */
        memcpy(at, bytes, length);
    return at + length;
}

void chat_cache_put(chat_ctx_t *ctx, const char *question, const char *bytes, apr_size_t length,
                    const char *link)
{
    apr_size_t link_length = link ? strlen(link) : 0;
    trailer_t trailer = {.magic = TRAILER_MAGIC,
                         .xmin = ctx->xmin,
                         .user_id = ctx->user.id,
                         .link_length = link_length};
    apr_size_t whole = length + link_length + sizeof trailer;
    cache_key_t key;
    char *entry;
    char *at;

    if (!cache.name || !ctx->xmin || whole > CHAT_CACHE_BYTES_MAX ||
        !chat_changes_are_heard(chat_db_identity(ctx->db)))
        return;
    trailer.hash = chat_hash(bytes, length);
    at = entry = apr_palloc(ctx->pool, whole);
    at = append(at, bytes, length);
    at = append(at, link, link_length);
    append(at, &trailer, sizeof trailer);
    key = key_of(ctx, question);
    store(&key, entry, whole, CHAT_CACHE_S, ctx);
}

void chat_cache_written(chat_ctx_t *ctx)
{
    cache_key_t key;
    char mark = 1;

    if (!cache.name)
        return;
    chat_changes_written(chat_db_identity(ctx->db), ctx->user.id);
    key = written_key_of(ctx);
    if (cache.is_shared)
        store(&key, &mark, sizeof mark, WRITTEN_S, ctx);
}
