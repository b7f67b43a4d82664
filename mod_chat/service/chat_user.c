#include "service/chat_user.h"

#include <string.h>

#include "guard/chat_guard.h"
#include "service/chat_db_problem.h"
#include "store/chat_store_user.h"

void chat_user_begin(chat_ctx_t *ctx, const chat_config_t *config, chat_db_t *db, apr_pool_t *p)
{
    memset(ctx, 0, sizeof *ctx);
    ctx->pool = p;
    ctx->config = config;
    ctx->db = db;
    chat_guard_share(ctx);
}

chat_problem_t *chat_user_enter(chat_ctx_t *ctx)
{
    return chat_db_problem(ctx, chat_store_user_get(ctx));
}
