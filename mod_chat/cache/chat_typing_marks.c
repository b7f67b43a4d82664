#include "cache/chat_typing_marks.h"

#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "cache/chat_socache.h"
#include "core/chat_clock.h"
#include "core/chat_hash.h"
#include "core/chat_log.h"

#define CACHE_ID "chat-typing"
#define PROVIDER "shmcb"
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

static chat_socache_t cache = {.id = CACHE_ID, .label = "typing status cannot be stored"};
static char host[HOST_BYTES_MAX];

static void key_of(cache_key_t *key, apr_uint64_t database, apr_int64_t conversation_id)
{
    key->database = database;
    key->mixed = chat_hash_id((apr_uint64_t)conversation_id);
    key->conversation_id = conversation_id;
}

/* The marks that have not expired. The cache is locked. */
static int read_marks(mark_t *marks, const cache_key_t *key, server_rec *s, apr_pool_t *p)
{
    apr_size_t bytes = CHAT_TYPING_MARKS_MAX * sizeof *marks;
    apr_time_t now = chat_clock_now();
    int count = 0;
    apr_size_t i;

    if (chat_socache_retrieve(&cache, key, sizeof *key, marks, &bytes, s, p) != APR_SUCCESS)
        return 0;
    for (i = 0; i < bytes / sizeof *marks; i++)
        if (marks[i].expires > now)
            marks[count++] = marks[i];
    return count;
}

static int without_source(mark_t *marks, int count, const chat_typing_change_t *typed)
{
    int kept = 0;
    int i;

    for (i = 0; i < count; i++)
        if (marks[i].user_id != typed->user_id || marks[i].source != typed->source)
            marks[kept++] = marks[i];
    return kept;
}

/* The oldest mark is the first, as new ones are appended. */
static int with_source(mark_t *marks, int count, const chat_typing_change_t *typed)
{
    if (count == CHAT_TYPING_MARKS_MAX)
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
    chat_socache_remove(&cache, key, sizeof *key, s, p);
    if (count == 0)
        return APR_SUCCESS;
    return chat_socache_store(&cache, key, sizeof *key, marks, (apr_size_t)count * sizeof *marks,
                              CHAT_TYPING_S, s, p);
}

/* A request does not fail because of a mark: without the mutex it is not stored, or not read. */
static int lock(server_rec *s)
{
    apr_status_t rv = chat_socache_lock(&cache);

    if (rv != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, s,
                     "typing status not stored: the mutex " CACHE_ID
                     " failed (see the Mutex directive)");
    return rv == APR_SUCCESS;
}

apr_status_t chat_typing_marks_keep(server_rec *s, apr_uint64_t database,
                                    const chat_typing_change_t *typed, apr_pool_t *p)
{
    mark_t marks[CHAT_TYPING_MARKS_MAX];
    apr_status_t rv = APR_SUCCESS;
    cache_key_t key;
    int before;
    int count;

    key_of(&key, database, typed->conversation_id);
    if (!lock(s))
        return APR_SUCCESS;
    before = read_marks(marks, &key, s, p);
    count = without_source(marks, before, typed);
    if (typed->is_typing)
        count = with_source(marks, count, typed);
    if (count || before)
        rv = write_marks(marks, count, &key, s, p);
    chat_socache_unlock(&cache);
    return rv;
}

const char *chat_typing_marks_host(void)
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

int chat_typing_marks_read(chat_typing_change_t *typists, server_rec *s, apr_uint64_t database,
                           apr_int64_t conversation_id, apr_pool_t *p)
{
    mark_t marks[CHAT_TYPING_MARKS_MAX];
    cache_key_t key;
    int count = 0;
    int i;

    key_of(&key, database, conversation_id);
    if (lock(s)) {
        count = read_marks(marks, &key, s, p);
        chat_socache_unlock(&cache);
    }
    count = newest_of_users(marks, count);
    for (i = 0; i < count; i++)
        typists[i] = (chat_typing_change_t){.conversation_id = conversation_id,
                                            .user_id = marks[i].user_id,
                                            .seq = marks[i].seq,
                                            .is_typing = 1};
    return count;
}

/* ---- start ---- */

apr_status_t chat_typing_marks_pre_config(apr_pool_t *pconf)
{
    return chat_socache_pre_config(&cache, pconf);
}

static apr_status_t fail(server_rec *s, const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s, "%s: %s", cache.label, what);
    return APR_EGENERAL;
}

apr_status_t chat_typing_marks_check_config(server_rec *s)
{
    return chat_socache_find(&cache, PROVIDER)
               ? APR_SUCCESS
               : fail(s, "add \"LoadModule socache_shmcb_module\" (a2enmod socache_shmcb)");
}

apr_status_t chat_typing_marks_post_config(server_rec *s, apr_pool_t *pconf, apr_pool_t *ptemp)
{
    struct ap_socache_hints hints = {.avg_id_len = sizeof(cache_key_t),
                                     .avg_obj_size = 2 * sizeof(mark_t),
                                     .expiry_interval = apr_time_from_sec(CHAT_TYPING_S)};
    apr_uint64_t dice = 0;
    const char *error;

    apr_generate_random_bytes((unsigned char *)&dice, sizeof dice);
    apr_snprintf(host, sizeof host, "@%016" APR_UINT64_T_HEX_FMT, dice);
    error = chat_socache_create(&cache, NULL, ptemp, pconf);
    return error ? fail(s, error) : chat_socache_post_config(&cache, &hints, 1, s, pconf);
}

apr_status_t chat_typing_marks_child_init(server_rec *s, apr_pool_t *pchild)
{
    return chat_socache_child_init(&cache, s, pchild);
}
