/**
 * @file chat_parallel_for.h
 * Runs one function for many items on several threads, the caller's among them, and returns when
 * all are done.
 *
 * Items are taken in small lots, so that a thread that is slow, or starts late, delays the others
 * by no more than a lot; where no helper starts at all, the caller does everything. Whatever the
 * function wrote is visible to the caller when chat_parallel_for_run() returns.
 * Bounded: CHAT_PARALLEL_FOR_HELPERS_MAX threads besides the caller's. Threads:
 * chat_parallel_for_run() from one at a time.
 */
#ifndef MOD_CHAT_CHAT_PARALLEL_FOR_H
#define MOD_CHAT_CHAT_PARALLEL_FOR_H
#include <apr_pools.h>

#define CHAT_PARALLEL_FOR_HELPERS_MAX 3

typedef struct chat_parallel_for_t chat_parallel_for_t;

/** The function. It must not block. */
typedef void chat_parallel_for_body_t(void *item);

/** How many helpers are useful: one for each further processor that this process may use. */
int chat_parallel_for_useful_helpers(void);

/** Start so many helper threads; 0: everything is done by the caller. After a failure there are
 * none. */
apr_status_t chat_parallel_for_create(chat_parallel_for_t **pworkers, int helpers, apr_pool_t *p);

/** Call the function for each item, in any order. */
void chat_parallel_for_run(chat_parallel_for_t *workers, chat_parallel_for_body_t *task,
                           void *const *items, int count);

/** End the helpers. Nothing may be running. */
void chat_parallel_for_join(chat_parallel_for_t *workers);
#endif
