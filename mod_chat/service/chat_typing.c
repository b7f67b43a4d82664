#include "service/chat_typing.h"

#include "cache/chat_typing_marks.h"
#include "guard/chat_refusal.h"
#include "service/chat_db_problem.h"
#include "store/chat_commit_hook.h"

chat_problem_t *chat_typing_say(chat_ctx_t *ctx, apr_int64_t conversation_id, apr_int64_t source,
                                int is_typing)
{
    chat_typing_access_t access;
    chat_typing_change_t typed;
    apr_status_t rv = chat_store_typing_check(&access, ctx, conversation_id);

    if (rv != APR_SUCCESS)
        return chat_db_problem(ctx, rv);
    if (access.member_is_blocked && !access.is_church_owner)
        return chat_refusal_of_outcome(CHAT_REFUSAL_BLOCKED, ctx->pool);
    typed = (chat_typing_change_t){.conversation_id = conversation_id,
                                   .user_id = ctx->user.id,
                                   .source = source,
                                   .seq = access.last_seq,
                                   .is_typing = is_typing,
                                   .is_kept = 1};
    rv = chat_typing_marks_keep(chat_db_server(ctx->db), chat_db_identity(ctx->db), &typed,
                                ctx->pool);
    if (rv == APR_SUCCESS)
        chat_commit_hook_typed(ctx->db, &typed);
    return chat_db_problem(ctx, rv);
}

chat_problem_t *chat_typing_list(chat_rows_t **prows, chat_ctx_t *ctx, apr_int64_t conversation_id)
{
    chat_typing_change_t typists[CHAT_TYPING_MARKS_MAX];
    int count;

    chat_commit_hook_need_feed(ctx->db, 0);
    count = chat_typing_marks_read(typists, chat_db_server(ctx->db), chat_db_identity(ctx->db),
                                   conversation_id, ctx->pool);
    return chat_db_problem(ctx,
                           chat_store_typing_list(prows, ctx, conversation_id, typists, count));
}
