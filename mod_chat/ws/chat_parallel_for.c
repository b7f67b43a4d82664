#include "ws/chat_parallel_for.h"

#include <sched.h>

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

#define LOT 16       /* items that are taken at once */
#define ALONE_MAX 32 /* so few are done before a helper would have woken */

struct chat_parallel_for_t {
    int helpers;
    apr_thread_t *threads[CHAT_PARALLEL_FOR_HELPERS_MAX];
    apr_thread_mutex_t *mutex; /* guards all that follows */
    apr_thread_cond_t *begun;
    apr_thread_cond_t *ended;
    chat_parallel_for_body_t *task;
    void *const *items;
    int count;
    int next; /* the first item that nobody has taken */
    int busy; /* helpers with a lot */
    int is_over;
};

static void do_lot(chat_parallel_for_body_t *task, void *const *items, int count)
{
    int i;

    for (i = 0; i < count; i++)
        task(items[i]);
}

/* With the mutex, which is released during the work. */
static void take_lot(chat_parallel_for_t *workers)
{
    chat_parallel_for_body_t *task = workers->task;
    void *const *items = workers->items + workers->next;
    int left = workers->count - workers->next;
    int count = left < LOT ? left : LOT;

    workers->next += count;
    workers->busy++;
    apr_thread_mutex_unlock(workers->mutex);
    do_lot(task, items, count);
    apr_thread_mutex_lock(workers->mutex);
    workers->busy--;
}

static void *APR_THREAD_FUNC help(apr_thread_t *thread, void *data)
{
    chat_parallel_for_t *workers = data;

    apr_thread_mutex_lock(workers->mutex);
    while (!workers->is_over) {
        if (workers->next == workers->count) {
            apr_thread_cond_wait(workers->begun, workers->mutex);
            continue;
        }
        take_lot(workers);
        if (workers->next == workers->count && workers->busy == 0)
            apr_thread_cond_signal(workers->ended);
    }
    apr_thread_mutex_unlock(workers->mutex);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

int chat_parallel_for_useful_helpers(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) - 1 : 0;

    return count < CHAT_PARALLEL_FOR_HELPERS_MAX ? count : CHAT_PARALLEL_FOR_HELPERS_MAX;
}

apr_status_t chat_parallel_for_create(chat_parallel_for_t **pworkers, int helpers, apr_pool_t *p)
{
    chat_parallel_for_t *workers = apr_pcalloc(p, sizeof *workers);
    apr_status_t rv = apr_thread_mutex_create(&workers->mutex, APR_THREAD_MUTEX_DEFAULT, p);

    *pworkers = NULL;
    if (rv == APR_SUCCESS)
        rv = apr_thread_cond_create(&workers->begun, p);
    if (rv == APR_SUCCESS)
        rv = apr_thread_cond_create(&workers->ended, p);
    while (rv == APR_SUCCESS && workers->helpers < helpers) {
        rv = apr_thread_create(&workers->threads[workers->helpers], NULL, help, workers, p);
        if (rv == APR_SUCCESS)
            workers->helpers++;
    }
    if (rv == APR_SUCCESS)
        *pworkers = workers;
    else if (workers->helpers > 0)
        chat_parallel_for_join(workers);
    return rv;
}

static void share(chat_parallel_for_t *workers, chat_parallel_for_body_t *task, void *const *items,
                  int count)
{
    apr_thread_mutex_lock(workers->mutex);
    workers->task = task;
    workers->items = items;
    workers->count = count;
    workers->next = 0;
    apr_thread_cond_broadcast(workers->begun);
    while (workers->next < workers->count)
        take_lot(workers);
    while (workers->busy > 0)
        apr_thread_cond_wait(workers->ended, workers->mutex);
    apr_thread_mutex_unlock(workers->mutex);
}

void chat_parallel_for_run(chat_parallel_for_t *workers, chat_parallel_for_body_t *task,
                           void *const *items, int count)
{
    if (workers->helpers == 0 || count <= ALONE_MAX)
        do_lot(task, items, count);
    else
        share(workers, task, items, count);
}

void chat_parallel_for_join(chat_parallel_for_t *workers)
{
    apr_status_t rv;

    apr_thread_mutex_lock(workers->mutex);
    workers->is_over = 1;
    apr_thread_cond_broadcast(workers->begun);
    apr_thread_mutex_unlock(workers->mutex);
    while (workers->helpers > 0)
        apr_thread_join(&rv, workers->threads[--workers->helpers]);
}
