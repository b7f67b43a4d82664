#include "live/chat_hands.h"

#include <sched.h>

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

#define LOT 16       /* items that are taken at once */
#define ALONE_MAX 32 /* so few are done before a helper would have woken */

struct chat_hands_t {
    int helpers;
    apr_thread_t *threads[CHAT_HANDS_HELPERS_MAX];
    apr_thread_mutex_t *mutex; /* guards all that follows */
    apr_thread_cond_t *begun;
    apr_thread_cond_t *ended;
    chat_hands_task_t *task;
    void *const *items;
    int count;
    int next; /* the first item that nobody has taken */
    int busy; /* helpers with a lot */
    int is_over;
};

static void do_lot(chat_hands_task_t *task, void *const *items, int count)
{
    int i;

    for (i = 0; i < count; i++)
        task(items[i]);
}

/* Under the mutex, which is left for the work. */
static void take_lot(chat_hands_t *hands)
{
    chat_hands_task_t *task = hands->task;
    void *const *items = hands->items + hands->next;
    int left = hands->count - hands->next;
    int count = left < LOT ? left : LOT;

    hands->next += count;
    hands->busy++;
    apr_thread_mutex_unlock(hands->mutex);
    do_lot(task, items, count);
    apr_thread_mutex_lock(hands->mutex);
    hands->busy--;
}

static void *APR_THREAD_FUNC help(apr_thread_t *thread, void *data)
{
    chat_hands_t *hands = data;

    apr_thread_mutex_lock(hands->mutex);
    while (!hands->is_over) {
        if (hands->next == hands->count) {
            apr_thread_cond_wait(hands->begun, hands->mutex);
            continue;
        }
        take_lot(hands);
        if (hands->next == hands->count && hands->busy == 0)
            apr_thread_cond_signal(hands->ended);
    }
    apr_thread_mutex_unlock(hands->mutex);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

int chat_hands_of_use(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) - 1 : 0;

    return count < CHAT_HANDS_HELPERS_MAX ? count : CHAT_HANDS_HELPERS_MAX;
}

apr_status_t chat_hands_create(chat_hands_t **phands, int helpers, apr_pool_t *p)
{
    chat_hands_t *hands = apr_pcalloc(p, sizeof *hands);
    apr_status_t rv = apr_thread_mutex_create(&hands->mutex, APR_THREAD_MUTEX_DEFAULT, p);

    *phands = NULL;
    if (rv == APR_SUCCESS)
        rv = apr_thread_cond_create(&hands->begun, p);
    if (rv == APR_SUCCESS)
        rv = apr_thread_cond_create(&hands->ended, p);
    while (rv == APR_SUCCESS && hands->helpers < helpers) {
        rv = apr_thread_create(&hands->threads[hands->helpers], NULL, help, hands, p);
        if (rv == APR_SUCCESS)
            hands->helpers++;
    }
    if (rv == APR_SUCCESS)
        *phands = hands;
    else if (hands->helpers > 0)
        chat_hands_join(hands);
    return rv;
}

static void share(chat_hands_t *hands, chat_hands_task_t *task, void *const *items, int count)
{
    apr_thread_mutex_lock(hands->mutex);
    hands->task = task;
    hands->items = items;
    hands->count = count;
    hands->next = 0;
    apr_thread_cond_broadcast(hands->begun);
    while (hands->next < hands->count)
        take_lot(hands);
    while (hands->busy > 0)
        apr_thread_cond_wait(hands->ended, hands->mutex);
    apr_thread_mutex_unlock(hands->mutex);
}

void chat_hands_do(chat_hands_t *hands, chat_hands_task_t *task, void *const *items, int count)
{
    if (hands->helpers == 0 || count <= ALONE_MAX)
        do_lot(task, items, count);
    else
        share(hands, task, items, count);
}

void chat_hands_join(chat_hands_t *hands)
{
    apr_status_t rv;

    apr_thread_mutex_lock(hands->mutex);
    hands->is_over = 1;
    apr_thread_cond_broadcast(hands->begun);
    apr_thread_mutex_unlock(hands->mutex);
    while (hands->helpers > 0)
        apr_thread_join(&rv, hands->threads[--hands->helpers]);
}
