#include "service/chat_user.h"

#include "service/chat_db_problem.h"
#include "store/chat_store_user.h"

chat_problem_t *chat_user_enter(chat_ctx_t *ctx)
{
    return chat_db_problem(ctx, chat_store_user_get(ctx));
}
