/**
 * @file chat_admin_confirm.h
 * The word that confirms an action: given with a dry run, and asked for by what the dry run was of.
 *
 * It is signed (guard/chat_token.h) and valid for one administrator, resource and action and the
 * same ids or filters, for CHAT_ADMIN_CONFIRM_S seconds of the wall clock, on all hosts with the
 * same secret. Ownership: ctx->pool. Threads: any.
 */
#ifndef MOD_CHAT_CHAT_ADMIN_CONFIRM_H
#define MOD_CHAT_CHAT_ADMIN_CONFIRM_H
#include "core/chat_problem.h"
#include "store/chat_store_admin_change.h"

#define CHAT_ADMIN_CONFIRM_S 600

/** NULL: the site has no secret. */
const char *chat_admin_confirm_make(const chat_ctx_t *ctx, const char *action,
                                    const chat_admin_selection_t *selection);

/** Whether it was given for this, and not too long ago. */
int chat_admin_confirm_check(const chat_ctx_t *ctx, const char *action,
                             const chat_admin_selection_t *selection, const char *text);

/** What is answered without it. */
chat_problem_t *chat_admin_confirm_problem(apr_pool_t *p);
#endif
