/**
 * @file chat_refusal.h
 * The problem for a request that a statement has refused.
 *
 * Access is checked inside each statement, together with the change itself, so that nothing can
 * happen in between. A statement that refuses returns a word, the outcome; here each outcome has
 * its HTTP status and sentence. Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_REFUSAL_H
#define MOD_CHAT_CHAT_REFUSAL_H
#include "core/chat_problem.h"

/** The outcome for a user who has been deactivated. */
#define CHAT_REFUSAL_USER_INACTIVE "user_inactive"

/** The problem for an outcome, or NULL if the outcome is not a refusal. */
chat_problem_t *chat_refusal_of_outcome(const char *outcome, apr_pool_t *p);

/** 403 user_inactive: the user has been deactivated. */
chat_problem_t *chat_refusal_user_inactive(apr_pool_t *p);

/** 404 not_found: the conversation does not exist, or the user may not see it. */
chat_problem_t *chat_refusal_not_found(apr_pool_t *p);

/** 403 blocked: the member has been blocked by the church. */
chat_problem_t *chat_refusal_blocked(apr_pool_t *p);
#endif
