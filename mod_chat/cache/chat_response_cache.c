#include "cache/chat_response_cache.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <http_core.h>

#include "cache/chat_cache_entry.h"
#include "cache/chat_invalidation.h"
#include "cache/chat_socache.h"
#include "core/chat_clock.h"
#include "core/chat_cursor.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "db/chat_db.h"
#include "http/chat_reply.h"
#include "store/chat_commit_hook.h"
#include "store/chat_store_user.h"

#define CACHE_ID "chat-cache"
#define SHMCB_DEFAULT CACHE_ID "(33554432)" /* its own default is half a megabyte */
/* Longer than a response is used without a poll of a feed, also with providers that count whole
 * seconds. */
#define WRITTEN_S 4
#define COMPLAIN_US apr_time_from_sec(60)

static chat_socache_t cache;
static struct {
    int is_local;              /* in memory of this host, which nobody else can write */
    const chat_mac_t *mac;     /* of keys and entries */
    const chat_mac_t *marking; /* of the keys of marks: the same at all hosts, and not secret */
    _Atomic apr_time_t complained_at; /* a child's own */
} ours;

/* ---- start ---- */

const char *chat_response_cache_configure(const char *value, apr_pool_t *pconf)
{
    const char *colon = strchr(value, ':');
    const char *name = colon ? apr_pstrmemdup(pconf, value, (apr_size_t)(colon - value)) : value;
    const char *args = colon ? colon + 1 : NULL;

    cache.provider = NULL;
    if (strcasecmp(value, "off") == 0)
        return NULL;
    ours.is_local = strcmp(name, "shmcb") == 0;
    if (ours.is_local && !args)
        args = SHMCB_DEFAULT;
    cache.label = apr_pstrcat(pconf, "ChatCache ", name, NULL);
    if (!chat_socache_find(&cache, name))
        return apr_psprintf(pconf,
                            "there is no provider \"%s\": add LoadModule socache_%s_module "
                            "(a2enmod socache_%s) before this line",
                            name, name, name);
    return chat_socache_create(&cache, args, pconf, pconf);
}

apr_status_t chat_response_cache_pre_config(apr_pool_t *pconf)
{
    memset(&cache, 0, sizeof cache);
    memset(&ours, 0, sizeof ours);
    cache.id = CACHE_ID;
    return chat_socache_pre_config(&cache, pconf);
}

static void advise(server_rec *s)
{
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                 "%s: without ChatSecret in the main server no host uses entries of another host: "
                 "set the same ChatSecret on all hosts",
                 cache.label);
}

static void note_write(chat_ctx_t *ctx);

apr_status_t chat_response_cache_post_config(server_rec *s, const chat_mac_t *mac, int is_common,
                                             apr_pool_t *pconf)
{
    static const char public_key[] = "mod_chat: who has written";
    struct ap_socache_hints hints = {.avg_id_len = sizeof(chat_response_cache_key_t),
                                     .avg_obj_size = 8192,
                                     .expiry_interval = apr_time_from_sec(CHAT_RESPONSE_CACHE_S)};
    apr_status_t rv;

    chat_store_user_on_write(cache.provider ? note_write : NULL);
    if (!cache.provider)
        return APR_SUCCESS;
    ours.mac = mac;
    ours.marking = chat_mac_create(public_key, sizeof public_key, pconf);
    rv = ours.mac && ours.marking ? chat_invalidation_create(pconf) : APR_EGENERAL;
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s,
                     "%s: its keys (OpenSSL) or its shared memory could not be created",
                     cache.label);
        return rv;
    }
    rv = chat_socache_post_config(&cache, &hints, 0, s, pconf);
    if (rv != APR_SUCCESS)
        return rv;
    if (!ours.is_local && !is_common)
        advise(s);
    return APR_SUCCESS;
}

apr_status_t chat_response_cache_child_init(server_rec *s, apr_pool_t *pchild)
{
    return chat_socache_child_init(&cache, s, pchild);
}

/* ---- the store ---- */

static void complain(server_rec *s, apr_status_t rv, const char *what)
{
    apr_time_t now = chat_clock_now();
    apr_time_t before = atomic_load(&ours.complained_at);

    if (now < before + COMPLAIN_US ||
        !atomic_compare_exchange_strong(&ours.complained_at, &before, now))
        return;
    ap_log_error(APLOG_MARK, APLOG_WARNING, rv, s, "%s: %s; requests use the database instead",
                 cache.label, what);
}

static int lock(server_rec *s)
{
    apr_status_t rv = chat_socache_lock(&cache);

    if (rv != APR_SUCCESS)
        complain(s, rv, "the mutex " CACHE_ID " failed");
    return rv == APR_SUCCESS;
}

static apr_status_t retrieve(const chat_response_cache_key_t *key, void *bytes, apr_size_t *plength,
                             chat_ctx_t *ctx)
{
    server_rec *s = chat_db_server(ctx->db);
    apr_status_t rv;

    if (!lock(s))
        return APR_EGENERAL;
    rv = chat_socache_retrieve(&cache, key->bytes, sizeof key->bytes, bytes, plength, s, ctx->pool);
    chat_socache_unlock(&cache);
    return rv;
}

static void store(const chat_response_cache_key_t *key, void *bytes, apr_size_t length, int seconds,
                  chat_ctx_t *ctx)
{
    server_rec *s = chat_db_server(ctx->db);
    apr_status_t rv;

    if (!lock(s))
        return;
    rv = chat_socache_store(&cache, key->bytes, sizeof key->bytes, bytes, length, seconds, s,
                            ctx->pool);
    chat_socache_unlock(&cache);
    if (rv != APR_SUCCESS)
        complain(s, rv, "a response could not be stored");
}

/* ---- the request ---- */

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

/* A field of the profile that is missing below lets two users share a response. */
_Static_assert(sizeof(chat_profile_t) == 6 * sizeof(const char *), "all of the profile is asked");

/* What a response depends on, as bytes that nothing else has: each text with its NUL, and before it
 * whether there is one. A directive that changes responses is added here; a virtual host always
 * makes a difference. */
static void ask(asked_t *asked, const chat_request_t *req)
{
    const server_rec *s = req->r->server;
    const chat_profile_t *user = &req->ctx->profile;
    const apr_array_header_t *roots = req->config->roots;
    const char *const texts[] = {
        user->external_id,
        user->former_id,
        user->username,
        user->display_name,
        user->email,
        user->avatar_url,
        s->server_hostname,
        s->defn_name,
        s->is_virtual ? apr_itoa(req->pool, (int)s->defn_line_number) : NULL,
        chat_request_has_relative_links(req) ? "" : NULL,
        req->root, /* as it was requested: links in responses repeat it */
        req->path,
        req->r->args,
        roots && roots->nelts ? APR_ARRAY_IDX(roots, 0, const char *) : NULL,
        req->config->notification_link};
    apr_uint64_t database = chat_db_identity(req->ctx->db);
    char *at;
    int i;

    asked->length = sizeof database;
    for (i = 0; i < CHAT_COUNT(texts); i++)
        asked->length += room_for(texts[i]);
    asked->bytes = at = apr_palloc(req->pool, asked->length);
    memcpy(at, &database, sizeof database);
    at += sizeof database;
    for (i = 0; i < CHAT_COUNT(texts); i++)
        at = add(at, texts[i]);
}

/* ---- who has written at another host ---- */

/* Before the first statement only the identifier of the user is known. */
static int mark_key(chat_response_cache_key_t *key, const chat_ctx_t *ctx)
{
    apr_uint64_t database = chat_db_identity(ctx->db);
    const char *name = ctx->profile.external_id;
    const chat_part_t parts[] = {{&database, sizeof database}, {name, strlen(name)}};
    unsigned char code[CHAT_MAC_BYTES];

    if (!chat_mac_make(code, ours.marking, parts, CHAT_COUNT(parts)))
        return 0;
    memcpy(key->bytes, code, sizeof key->bytes);
    return 1;
}

static int has_written_elsewhere(chat_ctx_t *ctx)
{
    chat_response_cache_key_t key;
    char mark;
    apr_size_t length = sizeof mark;

    return !ours.is_local &&
           (!mark_key(&key, ctx) || retrieve(&key, &mark, &length, ctx) != APR_NOTFOUND);
}

static void note_write(chat_ctx_t *ctx)
{
    chat_response_cache_key_t key;
    char mark = 1;

    chat_invalidation_written(chat_db_identity(ctx->db), ctx->user.id);
    if (!ours.is_local && mark_key(&key, ctx))
        store(&key, &mark, sizeof mark, WRITTEN_S, ctx);
}

/* ---- responses ---- */

/* Providers use the wall clock, and so do hosts that share one. */
static apr_time_t now_of_store(void)
{
    return ours.is_local ? chat_clock_now() : chat_clock_wall();
}

/* An entry from the future was made before the clock was set back: its age is not known. */
static int is_young(const chat_cache_entry_t *entry)
{
    apr_time_t age = now_of_store() - entry->made_at;

    return age < apr_time_from_sec(CHAT_RESPONSE_CACHE_S) &&
           age > -apr_time_from_sec(CHAT_RESPONSE_CACHE_S);
}

static int is_for(const chat_cache_entry_t *entry, const asked_t *asked)
{
    return entry->asked_length == asked->length &&
           memcmp(entry->asked, asked->bytes, asked->length) == 0;
}

static int is_current(const chat_cache_entry_t *entry, chat_ctx_t *ctx)
{
    return is_young(entry) &&
           chat_invalidation_is_current(chat_db_identity(ctx->db), entry->user_id, entry->xmin,
                                        entry->epoch) &&
           !has_written_elsewhere(ctx);
}

/* The entry with this key, if this site has made it. */
static int find(chat_cache_entry_t *entry, char *bytes, const chat_response_cache_key_t *key,
                chat_ctx_t *ctx)
{
    const chat_mac_t *mac = ours.is_local ? NULL : ours.mac;
    apr_size_t length = CHAT_RESPONSE_CACHE_BYTES_MAX;
    apr_status_t rv = retrieve(key, bytes, &length, ctx);

    if (rv == APR_SUCCESS)
        rv = chat_cache_entry_read(entry, bytes, length, key, mac);
    else if (rv != APR_ENOMEM) /* longer than any entry */
        return 0;
    if (rv != APR_SUCCESS)
        complain(chat_db_server(ctx->db), 0,
                 "an entry is forged or damaged: check who can write to this cache");
    return rv == APR_SUCCESS;
}

/* Answer with the entry. 0: there is none that is current. */
static int get(chat_request_t *req, const asked_t *asked)
{
    char *bytes = malloc(CHAT_RESPONSE_CACHE_BYTES_MAX);
    chat_cache_entry_t entry;
    chat_response_cache_key_t key;

    if (!bytes || !chat_cache_entry_key(&key, ours.mac, asked->bytes, asked->length) ||
        !find(&entry, bytes, &key, req->ctx) || !is_for(&entry, asked) ||
        !is_current(&entry, req->ctx)) {
        free(bytes);
        return 0;
    }
    if (entry.link_length)
        apr_table_setn(req->r->headers_out, "Link",
                       apr_pstrmemdup(req->pool, entry.link, entry.link_length));
    chat_reply_cached(req, bytes, entry.answer_length, entry.hash);
    return 1;
}

static void put(chat_request_t *req, const asked_t *asked)
{
    const chat_ctx_t *ctx = req->ctx;
    const chat_mac_t *mac = ours.is_local ? NULL : ours.mac;
    const char *link = apr_table_get(req->r->headers_out, "Link");
    chat_cache_entry_t entry = {.link = link,
                                .link_length = link ? strlen(link) : 0,
                                .asked = asked->bytes,
                                .asked_length = asked->length,
                                .xmin = ctx->xmin,
                                .epoch = chat_cursor_epoch(ctx->epoch),
                                .user_id = ctx->user.id,
                                .made_at = now_of_store()};
    apr_size_t length;
    chat_response_cache_key_t key;
    char *bytes;

    entry.answer = chat_json_bytes(req->json, &entry.answer_length);
    entry.hash = chat_hash_answer(entry.answer, entry.answer_length, ctx->epoch);
    length = chat_cache_entry_size(&entry, mac);
    if (length > CHAT_RESPONSE_CACHE_BYTES_MAX ||
        !chat_cache_entry_key(&key, ours.mac, asked->bytes, asked->length))
        return;
    bytes = apr_palloc(req->pool, length);
    if (chat_cache_entry_write(bytes, &entry, &key, mac))
        store(&key, bytes, length, CHAT_RESPONSE_CACHE_S, req->ctx);
}

/* Without a feed it is not known which entries are current. */
static int has_feed(chat_ctx_t *ctx)
{
    return chat_invalidation_has_feed(chat_db_identity(ctx->db));
}

chat_problem_t *chat_response_cache_answer(chat_request_t *req)
{
    chat_handler_t *handler = req->match.route->handler;
    chat_problem_t *problem;
    asked_t asked = {0};

    if (!cache.provider)
        return handler(req);
    if (has_feed(req->ctx)) {
        ask(&asked, req);
        if (get(req, &asked)) {
            chat_metrics_count(CHAT_COUNTER_CACHE_HITS, 1);
            return NULL;
        }
        chat_metrics_count(CHAT_COUNTER_CACHE_MISSES, 1);
    } else {
        chat_commit_hook_need_feed(req->ctx->db, 1);
    }
    problem = handler(req);
    if (problem || !req->ctx->xmin || !has_feed(req->ctx))
        return problem;
    if (!asked.bytes)
        ask(&asked, req);
    put(req, &asked);
    return NULL;
}
