/*
 * The answers of the statement live until the last of the users has ended its request: they have
 * a pool with an allocator of its own, which the writer fills and which does not change after that.
 */
#include "store/chat_store_group.h"

#include <stdatomic.h>

#include <string.h>

#include <apr_allocator.h>
#include <apr_strings.h>

#include "core/chat_log.h"
#include "core/chat_log_repeat.h"
#include "store/chat_commit_hook.h"

_Static_assert(CHAT_GROUP_POSTING_MAX <= CHAT_GROUP_MEMBERS_MAX, "a group has room for them");

/* The answers of one statement. */
typedef struct chat_store_answers_t {
    apr_pool_t *pool;
    chat_rows_t *rows;
    const char *cause; /* why the statement failed; NULL: it did not */
    atomic_int users;  /* the pool is destroyed with the last one */
} answers_t;

/* Which write a row is for. */
typedef struct place_t {
    apr_int64_t place; /* from 1 */
} place_t;

static const chat_column_t place_columns[] = {CHAT_COLUMN(place_t, place)};
const chat_record_t chat_store_group_place_record = CHAT_RECORD(place_columns);

/* ---- answers ---- */

static answers_t *answers_create(void)
{
    apr_allocator_t *allocator;
    answers_t *answers;
    apr_pool_t *pool;

    if (apr_allocator_create(&allocator) != APR_SUCCESS)
        return NULL;
    if (apr_pool_create_ex(&pool, NULL, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, pool);
    apr_pool_tag(pool, "mod_chat:group");
    answers = apr_pcalloc(pool, sizeof *answers);
    answers->pool = pool;
    atomic_init(&answers->users, 1);
    return answers;
}

static apr_status_t answers_release(void *data)
{
    answers_t *answers = data;

    if (atomic_fetch_sub(&answers->users, 1) == 1)
        apr_pool_destroy(answers->pool);
    return APR_SUCCESS;
}

static void give(chat_group_member_t *member, answers_t *answers, apr_status_t rv)
{
    chat_grouped_t *one = member->what;

    one->rv = rv;
    one->shared = answers;
    atomic_fetch_add(&answers->users, 1);
    member->is_done = 1;
}

/* ---- the statement ---- */

static apr_status_t run(answers_t *answers, chat_group_member_t *const *members, int count)
{
    chat_grouped_t *several[CHAT_GROUP_MEMBERS_MAX];
    const chat_group_query_t *query;
    int i;

    for (i = 0; i < count; i++)
        several[i] = members[i]->what;
    query = several[0]->query;
    return query->select(&answers->rows, several[0]->ctx->db, query->query, several, count,
                         answers->pool);
}

/* Whom the next row is for. What has no row is left for its own thread: its user is not known yet,
 * or somebody has locked the conversation. */
static chat_group_member_t *next_answered(const answers_t *answers,
                                          chat_group_member_t *const *members, int count)
{
    place_t place;

    while (chat_rows_next_into(&place, answers->rows, &chat_store_group_place_record))
        if (place.place >= 1 && place.place <= count && !members[place.place - 1]->is_done)
            return members[place.place - 1];
    return NULL;
}

static void read_answers(answers_t *answers, chat_group_member_t *const *members, int count)
{
    const chat_grouped_t *first = members[0]->what;
    const chat_group_query_t *query = first->query;
    chat_group_member_t *member;
    int has_changed = 0;

    while ((member = next_answered(answers, members, count)) != NULL) {
        chat_grouped_t *one = member->what;

        chat_rows_read(one->ctx, answers->rows, &chat_store_user_record);
        chat_rows_read(one->said, answers->rows, query->outcome);
        if (query->read)
            query->read(one->what, answers->rows);
        has_changed |= chat_store_user_has_changed(one->said);
        give(member, answers, APR_SUCCESS);
    }
    if (has_changed)
        chat_commit_hook_committed(first->ctx->db); /* once for all */
}

/* The statement failed, and each is written alone: it may be the fault of one of them. But where
 * the schema lacks what the statement needs, it is an administrator's. */
static void log_failure(const chat_grouped_t *first, int count, apr_status_t rv)
{
    const chat_db_t *db = first->ctx->db;
    const char *one_by_one = first->query->one_by_one;
    apr_uint64_t left_out;

    if (rv != CHAT_DB_SCHEMA)
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, chat_db_server(db), "%d %s: %s", count, one_by_one,
                     chat_db_cause(db));
    else if (chat_log_repeat_is_due(CHAT_LOG_REPEAT_SCHEMA, chat_db_cause(db), &left_out))
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, chat_db_server(db), "%s, not in groups: %s",
                     one_by_one, chat_db_cause(db));
}

static void give_all(answers_t *answers, chat_group_member_t *const *members, int count,
                     apr_status_t rv)
{
    int i;

    for (i = 0; i < count; i++)
        give(members[i], answers, rv);
}

/* All that has a row is written, and only the rows are not as they should be. Without places it
 * is not known which has one. */
static void note_unfit(answers_t *answers, chat_group_member_t *const *members, int count)
{
    chat_group_member_t *member;

    if (!answers->rows) {
        give_all(answers, members, count, CHAT_DB_UNFIT);
        return;
    }
    while ((member = next_answered(answers, members, count)) != NULL)
        give(member, answers, CHAT_DB_UNFIT);
}

/* No connection came free in the time that the first one waits for one. The others have waited as
 * long: only who waits longer, or has another server's connections, goes on to, by itself. */
static void note_busy(answers_t *answers, chat_group_member_t *const *members, int count,
                      apr_interval_time_t waited)
{
    const chat_grouped_t *first = members[0]->what;
    int i;

    for (i = 0; i < count; i++) {
        const chat_grouped_t *one = members[i]->what;
        int has_same = chat_db_server(one->ctx->db) == chat_db_server(first->ctx->db);

        if (i == 0 || (has_same && !chat_db_note_waited(one->ctx->db, waited)))
            give(members[i], answers, CHAT_DB_BUSY);
    }
}

/* It is not tried again if the database is away, or its disk is full. */
static void note_failure(answers_t *answers, chat_group_member_t *const *members, int count,
                         apr_status_t rv)
{
    const chat_grouped_t *first = members[0]->what;

    if (rv == CHAT_DB_AWAY || rv == CHAT_DB_FULL)
        give_all(answers, members, count, rv);
    else if (rv == CHAT_DB_UNFIT)
        note_unfit(answers, members, count);
    else
        log_failure(first, count, rv);
}

static void write_many(chat_group_member_t *const *members, int count)
{
    const chat_grouped_t *first = members[0]->what;
    const chat_db_t *db = first->ctx->db;
    int statements = chat_db_statements(db);
    apr_interval_time_t before = chat_db_duration(db);
    answers_t *answers = answers_create();
    apr_status_t rv;

    if (!answers)
        return; /* each alone */
    rv = run(answers, members, count);
    if (rv != APR_SUCCESS)
        answers->cause = apr_pstrdup(answers->pool, chat_db_cause(db));
    if (rv == APR_SUCCESS)
        read_answers(answers, members, count);
    else if (chat_db_statements(db) != statements)
        note_failure(answers, members, count, rv);
    else if (rv == CHAT_DB_BUSY)
        note_busy(answers, members, count, chat_db_duration(db) - before);
    else
        give_all(answers, members, count, rv);
    answers_release(answers);
}

static void write_one(chat_group_member_t *member)
{
    chat_grouped_t *one = member->what;

    one->rv = one->query->write_one(one);
}

/* On the thread of the user: another thread, or this one, has written it in a group. */
static apr_status_t receive(const chat_grouped_t *one)
{
    chat_ctx_t *ctx = one->ctx;

    apr_pool_cleanup_register(ctx->pool, one->shared, answers_release, apr_pool_cleanup_null);
    if (one->rv == APR_SUCCESS)
        return chat_store_user_written(ctx);
    chat_db_set_cause(ctx->db, one->shared->cause);
    return one->rv;
}

apr_status_t chat_store_group_write(chat_grouped_t *one, const chat_group_query_t *query,
                                    chat_group_t *group, apr_int64_t key, apr_size_t bytes)
{
    const chat_ctx_t *ctx = one->ctx;
    const chat_group_writer_t writer = {
        write_one, write_many, chat_config_group_posting(ctx->config),
        chat_config_database_wait(ctx->config) + chat_db_timeout(ctx->db)};
    chat_group_member_t member = {.key = key, .what = one, .bytes = bytes};

    one->query = query;
    one->shared = NULL;
    memset(one->said, 0, sizeof *one->said);
    if (!group || writer.members_max == 1)
        return query->write_one(one);
    if (chat_group_write(group, &member, &writer, ctx->pool) != APR_SUCCESS) {
        chat_db_set_cause(ctx->db, "the writes before it took too long: see ChatDatabaseWait, "
                                   "and pg_stat_activity for what holds locks");
        return CHAT_DB_BUSY;
    }
    return one->shared ? receive(one) : one->rv;
}
