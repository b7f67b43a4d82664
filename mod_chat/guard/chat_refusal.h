/**
 * @file chat_refusal.h
 * May they? What the database refused, as a problem for whoever asked.
 *
 * The check itself stands in each statement, together with the act, so that the two cannot come
 * apart; the statement answers with an outcome, a word. Here the words get their HTTP status.
 */
#ifndef MOD_CHAT_CHAT_REFUSAL_H
#define MOD_CHAT_CHAT_REFUSAL_H
#include "core/chat_problem.h"

/** The outcome for somebody who may not use the chat at all. */
#define CHAT_REFUSAL_USER_INACTIVE "user_inactive"

/** The problem of an outcome, or NULL when the outcome is no refusal. */
chat_problem_t *chat_refusal_of_outcome(const char *outcome, apr_pool_t *p);

/** Someone who is not active: 403 user_inactive. */
chat_problem_t *chat_refusal_user_inactive(apr_pool_t *p);

/** What cannot be seen does not exist: 404 not_found. */
chat_problem_t *chat_refusal_not_found(apr_pool_t *p);

/** A blocked member: 403 blocked. */
chat_problem_t *chat_refusal_blocked(apr_pool_t *p);
#endif
