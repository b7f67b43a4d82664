#include "store/chat_cache.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <apr_global_mutex.h>
#include <apr_strings.h>

#include <ap_provider.h>
#include <ap_socache.h>
#include <http_core.h>
#include <util_mutex.h>

#include "core/chat_clock.h"
#include "core/chat_metrics.h"
#include "core/chat_cursor.h"
#include "core/chat_log.h"
#include "store/chat_commit_hook.h"
#include "store/chat_cache_entry.h"
#include "store/chat_changes.h"
#include "store/chat_db.h"

#define CACHE_NAME "chat-cache"
#define SHMCB_DEFAULT CACHE_NAME "(33554432)" /* its own default is half a megabyte */
/* Longer than an answer can be taken for current without hearing anything, also where a store
 * counts in whole seconds. */
#define WRITTEN_S 4
#define COMPLAIN_US apr_time_from_sec(60)

static struct {
    const char *name; /* NULL: off */
    const char *args;
    const ap_socache_provider_t *provider;
    ap_socache_instance_t *instance;
    apr_global_mutex_t *mutex; /* guards `instance` where the provider asks for it; or NULL */
    int is_local;              /* in memory of this host, which nobody else can write */
    const chat_mac_t *mac;     /* of keys and entries */
    const chat_mac_t *marking; /* of the keys of marks: the same at all hosts, and no secret */
    _Atomic apr_time_t complained_at; /* a child's own */
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
    cache.is_local = strcmp(cache.name, "shmcb") == 0;
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

static void advise(server_rec *s)
{
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                 "ChatCache %s: without a ChatSecret (outside of virtual hosts) no host uses what "
                 "another has kept: give the same one to all",
                 cache.name);
}

apr_status_t chat_cache_post_config(server_rec *s, const chat_mac_t *mac, int is_common,
                                    apr_pool_t *pconf)
{
    static const char public_key[] = "mod_chat: who has written";
    struct ap_socache_hints hints = {.avg_id_len = sizeof(chat_cache_key_t),
                                     .avg_obj_size = 8192,
                                     .expiry_interval = apr_time_from_sec(CHAT_CACHE_S)};
    apr_status_t rv = APR_SUCCESS;

    if (!cache.name)
        return APR_SUCCESS;
    cache.mac = mac;
    cache.marking = chat_mac_create(public_key, sizeof public_key, pconf);
    if (!cache.mac || !cache.marking)
        return refuse(s, APR_EGENERAL, "OpenSSL cannot make an HMAC-SHA256");
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
    if (!cache.is_local && !is_common)
        advise(s);
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
    apr_time_t before = atomic_load(&cache.complained_at);

    if (now < before + COMPLAIN_US ||
        !atomic_compare_exchange_strong(&cache.complained_at, &before, now))
        return;
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

static apr_status_t retrieve(const chat_cache_key_t *key, void *bytes, apr_size_t *length,
                             chat_ctx_t *ctx)
{
    server_rec *s = chat_db_server(ctx->db);
    unsigned int n = (unsigned int)*length;
    apr_status_t rv;

    if (!lock(s))
        return APR_EGENERAL;
    rv = cache.provider->retrieve(cache.instance, s, key->bytes, sizeof key->bytes, bytes, &n,
                                  ctx->pool);
    unlock();
    *length = n;
    return rv;
}

static void store(const chat_cache_key_t *key, void *bytes, apr_size_t length, int seconds,
                  chat_ctx_t *ctx)
{
    server_rec *s = chat_db_server(ctx->db);
    apr_status_t rv;

    if (!lock(s))
        return;
    rv = cache.provider->store(cache.instance, s, key->bytes, sizeof key->bytes,
                               chat_clock_wall() + apr_time_from_sec(seconds), bytes,
                               (unsigned int)length, ctx->pool);
    unlock();
    if (rv != APR_SUCCESS)
        complain(s, rv, "an answer could not be kept");
}

/* ---- answers ---- */

/* What is asked, as bytes that nothing else has: each text with its NUL, in front of which it says
 * whether there is one. */
typedef struct asked_t {
    char *bytes;
    apr_size_t length;
} asked_t;

static apr_size_t room_for(const char *text)
{
    return text ? strlen(text) + 2 : 2;
}

static char *add(char *at, const char *text)
{
    apr_size_t length = text ? strlen(text) : 0;

    *at++ = text ? '+' : '-';
    memcpy(at, text ? text : "", length + 1);
    return at + length + 1;
}

/* A field of the profile that is missing here lets two users share an answer. */
_Static_assert(sizeof(chat_profile_t) == 6 * sizeof(const char *), "all of the profile is asked");

static void ask(asked_t *asked, const chat_ctx_t *ctx, const char *const *question, int count)
{
    apr_uint64_t database = chat_db_identity(ctx->db);
    const chat_profile_t *user = &ctx->profile;
    const char *const profile[] = {user->external_id,  user->former_id, user->username,
                                   user->display_name, user->email,     user->avatar_url};
    apr_size_t length = sizeof database;
    char *at;
    int i;

    for (i = 0; i < CHAT_COUNT(profile); i++)
        length += room_for(profile[i]);
    for (i = 0; i < count; i++)
        length += room_for(question[i]);
    asked->length = length;
    asked->bytes = at = apr_palloc(ctx->pool, length);
    memcpy(at, &database, sizeof database);
    at += sizeof database;
    for (i = 0; i < CHAT_COUNT(profile); i++)
        at = add(at, profile[i]);
    for (i = 0; i < count; i++)
        at = add(at, question[i]);
}

/* What identifies the user is all that is known of them before the database is asked. */
static int mark_key(chat_cache_key_t *key, const chat_ctx_t *ctx)
{
    apr_uint64_t database = chat_db_identity(ctx->db);
    const char *name = ctx->profile.external_id;
    const chat_part_t parts[] = {{&database, sizeof database}, {name, strlen(name)}};
    unsigned char code[CHAT_MAC_BYTES];

    if (!chat_mac_make(code, cache.marking, parts, CHAT_COUNT(parts)))
        return 0;
    memcpy(key->bytes, code, sizeof key->bytes);
    return 1;
}

static int has_written_elsewhere(chat_ctx_t *ctx)
{
    chat_cache_key_t key;
    char mark;
    apr_size_t length = sizeof mark;

    return !cache.is_local &&
           (!mark_key(&key, ctx) || retrieve(&key, &mark, &length, ctx) != APR_NOTFOUND);
}

/* A store counts by the wall clock, and so do hosts that share one. */
static apr_time_t now_of_store(void)
{
    return cache.is_local ? chat_clock_now() : chat_clock_wall();
}

/* What was made in a future was so before the clock was set back; nobody knows how long ago. */
static int is_young(const chat_cache_entry_t *entry)
{
    apr_time_t age = now_of_store() - entry->made_at;

    return age < apr_time_from_sec(CHAT_CACHE_S) && age > -apr_time_from_sec(CHAT_CACHE_S);
}

static int is_for(const chat_cache_entry_t *entry, const asked_t *asked)
{
    return entry->asked_length == asked->length &&
           memcmp(entry->asked, asked->bytes, asked->length) == 0;
}

static int is_current(const chat_cache_entry_t *entry, chat_ctx_t *ctx)
{
    return is_young(entry) &&
           chat_changes_is_current(chat_db_identity(ctx->db), entry->user_id, entry->xmin,
                                   entry->epoch) &&
           !has_written_elsewhere(ctx);
}

/* What is kept under the key, made by this site. */
static int find(chat_cache_entry_t *entry, char *bytes, const chat_cache_key_t *key,
                chat_ctx_t *ctx)
{
    const chat_mac_t *mac = cache.is_local ? NULL : cache.mac;
    apr_size_t length = CHAT_CACHE_BYTES_MAX;
    apr_status_t rv = retrieve(key, bytes, &length, ctx);

    if (rv == APR_SUCCESS)
        rv = chat_cache_entry_read(entry, bytes, length, key, mac);
    else if (rv != APR_ENOMEM) /* longer than any answer that is kept */
        return 0;
    if (rv != APR_SUCCESS)
        complain(chat_db_server(ctx->db), 0,
                 "an answer in the store is forged or damaged (see who else can write to it)");
    return rv == APR_SUCCESS;
}

/* Whether there is one that is current. */
static int get(chat_kept_t *kept, chat_ctx_t *ctx, const asked_t *asked)
{
    chat_cache_entry_t entry;
    chat_cache_key_t key;

    if (!chat_cache_entry_key(&key, cache.mac, asked->bytes, asked->length) ||
        !find(&entry, kept->bytes, &key, ctx) || !is_for(&entry, asked) || !is_current(&entry, ctx))
        return 0;
    kept->length = entry.answer_length;
    kept->hash = entry.hash;
    kept->link =
        entry.link_length ? apr_pstrmemdup(ctx->pool, entry.link, entry.link_length) : NULL;
    return 1;
}

int chat_cache_get(chat_kept_t *kept, chat_ctx_t *ctx, const char *const *question, int count)
{
    asked_t asked;

    if (!cache.name)
        return 0;
    if (!chat_changes_are_heard(chat_db_identity(ctx->db))) {
        chat_commit_hook_need_feed(ctx->db, 1);
        return 0;
    }
    ask(&asked, ctx, question, count);
    kept->bytes = malloc(CHAT_CACHE_BYTES_MAX);
    if (kept->bytes && get(kept, ctx, &asked)) {
        chat_metrics_count(CHAT_COUNTER_CACHE_HITS, 1);
        return 1;
    }
    free(kept->bytes);
    chat_metrics_count(CHAT_COUNTER_CACHE_MISSES, 1);
    return 0;
}

static void put(chat_cache_entry_t *entry, chat_ctx_t *ctx, const asked_t *asked)
{
    const chat_mac_t *mac = cache.is_local ? NULL : cache.mac;
    apr_size_t length;
    chat_cache_key_t key;
    char *bytes;

    entry->asked = asked->bytes;
    entry->asked_length = asked->length;
    length = chat_cache_entry_size(entry, mac);
    if (length > CHAT_CACHE_BYTES_MAX ||
        !chat_cache_entry_key(&key, cache.mac, asked->bytes, asked->length))
        return;
    bytes = apr_palloc(ctx->pool, length);
    if (chat_cache_entry_write(bytes, entry, &key, mac))
        store(&key, bytes, length, CHAT_CACHE_S, ctx);
}

void chat_cache_put(chat_ctx_t *ctx, const char *const *question, int count, const char *bytes,
                    apr_size_t length, const char *link)
{
    chat_cache_entry_t entry = {.answer = bytes,
                                .answer_length = length,
                                .link = link,
                                .link_length = link ? strlen(link) : 0,
                                .xmin = ctx->xmin,
                                .epoch = chat_cursor_epoch(ctx->epoch),
                                .user_id = ctx->user.id};
    asked_t asked;

    if (!cache.name || !ctx->xmin || !chat_changes_are_heard(chat_db_identity(ctx->db)))
        return;
    entry.hash = chat_hash_answer(bytes, length, ctx->epoch);
    entry.made_at = now_of_store();
    ask(&asked, ctx, question, count);
    put(&entry, ctx, &asked);
}

void chat_cache_written(chat_ctx_t *ctx)
{
    chat_cache_key_t key;
    char mark = 1;

    if (!cache.name)
        return;
    chat_changes_written(chat_db_identity(ctx->db), ctx->user.id);
    if (!cache.is_local && mark_key(&key, ctx))
        store(&key, &mark, sizeof mark, WRITTEN_S, ctx);
}
