/**
 * @file chat_log_repeat.h
 * Limits log lines that each request would repeat, as while the database is away: one line when the
 * problem begins and one whenever its cause changes, then one a minute with the number of lines
 * that were left out. For all children together.
 *
 * Threads: any, in any child.
 */
#ifndef MOD_CHAT_CHAT_LOG_REPEAT_H
#define MOD_CHAT_CHAT_LOG_REPEAT_H
#include <apr.h>

#include "core/chat_metrics.h"
#include "core/chat_problem.h"

#define CHAT_LOG_REPEAT_EVERY_S 60

/** Whether a line with this cause should be logged; then `*pleft_out` is the number of lines that
 * were left out since the last one. */
int chat_log_repeat_is_due(chat_log_repeat_t complaint, const char *cause, apr_uint64_t *pleft_out);

/** The same for a problem with a cause: it is marked as repeated, or its cause says how many lines
 * were left out. In a child that is being stopped each is: what it breaks off is no failure, and
 * the clients have gone. */
void chat_log_repeat_limit(chat_problem_t *problem, chat_log_repeat_t complaint, apr_pool_t *p);

/** The problem is over. 1: it had been logged, and no other caller has reported its end. */
int chat_log_repeat_end(chat_log_repeat_t complaint);
#endif
