#include "store/chat_store_typing.h"

#include <string.h>

#include <apr_general.h>
#include <apr_global_mutex.h>
#include <apr_strings.h>

#include <ap_provider.h>
#include <ap_socache.h>
#include <util_mutex.h>

#include "core/chat_clock.h"
#include "core/chat_log.h"
#include "store/chat_store_user.h"

#define CACHE_NAME "chat-typing"
#define HOST_BYTES_MAX 24

typedef struct mark_t {
    apr_int64_t user_id;
    apr_int64_t source;
    apr_int64_t seq;
    apr_time_t expires;
} mark_t;

/* shmcb chooses a sub-cache by the first byte of a key, so the id is mixed into it. */
typedef struct cache_key_t {
    apr_uint64_t mixed;
    apr_uint64_t database; /* virtual hosts may have several */
    apr_int64_t conversation_id;
} cache_key_t;

static const ap_socache_provider_t *provider;
static ap_socache_instance_t *cache;
static apr_global_mutex_t *mutex; /* guards `cache` between threads and children */
static char host[HOST_BYTES_MAX];

static void key_of(cache_key_t *key, apr_uint64_t database, apr_int64_t conversation_id)
{
    key->database = database;
    key->mixed = (apr_uint64_t)conversation_id * APR_UINT64_C(0x9E3779B97F4A7C15);
    key->mixed ^= key->mixed >> 32;
    key->conversation_id = conversation_id;
}

/* The marks that have not expired. Under the mutex. */
static int read_marks(mark_t *marks, const cache_key_t *key, server_rec *s, apr_pool_t *p)
{
    unsigned int bytes = CHAT_TYPERS_MAX * sizeof *marks;
    apr_time_t now = chat_clock_now();
    int count = 0;
    unsigned int i;

    if (provider->retrieve(cache, s, (const unsigned char *)key, sizeof *key,
                           (unsigned char *)marks, &bytes, p) != APR_SUCCESS)
        return 0;
    for (i = 0; i < bytes / sizeof *marks; i++)
        if (marks[i].expires > now)
            marks[count++] = marks[i];
    return count;
}

static int without_source(mark_t *marks, int count, const chat_typed_t *typed)
{
    int kept = 0;
    int i;

    for (i = 0; i < count; i++)
        if (marks[i].user_id != typed->user_id || marks[i].source != typed->source)
            marks[kept++] = marks[i];
    return kept;
}

/* The first place is that of the oldest mark: each is written at the end. */
static int with_source(mark_t *marks, int count, const chat_typed_t *typed)
{
    if (count == CHAT_TYPERS_MAX)
        memmove(marks, marks + 1, (apr_size_t)--count * sizeof *marks);
    marks[count].user_id = typed->user_id;
    marks[count].source = typed->source;
    marks[count].seq = typed->seq;
    marks[count].expires = chat_clock_now() + apr_time_from_sec(CHAT_TYPING_S);
    return count + 1;
}

static apr_status_t write_marks(mark_t *marks, int count, const cache_key_t *key, server_rec *s,
                                apr_pool_t *p)
{
    provider->remove(cache, s, (const unsigned char *)key, sizeof *key, p);
    if (count == 0)
        return APR_SUCCESS;
    return provider->store(cache, s, (const unsigned char *)key, sizeof *key,
                           chat_clock_wall() + apr_time_from_sec(CHAT_TYPING_S),
                           (unsigned char *)marks, (unsigned int)(count * (int)sizeof *marks), p);
}

/* A mark is worth no failure: without the mutex it is not kept, or not seen, and typing goes on.
 * That is so in a child that a graceful restart overtakes in its child_init: APR destroys a mutex
 * that no child has counted itself in for, and locking it gives EINVAL for the rest of the child's
 * life.
 */
static int lock_marks(server_rec *s)
{
    apr_status_t rv = apr_global_mutex_lock(mutex);

    if (rv != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, s,
                     "a typing mark was passed over: the mutex " CACHE_NAME " failed (see Mutex)");
    return rv == APR_SUCCESS;
}

apr_status_t chat_store_typing_keep(server_rec *s, apr_uint64_t database, const chat_typed_t *typed,
                                    apr_pool_t *p)
{
    mark_t marks[CHAT_TYPERS_MAX];
    apr_status_t rv = APR_SUCCESS;
    cache_key_t key;
    int before;
    int count;

    key_of(&key, database, typed->conversation_id);
    if (!lock_marks(s))
        return APR_SUCCESS;
    before = read_marks(marks, &key, s, p);
    count = without_source(marks, before, typed);
    if (typed->is_typing)
        count = with_source(marks, count, typed);
    if (count || before)
        rv = write_marks(marks, count, &key, s, p);
    apr_global_mutex_unlock(mutex);
    return rv;
}

const char *chat_store_typing_host(void)
{
    return host;
}

/* Each user once, with the newest of the user's marks. */
static int newest_of_users(mark_t *marks, int count)
{
    int users = 0;
    int i;
    int j;

    for (i = 0; i < count; i++) {
        for (j = 0; j < users && marks[j].user_id != marks[i].user_id; j++)
            ;
        if (j == users)
            marks[users++] = marks[i];
        else if (marks[j].seq < marks[i].seq)
            marks[j].seq = marks[i].seq;
    }
    return users;
}

/* The marked users, and what their marks are behind, as arrays of SQL: '{7,9}', '{120,121}'. */
static void marked_users(const char **pusers, const char **pseqs, chat_ctx_t *ctx,
                         apr_int64_t conversation_id)
{
    server_rec *s = chat_db_server(ctx->db);
    mark_t marks[CHAT_TYPERS_MAX];
    const char *users = "";
    const char *seqs = "";
    cache_key_t key;
    int count = 0;
    int i;

    key_of(&key, chat_db_identity(ctx->db), conversation_id);
    if (lock_marks(s)) {
        count = read_marks(marks, &key, s, ctx->pool);
        apr_global_mutex_unlock(mutex);
    }
    count = newest_of_users(marks, count);
    for (i = 0; i < count; i++) {
        const char *comma = i ? "," : "";

        users = apr_pstrcat(ctx->pool, users, comma, chat_db_id(marks[i].user_id, ctx->pool), NULL);
        seqs = apr_pstrcat(ctx->pool, seqs, comma, chat_db_id(marks[i].seq, ctx->pool), NULL);
    }
    *pusers = apr_pstrcat(ctx->pool, "{", users, "}", NULL);
    *pseqs = apr_pstrcat(ctx->pool, "{", seqs, "}", NULL);
}

apr_status_t chat_store_typing_check(chat_typing_access_t *access, chat_ctx_t *ctx,
                                     apr_int64_t conversation_id)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(conversation_id, ctx->pool),
                                chat_db_id_or_null(ctx->still_id, ctx->pool)};
    chat_rows_t *rows;
    apr_status_t rv =
        chat_store_user_ask(&rows, ctx, CHAT_SQL_CHECK_TYPING, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    if (chat_rows_is_null(rows, CHAT_SQL_TYPING_CONVERSATION_ID))
        return APR_ENOENT;
    access->is_church_owner = chat_rows_boolean(rows, CHAT_SQL_TYPING_IS_CHURCH_OWNER);
    access->member_is_blocked = chat_rows_boolean(rows, CHAT_SQL_TYPING_MEMBER_BLOCKED);
    access->last_seq = chat_rows_integer(rows, CHAT_SQL_TYPING_LAST_SEQ);
    return APR_SUCCESS;
}

apr_status_t chat_store_typing_list(chat_rows_t **prows, chat_ctx_t *ctx,
                                    apr_int64_t conversation_id)
{
    const char *args[] = {ctx->profile.external_id, chat_db_id(conversation_id, ctx->pool), NULL,
                          NULL};
    apr_status_t rv;

    marked_users(&args[2], &args[3], ctx, conversation_id);
    rv = chat_store_user_ask(prows, ctx, CHAT_SQL_LIST_TYPERS, args, CHAT_COUNT(args));
    if (rv != APR_SUCCESS)
        return rv;
    return chat_rows_is_null(*prows, CHAT_SQL_TYPING_CONVERSATION_ID) ? APR_ENOENT : APR_SUCCESS;
}

int chat_store_typing_next(chat_typer_t *typer, chat_rows_t *rows)
{
    if (!chat_rows_next(rows))
        return 0;
    typer->user_id = chat_rows_is_null(rows, CHAT_SQL_TYPER_USER_ID)
                         ? 0
                         : chat_rows_integer(rows, CHAT_SQL_TYPER_USER_ID);
    typer->username = chat_rows_text(rows, CHAT_SQL_TYPER_USERNAME);
    typer->display_name = chat_rows_text(rows, CHAT_SQL_TYPER_DISPLAY_NAME);
    typer->avatar_url = chat_rows_text(rows, CHAT_SQL_TYPER_AVATAR_URL);
    return 1;
}

apr_status_t chat_store_typing_pre_config(apr_pool_t *pconf)
{
    return ap_mutex_register(pconf, CACHE_NAME, NULL, APR_LOCK_DEFAULT, 0);
}

static apr_status_t cache_cleanup(void *data)
{
    provider->destroy(cache, data);
    return APR_SUCCESS;
}

static apr_status_t complain(server_rec *s, apr_status_t rv, const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s, "typing marks cannot be kept: %s", what);
    return rv == APR_SUCCESS ? APR_EGENERAL : rv;
}

apr_status_t chat_store_typing_check_config(server_rec *s)
{
    provider = ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, "shmcb", AP_SOCACHE_PROVIDER_VERSION);
    return provider ? APR_SUCCESS
                    : complain(s, APR_SUCCESS,
                               "add \"LoadModule socache_shmcb_module\" (a2enmod socache_shmcb)");
}

apr_status_t chat_store_typing_post_config(server_rec *s, apr_pool_t *pconf, apr_pool_t *ptemp)
{
    struct ap_socache_hints hints = {.avg_id_len = sizeof(cache_key_t),
                                     .avg_obj_size = 2 * sizeof(mark_t),
                                     .expiry_interval = apr_time_from_sec(CHAT_TYPING_S)};
    const char *error;
    apr_uint64_t dice = 0;
    apr_status_t rv;

    apr_generate_random_bytes((unsigned char *)&dice, sizeof dice);
    apr_snprintf(host, sizeof host, "@%016" APR_UINT64_T_HEX_FMT, dice);
    error = provider->create(&cache, NULL, ptemp, pconf);
    if (error)
        return complain(s, APR_SUCCESS, error);
    rv = ap_global_mutex_create(&mutex, NULL, CACHE_NAME, NULL, s, pconf, 0);
    if (rv != APR_SUCCESS)
        return complain(s, rv, "the mutex " CACHE_NAME " could not be made (see Mutex)");
    rv = provider->init(cache, CACHE_NAME, &hints, s, pconf);
    if (rv != APR_SUCCESS)
        return complain(s, rv, "the shared memory could not be made (see DefaultRuntimeDir)");
    apr_pool_cleanup_register(pconf, s, cache_cleanup, apr_pool_cleanup_null);
    return APR_SUCCESS;
}

apr_status_t chat_store_typing_child_init(server_rec *s, apr_pool_t *pchild)
{
    apr_status_t rv = apr_global_mutex_child_init(&mutex, apr_global_mutex_lockfile(mutex), pchild);

    return rv == APR_SUCCESS ? rv : complain(s, rv, "a child could not open the mutex");
}
