/**
 * @file chat_access.h
 * May they? What the database refused, as a problem for whoever asked.
 *
 * The check itself stands in each statement, together with the act, so that the two cannot come
 * apart; the statement answers with an outcome, a word. Here the words get their HTTP status.
 */
#ifndef MOD_CHAT_CHAT_ACCESS_H
#define MOD_CHAT_CHAT_ACCESS_H
#include "core/chat_problem.h"

/** The outcome for somebody who may not use the chat at all. */
#define CHAT_ACCESS_USER_INACTIVE "user_inactive"

/** The problem of an outcome, or NULL when the outcome is no refusal. */
chat_problem_t *chat_access_refusal(const char *outcome, apr_pool_t *p);

/** Someone who is not active: 403 user_inactive. */
chat_problem_t *chat_access_user_inactive(apr_pool_t *p);

/** What cannot be seen does not exist: 404 not_found. */
chat_problem_t *chat_access_not_found(apr_pool_t *p);

/** A blocked member: 403 blocked. */
chat_problem_t *chat_access_blocked(apr_pool_t *p);
#endif
