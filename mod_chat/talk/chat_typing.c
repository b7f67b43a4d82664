#include "talk/chat_typing.h"

#include "guard/chat_access.h"
#include "store/chat_bell.h"
#include "talk/chat_failure.h"

chat_problem_t *chat_typing_say(chat_ctx_t *ctx, apr_int64_t conversation_id, int is_typing)
{
    chat_typing_access_t access;
    apr_status_t rv = chat_store_typing_check(&access, ctx, conversation_id);

    if (rv != APR_SUCCESS)
        return chat_failure(ctx, rv);
    if (access.member_is_blocked && !access.is_church_owner)
        return chat_access_blocked(ctx->pool);
    rv = chat_store_typing_mark(ctx, conversation_id, is_typing);
    if (rv == APR_SUCCESS)
        chat_bell_ring_typed(ctx->db, &(chat_typed_t){.conversation_id = conversation_id,
                                                      .user_id = ctx->user.id,
                                                      .is_typing = is_typing});
    return chat_failure(ctx, rv);
}

chat_problem_t *chat_typing_list(chat_rows_t **prows, chat_ctx_t *ctx, apr_int64_t conversation_id)
{
    return chat_failure(ctx, chat_store_typing_list(prows, ctx, conversation_id));
}
