/**
 * @file chat_task_queue.h
 * Tasks from any thread to the event loop's.
 *
 * A task is a part of what it is about (a connection, a command, a batch of frames), so posting
 * allocates nothing and cannot fail; its owner bounds how many there can be. Tasks of one thread
 * are opened in the order they were posted.
 * Ownership: a posted task belongs to the event loop until it is opened. Threads:
 * chat_task_queue_post() from any; chat_task_queue_run_all() on the event loop's.
 */
#ifndef MOD_CHAT_CHAT_TASK_QUEUE_H
#define MOD_CHAT_CHAT_TASK_QUEUE_H
#include <apr_errno.h>
#include <apr_pools.h>

typedef struct chat_task_t {
    struct chat_task_t *next;
    void (*open)(struct chat_task_t *task); /**< on the event loop's thread; may free it */
} chat_task_t;

typedef struct chat_task_queue_t chat_task_queue_t;

/** `wake_fd` is an eventfd that a task makes readable. */
apr_status_t chat_task_queue_create(chat_task_queue_t **pbox, int wake_fd, apr_pool_t *p);

void chat_task_queue_post(chat_task_queue_t *box, chat_task_t *task);
void chat_task_queue_run_all(chat_task_queue_t *box);
#endif
