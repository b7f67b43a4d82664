#include "db/chat_semaphore.h"

#include <pthread.h>

#include "core/chat_clock.h"

/* Of pthread, as apr_thread_cond_timedwait() waits by the wall clock. */
struct chat_semaphore_t {
    pthread_mutex_t mutex; /* guards `free` and `waiting` */
    pthread_cond_t left;   /* by chat_clock's clock */
    int free;
    int waiting;
};

static apr_status_t destroy(void *data)
{
    chat_semaphore_t *gate = data;

    pthread_cond_destroy(&gate->left);
    pthread_mutex_destroy(&gate->mutex);
    return APR_SUCCESS;
}

chat_semaphore_t *chat_semaphore_create(int places, apr_pool_t *p)
{
    chat_semaphore_t *gate = apr_pcalloc(p, sizeof *gate);
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&gate->mutex, NULL);
    pthread_cond_init(&gate->left, &attributes);
    pthread_condattr_destroy(&attributes);
    gate->free = places;
    apr_pool_cleanup_register(p, gate, destroy, apr_pool_cleanup_null);
    return gate;
}

/* Under the mutex: sleep until a place is free, or the time is over. */
static void wait_for_place(chat_semaphore_t *gate, apr_interval_time_t wait)
{
    struct timespec deadline = chat_clock_timespec(chat_clock_now() + wait);
    int rc = 0;

    gate->waiting++;
    while (gate->free == 0 && rc == 0)
        rc = pthread_cond_timedwait(&gate->left, &gate->mutex, &deadline);
    gate->waiting--;
}

apr_status_t chat_semaphore_acquire(chat_semaphore_t *gate, apr_interval_time_t wait)
{
    int is_free;

    pthread_mutex_lock(&gate->mutex);
    if (gate->free == 0)
        wait_for_place(gate, wait);
    is_free = gate->free > 0;
    if (is_free)
        gate->free--;
    pthread_mutex_unlock(&gate->mutex);
    return is_free ? APR_SUCCESS : APR_TIMEUP;
}

void chat_semaphore_release(chat_semaphore_t *gate)
{
    int is_awaited;

    pthread_mutex_lock(&gate->mutex);
    gate->free++;
    is_awaited = gate->waiting > 0;
    pthread_mutex_unlock(&gate->mutex);
    if (is_awaited) /* behind the unlock, or who wakes would have to wait for it */
        pthread_cond_signal(&gate->left);
}
