/*
 * Messages of several senders by one statement: what the writer of a group (db/chat_group.h) does.
 *
 * The answers of the statement live until the last of the senders has ended its request: they have
 * a pool with an allocator of its own, which the writer fills and after that nobody changes.
 */
#include "store/chat_store_message.h"

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

/* Which message a row is for. */
typedef struct place_t {
    apr_int64_t place; /* from 1 */
} place_t;

static const chat_column_t place_columns[] = {CHAT_COLUMN(place_t, place)};
static const chat_record_t place_record = CHAT_RECORD(place_columns);

static const chat_query_t post_group_query = {
    CHAT_SQL_POST_MESSAGES,
    {&chat_store_user_record, &chat_store_user_outcome_record, &place_record,
     &chat_store_message_sides_record, &chat_store_message_record}};

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
    chat_sending_t *sending = member->what;

    sending->rv = rv;
    sending->shared = answers;
    atomic_fetch_add(&answers->users, 1);
    member->is_done = 1;
}

/* ---- the statement ---- */

static apr_status_t post_group(answers_t *answers, chat_group_member_t *const *members, int count)
{
    const chat_sending_t *first = members[0]->what;
    const char *users[CHAT_GROUP_MEMBERS_MAX], *contents[CHAT_GROUP_MEMBERS_MAX],
        *client_ids[CHAT_GROUP_MEMBERS_MAX], *flags[CHAT_GROUP_MEMBERS_MAX],
        *still_ids[CHAT_GROUP_MEMBERS_MAX];
    apr_int64_t conversations[CHAT_GROUP_MEMBERS_MAX];
    apr_pool_t *p = answers->pool;
    int i;

    for (i = 0; i < count; i++) {
        const chat_sending_t *sending = members[i]->what;

        users[i] = sending->ctx->profile.external_id;
        conversations[i] = sending->draft->conversation_id;
        contents[i] = sending->draft->content;
        client_ids[i] = sending->draft->client_id;
        flags[i] = sending->draft->flag;
        still_ids[i] = chat_db_id_or_null(sending->ctx->still_id, p);
    }
    {
        const char *const values[] = {
            chat_db_texts(users, count, p),
            chat_db_ids(conversations, sizeof *conversations, count, p),
            chat_db_texts(contents, count, p),
            chat_db_texts(client_ids, count, p),
            chat_db_texts(flags, count, p),
            chat_db_texts(still_ids, count, p),
        };
        const chat_args_t args = {values, CHAT_COUNT(values), 0};

        return chat_db_select_in(&answers->rows, first->ctx->db, &post_group_query, &args, p);
    }
}

/* A message without a row is left for its own thread: its sender is not known yet, or somebody has
 * locked the conversation. */
static void read_answers(answers_t *answers, chat_group_member_t *const *members, int count)
{
    const chat_sending_t *first = members[0]->what;
    int has_posted = 0;
    place_t place;

    while (chat_rows_next_into(&place, answers->rows, &place_record)) {
        chat_sending_t *sending;

        if (place.place < 1 || place.place > count || members[place.place - 1]->is_done)
            continue;
        sending = members[place.place - 1]->what;
        chat_rows_read(sending->ctx, answers->rows, &chat_store_user_record);
        chat_rows_read(&sending->said, answers->rows, &chat_store_user_outcome_record);
        chat_store_message_read_sent(sending, answers->rows);
        has_posted |= strcmp(sending->said.outcome, "posted") == 0;
        give(members[place.place - 1], answers, APR_SUCCESS);
    }
    if (has_posted)
        chat_commit_hook_committed(first->ctx->db); /* once for all */
}

/* The statement failed, and each message is stored alone: it may be the fault of one of them. But
 * where the schema lacks what the statement needs, it is an administrator's. */
static void log_failure(const chat_db_t *db, int count, apr_status_t rv)
{
    apr_uint64_t left_out;

    if (rv != CHAT_DB_SCHEMA)
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, chat_db_server(db),
                     "%d messages are stored one by one: %s", count, chat_db_cause(db));
    else if (chat_log_repeat_is_due(CHAT_LOG_REPEAT_SCHEMA, chat_db_cause(db), &left_out))
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, chat_db_server(db),
                     "messages are stored one by one, not in groups: %s", chat_db_cause(db));
}

/* It is not tried again if the database is away, or its disk is full; nor if the messages are
 * stored and only the answer is not as it should be. Where all connections were busy, each waits
 * for one as it would alone. */
static void note_failure(answers_t *answers, chat_group_member_t *const *members, int count,
                         apr_status_t rv, int was_run)
{
    const chat_sending_t *first = members[0]->what;
    int i;

    if (was_run && rv != CHAT_DB_AWAY && rv != CHAT_DB_FULL && rv != CHAT_DB_UNFIT) {
        log_failure(first->ctx->db, count, rv);
        return;
    }
    answers->cause = apr_pstrdup(answers->pool, chat_db_cause(first->ctx->db));
    for (i = 0; i < (rv == CHAT_DB_BUSY ? 1 : count); i++)
        give(members[i], answers, rv);
}

static void write_many(chat_group_member_t *const *members, int count)
{
    const chat_sending_t *first = members[0]->what;
    int run = chat_db_statements(first->ctx->db);
    answers_t *answers = answers_create();
    apr_status_t rv;

    if (!answers)
        return; /* each alone */
    rv = post_group(answers, members, count);
    if (rv == APR_SUCCESS)
        read_answers(answers, members, count);
    else
        note_failure(answers, members, count, rv, chat_db_statements(first->ctx->db) != run);
    answers_release(answers);
}

static void write_one(chat_group_member_t *member)
{
    chat_sending_t *sending = member->what;

    sending->rv = chat_store_message_post(sending);
}

/* On the thread of the sender: another thread, or this one, has written it in a group. */
static apr_status_t receive(chat_sending_t *sending)
{
    chat_ctx_t *ctx = sending->ctx;

    apr_pool_cleanup_register(ctx->pool, sending->shared, answers_release, apr_pool_cleanup_null);
    if (sending->rv == APR_SUCCESS)
        return chat_store_user_written(ctx);
    chat_db_set_cause(ctx->db, sending->shared->cause);
    return sending->rv;
}

apr_status_t chat_store_message_post_grouped(chat_sending_t *sending)
{
    const chat_ctx_t *ctx = sending->ctx;
    const chat_group_writer_t writer = {
        write_one, write_many, chat_config_group_posting(ctx->config),
        chat_config_database_wait(ctx->config) + chat_db_timeout(ctx->db)};
    chat_group_t *group =
        writer.members_max > 1 && !sending->draft->attachment ? chat_db_group(ctx->db) : NULL;
    chat_group_member_t member = {.key = sending->draft->conversation_id,
                                  .what = sending,
                                  .bytes = strlen(sending->draft->content)};

    if (!group)
        return chat_store_message_post(sending);
    if (chat_group_write(group, &member, &writer, ctx->pool) != APR_SUCCESS) {
        chat_db_set_cause(ctx->db, "the messages before it took too long: see ChatDatabaseWait, "
                                   "and pg_stat_activity for what holds locks");
        return CHAT_DB_BUSY;
    }
    return sending->shared ? receive(sending) : sending->rv;
}
