#include "store/chat_gate.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

struct chat_gate_t {
    apr_thread_mutex_t *mutex; /* guards `free` and `waiting` */
    apr_thread_cond_t *left;
    int free;
    int waiting;
};

chat_gate_t *chat_gate_create(int places, apr_pool_t *p)
{
    chat_gate_t *gate = apr_pcalloc(p, sizeof *gate);

    apr_thread_mutex_create(&gate->mutex, APR_THREAD_MUTEX_DEFAULT, p);
    apr_thread_cond_create(&gate->left, p);
    gate->free = places;
    return gate;
}

/* Under the mutex: sleep until a place is free, or the time is over. */
static void wait_for_place(chat_gate_t *gate, apr_interval_time_t wait)
{
    apr_time_t deadline = apr_time_now() + wait;
    apr_interval_time_t left = wait;

    gate->waiting++;
    while (gate->free == 0 && left > 0) {
        apr_thread_cond_timedwait(gate->left, gate->mutex, left);
        left = deadline - apr_time_now();
    }
    gate->waiting--;
}

apr_status_t chat_gate_enter(chat_gate_t *gate, apr_interval_time_t wait)
{
    int is_free;

    apr_thread_mutex_lock(gate->mutex);
    if (gate->free == 0)
        wait_for_place(gate, wait);
    is_free = gate->free > 0;
    if (is_free)
        gate->free--;
    apr_thread_mutex_unlock(gate->mutex);
    return is_free ? APR_SUCCESS : APR_TIMEUP;
}

void chat_gate_leave(chat_gate_t *gate)
{
    int is_awaited;

    apr_thread_mutex_lock(gate->mutex);
    gate->free++;
    is_awaited = gate->waiting > 0;
    apr_thread_mutex_unlock(gate->mutex);
    if (is_awaited) /* behind the unlock, or who wakes would have to wait for it */
        apr_thread_cond_signal(gate->left);
}
