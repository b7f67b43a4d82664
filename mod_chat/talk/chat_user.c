#include "talk/chat_user.h"

#include "store/chat_store_user.h"
#include "talk/chat_failure.h"

chat_problem_t *chat_user_enter(chat_ctx_t *ctx)
{
    return chat_failure(ctx, chat_store_user_get(ctx));
}
