/**
 * @file chat_task_queue.h
 * Tasks from any thread for the event loop's thread.
 *
 * A task is a member of what it is about (a connection, a command, a batch of frames), so posting
 * allocates nothing and cannot fail; whoever owns that bounds how many there can be. The tasks of
 * one thread run in the order in which they were posted.
 * Ownership: a posted task belongs to the event loop until it has run. Threads:
 * chat_task_queue_post() from any, chat_task_queue_run_all() on the event loop's.
 */
#ifndef MOD_CHAT_CHAT_TASK_QUEUE_H
#define MOD_CHAT_CHAT_TASK_QUEUE_H
#include <apr_errno.h>
#include <apr_pools.h>

typedef struct chat_task_t {
    struct chat_task_t *next;
    void (*run)(struct chat_task_t *task); /**< on the event loop's thread; may free it */
} chat_task_t;

typedef struct chat_task_queue_t chat_task_queue_t;

/** `wake_fd` is an eventfd that a task makes readable. */
apr_status_t chat_task_queue_create(chat_task_queue_t **pqueue, int wake_fd, apr_pool_t *p);

void chat_task_queue_post(chat_task_queue_t *queue, chat_task_t *task);
void chat_task_queue_run_all(chat_task_queue_t *queue);
#endif
