#include "store/chat_store_notification.h"

#include <string.h>

#include "core/chat_excerpt.h"

static const chat_column_t notification_columns[] = {
    CHAT_COLUMN(chat_notification_t, conversation_id),
    CHAT_COLUMN(chat_notification_t, title),
    CHAT_COLUMN(chat_notification_t, body),
    CHAT_COLUMN(chat_notification_t, count),
    CHAT_COLUMN(chat_notification_t, created_at),
    CHAT_COLUMN(chat_notification_t, updated_at),
    CHAT_COLUMN(chat_notification_t, read_at),
    CHAT_COLUMN(chat_notification_t, is_church_owner),
    CHAT_COLUMN(chat_notification_t, newest_id), /* in lists */
};
static const chat_record_t state_record = {notification_columns, 8};
static const chat_record_t listed_record = CHAT_RECORD(notification_columns);

static const chat_column_t user_columns[] = {CHAT_COLUMN(chat_notification_state_t, user_id)};
static const chat_record_t user_record = CHAT_RECORD(user_columns);

/* The first row of a list. */
typedef struct header_t {
    apr_int64_t unread_count;
} header_t;

static const chat_column_t header_columns[] = {CHAT_COLUMN(header_t, unread_count)};
static const chat_record_t header_record = CHAT_RECORD(header_columns);

static const chat_query_t list_query = {
    CHAT_SQL_LIST_NOTIFICATIONS,
    {&chat_store_user_read_record, &header_record, &chat_counts_record, &listed_record}};
static const chat_query_t mark_read_query = {
    CHAT_SQL_MARK_NOTIFICATIONS_READ, {&chat_store_user_record, &chat_store_user_marked_record}};
static const chat_query_t states_query = {CHAT_SQL_GET_NOTIFICATION_STATES,
                                          {&user_record, &chat_counts_record, &state_record}};

apr_status_t chat_store_notification_list(chat_rows_t **prows, apr_int64_t *punread_count,
                                          chat_counts_t *counts, chat_ctx_t *ctx,
                                          const chat_notification_filter_t *filter)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(filter->limit + 1, ctx->pool),
                                chat_db_id_or_null(filter->before_newest_id, ctx->pool)};
    header_t header;
    apr_status_t rv = chat_store_user_select(prows, ctx, &list_query, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    chat_rows_read(&header, *prows, &header_record);
    chat_rows_read(counts, *prows, &chat_counts_record);
    *punread_count = header.unread_count;
    return APR_SUCCESS;
}

static void read_notification(chat_notification_t *notification, const chat_rows_t *rows,
                              const chat_record_t *record)
{
    chat_rows_read(notification, rows, record);
    if (notification->body)
        notification->body =
            chat_excerpt(notification->body, CHAT_EXCERPT_CHARS_MAX, chat_rows_pool(rows));
}

int chat_store_notification_next(chat_notification_t *notification, chat_rows_t *rows)
{
    if (!chat_rows_next(rows))
        return 0;
    read_notification(notification, rows, &listed_record);
    return 1;
}

static const char *ids_of(const apr_array_header_t *ids, apr_pool_t *p)
{
    return chat_db_ids((const apr_int64_t *)ids->elts, sizeof(apr_int64_t), ids->nelts, p);
}

apr_status_t chat_store_notification_mark_read(chat_outcome_t *said, chat_ctx_t *ctx,
                                               const apr_array_header_t *ids)
{
    const char *const args[] = {ctx->profile.external_id, ids ? ids_of(ids, ctx->pool) : NULL};
    chat_rows_t *rows;

    return chat_store_user_write(said, &rows, ctx, &mark_read_query, args, CHAT_COUNT(args));
}

apr_status_t chat_store_notification_states(chat_rows_t **prows, chat_listener_t *listener,
                                            const apr_array_header_t *users,
                                            const apr_array_header_t *conversations,
                                            const apr_array_header_t *sides, apr_pool_t *p)
{
    const char *const args[] = {ids_of(users, p), ids_of(conversations, p), ids_of(sides, p)};

    return chat_listener_select(prows, listener, &states_query, args, CHAT_COUNT(args), p);
}

int chat_store_notification_next_state(chat_notification_state_t *state, chat_rows_t *rows)
{
    if (!chat_rows_next(rows))
        return 0;
    memset(state, 0, sizeof *state);
    chat_rows_read(state, rows, &user_record);
    chat_rows_read(&state->counts, rows, &chat_counts_record);
    read_notification(&state->notification, rows, &state_record);
    state->unread_count = state->notification.count;
    if (!state->user_id)
        state->is = CHAT_NOTIFICATION_STATE_CONVERSATION;
    else
        state->is = state->notification.conversation_id ? CHAT_NOTIFICATION_STATE_MARK
                                                        : CHAT_NOTIFICATION_STATE_USER;
    return 1;
}
