#include "ws/chat_task_queue.h"

#include <apr_thread_mutex.h>

#include "core/chat_wake.h"

struct chat_task_queue_t {
    int wake_fd;
    apr_thread_mutex_t *mutex; /* guards the list */
    chat_task_t *first;
    chat_task_t *last;
};

apr_status_t chat_task_queue_create(chat_task_queue_t **pbox, int wake_fd, apr_pool_t *p)
{
    chat_task_queue_t *box = apr_pcalloc(p, sizeof *box);

    box->wake_fd = wake_fd;
    *pbox = box;
    return apr_thread_mutex_create(&box->mutex, APR_THREAD_MUTEX_DEFAULT, p);
}

void chat_task_queue_post(chat_task_queue_t *box, chat_task_t *task)
{
    int was_empty;

    task->next = NULL;
    apr_thread_mutex_lock(box->mutex);
    was_empty = !box->first;
    if (was_empty)
        box->first = task;
    else
        box->last->next = task;
    box->last = task;
    apr_thread_mutex_unlock(box->mutex);
    if (was_empty)
        chat_wake_signal(box->wake_fd);
}

void chat_task_queue_run_all(chat_task_queue_t *box)
{
    chat_task_t *task;
    chat_task_t *next;

    apr_thread_mutex_lock(box->mutex);
    task = box->first;
    box->first = NULL;
    apr_thread_mutex_unlock(box->mutex);
    for (; task; task = next) {
        next = task->next;
        task->open(task);
    }
}
