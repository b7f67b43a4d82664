#include "ws/chat_task_queue.h"

#include <apr_thread_mutex.h>

#include "core/chat_wake.h"

struct chat_task_queue_t {
    int wake_fd;
    apr_thread_mutex_t *mutex; /* guards the list */
    chat_task_t *first;
    chat_task_t *last;
};

apr_status_t chat_task_queue_create(chat_task_queue_t **pqueue, int wake_fd, apr_pool_t *p)
{
    chat_task_queue_t *queue = apr_pcalloc(p, sizeof *queue);

    queue->wake_fd = wake_fd;
    *pqueue = queue;
    return apr_thread_mutex_create(&queue->mutex, APR_THREAD_MUTEX_DEFAULT, p);
}

void chat_task_queue_post(chat_task_queue_t *queue, chat_task_t *task)
{
    int was_empty;

    task->next = NULL;
    apr_thread_mutex_lock(queue->mutex);
    was_empty = !queue->first;
    if (was_empty)
        queue->first = task;
    else
        queue->last->next = task;
    queue->last = task;
    apr_thread_mutex_unlock(queue->mutex);
    if (was_empty)
        chat_wake_signal(queue->wake_fd);
}

void chat_task_queue_run_all(chat_task_queue_t *queue)
{
    chat_task_t *task;
    chat_task_t *next;

    apr_thread_mutex_lock(queue->mutex);
    task = queue->first;
    queue->first = NULL;
    apr_thread_mutex_unlock(queue->mutex);
    for (; task; task = next) {
        next = task->next;
        task->run(task);
    }
}
