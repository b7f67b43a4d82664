#include "db/chat_semaphore.h"

#include <errno.h>
#include <semaphore.h>

#include "core/chat_clock.h"

struct chat_semaphore_t {
    sem_t free;
};

static apr_status_t destroy(void *data)
{
    chat_semaphore_t *semaphore = data;

    sem_destroy(&semaphore->free);
    return APR_SUCCESS;
}

chat_semaphore_t *chat_semaphore_create(int count, apr_pool_t *p)
{
    chat_semaphore_t *semaphore = apr_pcalloc(p, sizeof *semaphore);

    sem_init(&semaphore->free, 0, (unsigned)count);
    apr_pool_cleanup_register(p, semaphore, destroy, apr_pool_cleanup_null);
    return semaphore;
}

apr_status_t chat_semaphore_acquire(chat_semaphore_t *semaphore, apr_interval_time_t wait)
{
    struct timespec deadline = chat_clock_timespec(chat_clock_now() + wait);
    int rc;

    do /* by the clock that cannot be set */
        rc = sem_clockwait(&semaphore->free, CLOCK_MONOTONIC, &deadline);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? APR_SUCCESS : APR_TIMEUP;
}

void chat_semaphore_release(chat_semaphore_t *semaphore)
{
    sem_post(&semaphore->free);
}
