#include "store/chat_store_conversation.h"

#include <string.h>

#include "store/chat_store_user.h"

#define XMIN_OF_ONE_COLUMN CHAT_SQL_CONVERSATION_OUTCOME /* GET_CONVERSATION */

void chat_store_conversation_from_row(chat_conversation_t *conversation, const chat_rows_t *rows)
{
    conversation->id = chat_rows_integer(rows, CHAT_SQL_CONVERSATION_ID);
    conversation->church_id = chat_rows_integer(rows, CHAT_SQL_CONVERSATION_CHURCH_ID);
    conversation->church_name = chat_rows_text(rows, CHAT_SQL_CONVERSATION_CHURCH_NAME);
    conversation->church_logo_url = chat_rows_text(rows, CHAT_SQL_CONVERSATION_CHURCH_LOGO_URL);
    conversation->is_church_owner = chat_rows_boolean(rows, CHAT_SQL_CONVERSATION_IS_CHURCH_OWNER);
    conversation->member_id = chat_rows_integer(rows, CHAT_SQL_CONVERSATION_MEMBER_ID);
    conversation->member_name = chat_rows_text(rows, CHAT_SQL_CONVERSATION_MEMBER_NAME);
    conversation->member_avatar_url = chat_rows_text(rows, CHAT_SQL_CONVERSATION_MEMBER_AVATAR_URL);
    conversation->last_message_id = chat_rows_integer(rows, CHAT_SQL_CONVERSATION_LAST_MESSAGE_ID);
    conversation->last_message_text = chat_rows_text(rows, CHAT_SQL_CONVERSATION_LAST_MESSAGE_TEXT);
    conversation->last_message_at = chat_rows_time(rows, CHAT_SQL_CONVERSATION_LAST_MESSAGE_AT);
    conversation->unread_count = chat_rows_integer(rows, CHAT_SQL_CONVERSATION_UNREAD_COUNT);
    conversation->created_at = chat_rows_time(rows, CHAT_SQL_CONVERSATION_CREATED_AT);
    conversation->updated_at = chat_rows_time(rows, CHAT_SQL_CONVERSATION_UPDATED_AT);
    conversation->member_is_blocked = chat_rows_boolean(rows, CHAT_SQL_CONVERSATION_MEMBER_BLOCKED);
}

apr_status_t chat_store_conversation_list(chat_rows_t **prows, apr_int64_t *punread,
                                          chat_ctx_t *ctx, const chat_conversation_filter_t *filter)
{
    const char *const args[] = {ctx->profile.external_id,
                                chat_db_id(filter->limit + 1, ctx->pool),
                                chat_db_time_or_null(filter->before_updated_at, ctx->pool),
                                chat_db_id_or_null(filter->before_id, ctx->pool),
                                chat_db_id_or_null(filter->church_id, ctx->pool),
                                filter->since,
                                filter->name,
                                chat_db_boolean(filter->unread_only)};
    chat_sql_t statement = CHAT_SQL_LIST_CONVERSATIONS;
    apr_status_t rv;

    if (filter->name)
        statement = CHAT_SQL_FIND_CONVERSATIONS;
    else if (filter->unread_only)
        statement = CHAT_SQL_LIST_UNREAD_CONVERSATIONS;
    rv =
        chat_store_user_ask(prows, ctx, statement, args, chat_sql_statements[statement].parameters);
    if (rv == APR_SUCCESS) {
        *punread = chat_rows_integer(*prows, CHAT_SQL_LIST_UNREAD);
        ctx->xmin = (apr_uint64_t)chat_rows_integer(*prows, CHAT_SQL_LIST_XMIN);
        ctx->epoch = chat_rows_text(*prows, CHAT_SQL_LIST_EPOCH);
    }
    return rv;
}

int chat_store_conversation_next(chat_conversation_t *conversation, chat_rows_t *rows)
{
    if (!chat_rows_next(rows))
        return 0;
    chat_store_conversation_from_row(conversation, rows);
    conversation->written_by =
        (apr_uint32_t)chat_rows_integer(rows, CHAT_SQL_CONVERSATION_WRITTEN_BY);
    return 1;
}

const char *chat_store_conversation_snapshot(const chat_rows_t *rows)
{
    return chat_rows_text(rows, CHAT_SQL_LIST_SNAPSHOT);
}

apr_status_t chat_store_conversation_get(chat_conversation_t *conversation, chat_ctx_t *ctx,
                                         apr_int64_t id)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(id, ctx->pool)};
    chat_rows_t *rows;
    apr_status_t rv =
        chat_store_user_ask(&rows, ctx, CHAT_SQL_GET_CONVERSATION, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    if (chat_rows_is_null(rows, CHAT_SQL_CONVERSATION_ID))
        return APR_ENOENT;
    chat_store_conversation_from_row(conversation, rows);
    ctx->xmin = (apr_uint64_t)chat_rows_integer(rows, XMIN_OF_ONE_COLUMN);
    ctx->epoch = chat_rows_text(rows, CHAT_SQL_CONVERSATION_EPOCH);
    return APR_SUCCESS;
}

apr_status_t chat_store_conversation_unread(apr_int64_t *punread, chat_ctx_t *ctx)
{
    const char *const args[] = {ctx->profile.external_id};
    chat_rows_t *rows;
    apr_status_t rv =
        chat_store_user_ask(&rows, ctx, CHAT_SQL_UNREAD_COUNT, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    *punread = chat_rows_integer(rows, CHAT_SQL_LIST_UNREAD);
    ctx->xmin = (apr_uint64_t)chat_rows_integer(rows, CHAT_SQL_LIST_XMIN);
    ctx->epoch = chat_rows_text(rows, CHAT_SQL_UNREAD_EPOCH);
    return APR_SUCCESS;
}

apr_status_t chat_store_conversation_open(const char **poutcome, chat_conversation_t *conversation,
                                          chat_ctx_t *ctx, apr_int64_t church_id)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(church_id, ctx->pool)};
    chat_rows_t *rows;
    apr_status_t rv =
        chat_store_user_ask(&rows, ctx, CHAT_SQL_OPEN_CONVERSATION, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    *poutcome = chat_rows_text(rows, CHAT_SQL_CONVERSATION_OUTCOME);
    if (!chat_rows_is_null(rows, CHAT_SQL_CONVERSATION_ID))
        chat_store_conversation_from_row(conversation, rows);
    if (strcmp(*poutcome, "created") == 0)
        chat_store_user_wrote(ctx);
    else
        chat_store_user_found_done(ctx);
    return APR_SUCCESS;
}

apr_status_t chat_store_conversation_block(const char **poutcome, chat_ctx_t *ctx, apr_int64_t id,
                                           int is_blocked)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(id, ctx->pool),
                                chat_db_boolean(is_blocked)};
    chat_rows_t *rows;
    apr_status_t rv =
        chat_store_user_ask(&rows, ctx, CHAT_SQL_BLOCK_MEMBER, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    *poutcome = chat_rows_text(rows, CHAT_SQL_CONVERSATION_OUTCOME);
    if (strcmp(*poutcome, "done") == 0)
        chat_store_user_wrote(ctx);
    return APR_SUCCESS;
}
