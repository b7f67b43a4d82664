#include "admin/chat_admin_confirm.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_clock.h"
#include "core/chat_number.h"
#include "guard/chat_token.h"

#define PURPOSE "admin-action"
#define DIGITS_MAX 19

/* No name of a user has a line break; what follows the others is the rest. */
static const char *subject_of(const chat_ctx_t *ctx, const char *action,
                              const chat_admin_selection_t *selection, const char *ends_at)
{
    return apr_pstrcat(ctx->pool, ctx->profile.external_id, "\n", selection->kind, "\n", action,
                       "\n", ends_at, "\n", selection->ids ? selection->ids : "",
                       selection->filters ? selection->filters : "", NULL);
}

const char *chat_admin_confirm_make(const chat_ctx_t *ctx, const char *action,
                                    const chat_admin_selection_t *selection)
{
    const char *ends_at =
        chat_db_id(apr_time_sec(chat_clock_wall()) + CHAT_ADMIN_CONFIRM_S, ctx->pool);
    const char *token = chat_token_make(ctx->config->secrets, PURPOSE,
                                        subject_of(ctx, action, selection, ends_at), ctx->pool);

    return token ? apr_pstrcat(ctx->pool, ends_at, ".", token, NULL) : NULL;
}

int chat_admin_confirm_check(const chat_ctx_t *ctx, const char *action,
                             const chat_admin_selection_t *selection, const char *text)
{
    const char *token = strchr(text, '.');
    const char *ends_at;
    apr_int64_t seconds;

    if (!token || token - text > DIGITS_MAX)
        return 0;
    ends_at = apr_pstrmemdup(ctx->pool, text, (apr_size_t)(token - text));
    if (chat_number_read(&seconds, ends_at) != APR_SUCCESS ||
        seconds < apr_time_sec(chat_clock_wall()))
        return 0;
    return chat_token_check(ctx->config->secrets, PURPOSE,
                            subject_of(ctx, action, selection, ends_at),
                            token + 1) != CHAT_TOKEN_BAD;
}

chat_problem_t *chat_admin_confirm_problem(apr_pool_t *p)
{
    return chat_problem(p, CHAT_HTTP_CONFLICT, "confirm",
                        "Ask with dry_run what would be done, and send its confirm within ten "
                        "minutes, with the same ids or filter.");
}
