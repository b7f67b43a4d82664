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

/** Outcomes that also occur elsewhere: the conversation does not exist, or the user may not see it;
 * the member has been blocked by the church; the user has been deactivated. */
#define CHAT_REFUSAL_NOT_FOUND "not_found"
#define CHAT_REFUSAL_BLOCKED "blocked"
#define CHAT_REFUSAL_USER_INACTIVE "user_inactive"

/** The problem for an outcome, or NULL if the outcome is not a refusal. */
chat_problem_t *chat_refusal_of_outcome(const char *outcome, apr_pool_t *p);
#endif
