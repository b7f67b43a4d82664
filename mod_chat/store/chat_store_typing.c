#include "store/chat_store_typing.h"

#include <string.h>

#include <apr_global_mutex.h>
#include <apr_strings.h>

#include <ap_provider.h>
#include <ap_socache.h>
#include <util_mutex.h>

#include "core/chat_clock.h"
#include "core/chat_log.h"
#include "store/chat_store_user.h"

#define CACHE_NAME "chat-typing"

typedef struct mark_t {
    apr_int64_t user_id;
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

static void key_of(cache_key_t *key, const chat_ctx_t *ctx, apr_int64_t conversation_id)
{
    key->database = chat_db_identity(ctx->db);
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

static int without_user(mark_t *marks, int count, apr_int64_t user_id)
{
    int kept = 0;
    int i;

    for (i = 0; i < count; i++)
        if (marks[i].user_id != user_id)
            marks[kept++] = marks[i];
    return kept;
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

apr_status_t chat_store_typing_mark(chat_ctx_t *ctx, apr_int64_t conversation_id, int is_typing)
{
    server_rec *s = chat_db_server(ctx->db);
    mark_t marks[CHAT_TYPERS_MAX];
    apr_status_t rv = APR_SUCCESS;
    cache_key_t key;
    int before;
    int count;

    key_of(&key, ctx, conversation_id);
    if (!lock_marks(s))
        return APR_SUCCESS;
    before = read_marks(marks, &key, s, ctx->pool);
    count = without_user(marks, before, ctx->user.id);
    if (is_typing && count < CHAT_TYPERS_MAX) {
        marks[count].user_id = ctx->user.id;
        marks[count++].expires = chat_clock_now() + apr_time_from_sec(CHAT_TYPING_S);
    }
    if (count || before)
        rv = write_marks(marks, count, &key, s, ctx->pool);
    apr_global_mutex_unlock(mutex);
    return rv;
}

/* The marked users as an array of SQL: '{7,9}'. */
static const char *marked_users(chat_ctx_t *ctx, apr_int64_t conversation_id)
{
    server_rec *s = chat_db_server(ctx->db);
    mark_t marks[CHAT_TYPERS_MAX];
    const char *array = "";
    cache_key_t key;
    int count = 0;
    int i;

    key_of(&key, ctx, conversation_id);
    if (lock_marks(s)) {
        count = read_marks(marks, &key, s, ctx->pool);
        apr_global_mutex_unlock(mutex);
    }
    for (i = 0; i < count; i++)
        array = apr_pstrcat(ctx->pool, array, i ? "," : "", chat_db_id(marks[i].user_id, ctx->pool),
                            NULL);
    return apr_pstrcat(ctx->pool, "{", array, "}", NULL);
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
    return APR_SUCCESS;
}

apr_status_t chat_store_typing_list(chat_rows_t **prows, chat_ctx_t *ctx,
                                    apr_int64_t conversation_id)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(conversation_id, ctx->pool),
                                marked_users(ctx, conversation_id)};
    apr_status_t rv = chat_store_user_ask(prows, ctx, CHAT_SQL_LIST_TYPERS, args, CHAT_COUNT(args));

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
    apr_status_t rv;

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
