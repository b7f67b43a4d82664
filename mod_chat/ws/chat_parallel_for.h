/**
 * @file chat_parallel_for.h
 * More hands for many small tasks of one kind: a thread and its helpers share them, and it goes on
 * when all are done.
 *
 * Tasks are taken in small lots, so that whoever is slow, or comes late, holds nobody up for longer
 * than a lot takes; where no helper comes at all, the thread does everything itself. What a task
 * did is seen by the thread when chat_parallel_for_run() returns.
 * Bounded: CHAT_PARALLEL_FOR_HELPERS_MAX threads.
 * Threads: chat_parallel_for_run() one at a time; tasks run on any of them.
 */
#ifndef MOD_CHAT_CHAT_PARALLEL_FOR_H
#define MOD_CHAT_CHAT_PARALLEL_FOR_H
#include <apr_pools.h>

#define CHAT_PARALLEL_FOR_HELPERS_MAX 3

typedef struct chat_parallel_for_t chat_parallel_for_t;

/** One of the tasks. It must not wait. */
typedef void chat_parallel_for_body_t(void *item);

/** How many helpers are of use: one for each further processor of this process. */
int chat_parallel_for_of_use(void);

/** With so many helpers; 0: none, and no thread is started. After a failure there are none. */
apr_status_t chat_parallel_for_create(chat_parallel_for_t **phands, int helpers, apr_pool_t *p);

/** Do the task with each of these items, in no order. */
void chat_parallel_for_run(chat_parallel_for_t *workers, chat_parallel_for_body_t *task,
                           void *const *items, int count);

/** The helpers end. Nothing may be under way. */
void chat_parallel_for_join(chat_parallel_for_t *workers);
#endif
