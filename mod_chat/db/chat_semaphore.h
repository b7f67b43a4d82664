/**
 * @file chat_semaphore.h
 * A counting semaphore with a time limit.
 *
 * Threads: any. Ownership: lives in the pool given, which must outlive all waiting threads.
 */
#ifndef MOD_CHAT_CHAT_SEMAPHORE_H
#define MOD_CHAT_CHAT_SEMAPHORE_H
#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_time.h>

typedef struct chat_semaphore_t chat_semaphore_t;

chat_semaphore_t *chat_semaphore_create(int count, apr_pool_t *p);

/** Acquire one of `count`. APR_TIMEUP: none was free within `wait`. */
apr_status_t chat_semaphore_acquire(chat_semaphore_t *semaphore, apr_interval_time_t wait);

/** Release it. */
void chat_semaphore_release(chat_semaphore_t *semaphore);
#endif
