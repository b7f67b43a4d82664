#include "store/chat_store_conversation.h"

static const chat_column_t conversation_columns[] = {
    CHAT_COLUMN_AS("conversation_id", chat_conversation_t, id),
    CHAT_COLUMN(chat_conversation_t, church_id),
    CHAT_COLUMN(chat_conversation_t, church_name),
    CHAT_COLUMN(chat_conversation_t, church_logo_url),
    CHAT_COLUMN(chat_conversation_t, member_id),
    CHAT_COLUMN(chat_conversation_t, member_name),
    CHAT_COLUMN(chat_conversation_t, member_avatar_url),
    CHAT_COLUMN(chat_conversation_t, last_message_id),
    CHAT_COLUMN(chat_conversation_t, last_message_text),
    CHAT_COLUMN(chat_conversation_t, last_message_at),
    CHAT_COLUMN(chat_conversation_t, created_at),
    CHAT_COLUMN(chat_conversation_t, updated_at),
    CHAT_COLUMN(chat_conversation_t, member_is_blocked),
    CHAT_COLUMN(chat_conversation_t, last_from_church),
    CHAT_COLUMN(chat_conversation_t, version),
    CHAT_COLUMN(chat_conversation_t, last_staff_id),
    CHAT_COLUMN(chat_conversation_t, last_staff_name),
    /* From the point of view of the user. */
    CHAT_COLUMN(chat_conversation_t, is_church_owner),
    CHAT_COLUMN(chat_conversation_t, unread_count),
    /* In lists. */
    CHAT_COLUMN(chat_conversation_t, written_by),
};
const chat_record_t chat_store_conversation_record = {conversation_columns, 17};
const chat_record_t chat_store_conversation_view_record = {conversation_columns, 19};
static const chat_record_t listed_record = CHAT_RECORD(conversation_columns);

/* The first row of a list. */
typedef struct header_t {
    const char *snapshot;
} header_t;

static const chat_column_t header_columns[] = {
    CHAT_COLUMN(header_t, snapshot),
};
static const chat_record_t header_record = CHAT_RECORD(header_columns);

#define LIST_RECORDS                                                                               \
    {                                                                                              \
        &chat_store_user_read_record, &header_record, &chat_counts_record, &listed_record          \
    }
static const chat_query_t list_query = {CHAT_SQL_LIST_CONVERSATIONS, LIST_RECORDS};
static const chat_query_t list_unread_query = {CHAT_SQL_LIST_UNREAD_CONVERSATIONS, LIST_RECORDS};
static const chat_query_t find_query = {CHAT_SQL_FIND_CONVERSATIONS, LIST_RECORDS};
static const chat_query_t get_query = {
    CHAT_SQL_GET_CONVERSATION,
    {&chat_store_user_read_record, &chat_store_conversation_view_record}};
static const chat_query_t unread_query = {CHAT_SQL_UNREAD_COUNT,
                                          {&chat_store_user_read_record, &chat_counts_record}};
static const chat_query_t open_query = {CHAT_SQL_OPEN_CONVERSATION,
                                        {&chat_store_user_record, &chat_store_user_outcome_record,
                                         &chat_store_conversation_view_record}};
static const chat_query_t block_query = {
    CHAT_SQL_BLOCK_MEMBER, {&chat_store_user_record, &chat_store_user_outcome_record}};

apr_status_t chat_store_conversation_list(chat_rows_t **prows, chat_counts_t *counts,
                                          const char **psnapshot, chat_ctx_t *ctx,
                                          const chat_conversation_filter_t *filter)
{
    const char *const args[] = {ctx->profile.external_id,
                                chat_db_id(filter->limit + 1, ctx->pool),
                                chat_db_time_or_null(filter->before_updated_at, ctx->pool),
                                chat_db_id_or_null(filter->before_id, ctx->pool),
                                chat_db_id_or_null(filter->church_id, ctx->pool),
                                filter->since,
                                filter->role,
                                filter->name,
                                chat_db_boolean(filter->unread_only)};
    const chat_query_t *query = &list_query;
    header_t header;
    apr_status_t rv;

    if (filter->name)
        query = &find_query;
    else if (filter->unread_only)
        query = &list_unread_query;
    rv = chat_store_user_select(prows, ctx, query, args,
                                chat_sql_statements[query->statement].parameters);
    if (rv == APR_SUCCESS) {
        chat_rows_read(&header, *prows, &header_record);
        chat_rows_read(counts, *prows, &chat_counts_record);
        *psnapshot = header.snapshot;
    }
    return rv;
}

int chat_store_conversation_next(chat_conversation_t *conversation, chat_rows_t *rows)
{
    return chat_rows_next_into(conversation, rows, &listed_record);
}

apr_status_t chat_store_conversation_get(chat_conversation_t *conversation, chat_ctx_t *ctx,
                                         apr_int64_t id)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(id, ctx->pool)};
    chat_rows_t *rows;
    apr_status_t rv = chat_store_user_select(&rows, ctx, &get_query, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    chat_rows_read(conversation, rows, &chat_store_conversation_view_record);
    return conversation->id ? APR_SUCCESS : APR_ENOENT;
}

apr_status_t chat_store_conversation_unread(chat_counts_t *counts, chat_ctx_t *ctx,
                                            const char *role)
{
    const char *const args[] = {ctx->profile.external_id, role};
    chat_rows_t *rows;
    apr_status_t rv = chat_store_user_select(&rows, ctx, &unread_query, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    chat_rows_read(counts, rows, &chat_counts_record);
    return APR_SUCCESS;
}

apr_status_t chat_store_conversation_open(chat_outcome_t *said, chat_conversation_t *conversation,
                                          chat_ctx_t *ctx, apr_int64_t church_id)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(church_id, ctx->pool)};
    chat_rows_t *rows;
    apr_status_t rv = chat_store_user_write(said, &rows, ctx, &open_query, args, CHAT_COUNT(args));

    if (rv == APR_SUCCESS)
        chat_rows_read(conversation, rows, &chat_store_conversation_view_record);
    return rv;
}

apr_status_t chat_store_conversation_block(chat_outcome_t *said, chat_ctx_t *ctx, apr_int64_t id,
                                           int is_blocked)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(id, ctx->pool),
                                chat_db_boolean(is_blocked)};
    chat_rows_t *rows;

    return chat_store_user_write(said, &rows, ctx, &block_query, args, CHAT_COUNT(args));
}
