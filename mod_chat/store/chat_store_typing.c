#include "store/chat_store_typing.h"

#include "store/chat_store_user.h"

static const chat_column_t access_columns[] = {
    CHAT_COLUMN(chat_typing_access_t, conversation_id),
    CHAT_COLUMN(chat_typing_access_t, is_church_owner),
    CHAT_COLUMN(chat_typing_access_t, member_is_blocked),
    CHAT_COLUMN(chat_typing_access_t, last_seq),
};
static const chat_record_t access_record = CHAT_RECORD(access_columns);
static const chat_record_t header_record = {access_columns, 1};

static const chat_column_t typer_columns[] = {
    CHAT_COLUMN_AS("typer_id", chat_typer_t, user_id),
    CHAT_COLUMN(chat_typer_t, username),
    CHAT_COLUMN(chat_typer_t, display_name),
    CHAT_COLUMN(chat_typer_t, avatar_url),
};
const chat_record_t chat_store_typing_record = CHAT_RECORD(typer_columns);

static const chat_query_t check_query = {CHAT_SQL_CHECK_TYPING,
                                         {&chat_store_user_record, &access_record}};
static const chat_query_t list_query = {
    CHAT_SQL_LIST_TYPERS, {&chat_store_user_record, &header_record, &chat_store_typing_record}};

apr_status_t chat_store_typing_check(chat_typing_access_t *access, chat_ctx_t *ctx,
                                     apr_int64_t conversation_id)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(conversation_id, ctx->pool),
                                chat_db_id_or_null(ctx->still_id, ctx->pool)};
    chat_rows_t *rows;
    apr_status_t rv = chat_store_user_select(&rows, ctx, &check_query, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    chat_rows_read(access, rows, &access_record);
    return access->conversation_id ? APR_SUCCESS : APR_ENOENT;
}

apr_status_t chat_store_typing_list(chat_rows_t **prows, chat_ctx_t *ctx,
                                    apr_int64_t conversation_id,
                                    const chat_typing_change_t *typists, int count)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(conversation_id, ctx->pool),
                                chat_db_ids(&typists->user_id, sizeof *typists, count, ctx->pool),
                                chat_db_ids(&typists->seq, sizeof *typists, count, ctx->pool)};
    chat_typing_access_t access;
    apr_status_t rv = chat_store_user_select(prows, ctx, &list_query, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    chat_rows_read(&access, *prows, &header_record);
    return access.conversation_id ? APR_SUCCESS : APR_ENOENT;
}

int chat_store_typing_next(chat_typer_t *typer, chat_rows_t *rows)
{
    return chat_rows_next_into(typer, rows, &chat_store_typing_record);
}
