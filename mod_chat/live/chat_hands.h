/**
 * @file chat_hands.h
 * More hands for many small tasks of one kind: a thread and its helpers share them, and it goes on
 * when all are done.
 *
 * Tasks are taken in small lots, so that whoever is slow, or comes late, holds nobody up for longer
 * than a lot takes; where no helper comes at all, the thread does everything itself. What a task
 * did is seen by the thread when chat_hands_do() returns.
 * Bounded: CHAT_HANDS_HELPERS_MAX threads.
 * Threads: chat_hands_do() one at a time; tasks run on any of them.
 */
#ifndef MOD_CHAT_CHAT_HANDS_H
#define MOD_CHAT_CHAT_HANDS_H
#include <apr_pools.h>

#define CHAT_HANDS_HELPERS_MAX 3

typedef struct chat_hands_t chat_hands_t;

/** One of the tasks. It must not wait. */
typedef void chat_hands_task_t(void *item);

/** How many helpers are of use: one for each further processor of this process. */
int chat_hands_of_use(void);

/** With so many helpers; 0: none, and no thread is started. After a failure there are none. */
apr_status_t chat_hands_create(chat_hands_t **phands, int helpers, apr_pool_t *p);

/** Do the task with each of these items, in no order. */
void chat_hands_do(chat_hands_t *hands, chat_hands_task_t *task, void *const *items, int count);

/** The helpers end. Nothing may be under way. */
void chat_hands_join(chat_hands_t *hands);
#endif
