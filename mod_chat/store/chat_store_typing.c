#include "store/chat_store_typing.h"

#include <apr_strings.h>

#include "store/chat_store_user.h"

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

/* The users, and what their marks are behind, as arrays of SQL: '{7,9}', '{120,121}'. */
static void write_arrays(const char **pusers, const char **pseqs, const chat_typed_t *typists,
                         int count, apr_pool_t *p)
{
    const char *users = "";
    const char *seqs = "";
    int i;

    for (i = 0; i < count; i++) {
        const char *comma = i ? "," : "";

        users = apr_pstrcat(p, users, comma, chat_db_id(typists[i].user_id, p), NULL);
        seqs = apr_pstrcat(p, seqs, comma, chat_db_id(typists[i].seq, p), NULL);
    }
    *pusers = apr_pstrcat(p, "{", users, "}", NULL);
    *pseqs = apr_pstrcat(p, "{", seqs, "}", NULL);
}

apr_status_t chat_store_typing_list(chat_rows_t **prows, chat_ctx_t *ctx,
                                    apr_int64_t conversation_id, const chat_typed_t *typists,
                                    int count)
{
    const char *args[] = {ctx->profile.external_id, chat_db_id(conversation_id, ctx->pool), NULL,
                          NULL};
    apr_status_t rv;

    write_arrays(&args[2], &args[3], typists, count, ctx->pool);
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
