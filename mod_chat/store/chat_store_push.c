#include "store/chat_store_push.h"

#include <string.h>

static const chat_column_t subscription_columns[] = {
    CHAT_COLUMN(chat_push_subscription_t, id),
    CHAT_COLUMN(chat_push_subscription_t, created_at),
    CHAT_COLUMN(chat_push_subscription_t, endpoint), /* in lists */
    CHAT_COLUMN(chat_push_subscription_t, delivered_at),
    CHAT_COLUMN(chat_push_subscription_t, refusals),
};
static const chat_record_t saved_record = {subscription_columns, 2};
static const chat_record_t listed_record = CHAT_RECORD(subscription_columns);

static const chat_query_t save_query = {
    CHAT_SQL_SAVE_PUSH_SUBSCRIPTION,
    {&chat_store_user_record, &chat_store_user_outcome_record, &saved_record}};
static const chat_query_t list_query = {CHAT_SQL_LIST_PUSH_SUBSCRIPTIONS,
                                        {&chat_store_user_read_record, &listed_record}};
static const chat_query_t drop_query = {CHAT_SQL_DROP_PUSH_SUBSCRIPTION,
                                        {&chat_store_user_record, &chat_store_user_marked_record}};

static const chat_query_t test_query = {CHAT_SQL_TEST_PUSH,
                                        {&chat_store_user_record, &chat_store_user_marked_record}};

apr_status_t chat_store_push_save(chat_outcome_t *said, chat_push_subscription_t *subscription,
                                  chat_ctx_t *ctx, const chat_push_draft_t *draft)
{
    const char *const args[] = {ctx->profile.external_id, draft->endpoint, draft->p256dh,
                                draft->auth, draft->key_id};
    chat_rows_t *rows;
    apr_status_t rv = chat_store_user_write(said, &rows, ctx, &save_query, args, CHAT_COUNT(args));

    memset(subscription, 0, sizeof *subscription);
    if (rv == APR_SUCCESS)
        chat_rows_read(subscription, rows, &saved_record);
    return rv;
}

apr_status_t chat_store_push_list(chat_rows_t **prows, chat_ctx_t *ctx)
{
    const char *const args[] = {ctx->profile.external_id};
    apr_status_t rv = chat_store_user_select(prows, ctx, &list_query, args, CHAT_COUNT(args));

    if (rv == APR_SUCCESS)
        chat_rows_seek(*prows, -1); /* the first row has the first subscription, too */
    return rv;
}

int chat_store_push_next(chat_push_subscription_t *subscription, chat_rows_t *rows)
{
    return chat_rows_next_into(subscription, rows, &listed_record) && subscription->id;
}

static void (*test_hook)(void);

void chat_store_push_on_test(void (*hook)(void))
{
    test_hook = hook;
}

apr_status_t chat_store_push_test(chat_outcome_t *said, chat_ctx_t *ctx)
{
    const char *const args[] = {ctx->profile.external_id};
    chat_rows_t *rows;
    apr_status_t rv = chat_store_user_write(said, &rows, ctx, &test_query, args, CHAT_COUNT(args));

    if (rv == APR_SUCCESS && said->marked && test_hook)
        test_hook();
    return rv;
}

apr_status_t chat_store_push_drop(chat_outcome_t *said, chat_ctx_t *ctx, apr_int64_t id,
                                  const char *endpoint)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id_or_null(id, ctx->pool),
                                endpoint};
    chat_rows_t *rows;

    return chat_store_user_write(said, &rows, ctx, &drop_query, args, CHAT_COUNT(args));
}
