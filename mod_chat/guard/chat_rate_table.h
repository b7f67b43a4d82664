/**
 * @file chat_rate_table.h
 * The table of rate limits in shared memory, which counts exactly across all children.
 *
 * Each limit is a GCRA (generic cell rate algorithm, a leaky bucket stored as one time): `burst`
 * requests at once, then `count` in each `period`. The table is created before the children are
 * forked.
 *
 * The guarantee: however the calls of processes and threads interleave, one key of one limit is
 * never admitted more than burst + d x count / period times within any time d. This also holds
 * while entries expire and slots are reused, when the table is full, when a process is killed
 * during a call, and when a caller's `now` is late. The exception is a thread that is suspended
 * during a call while one slot is reused a multiple of 16,384 times and then has the thread's key
 * again. Two keys share an allowance if 50 bits of a keyed hash and their place in the table are
 * equal; clients cannot construct such keys.
 *
 * A limit whose numbers or key expression change starts with a full allowance. Times end 17 years
 * after the start of the machine; then everything is refused.
 *
 * The converse holds with exceptions: a call is admitted if the limit allows it, but
 * - The period is divided into whole microseconds, rounded up: at 10,000 per second, the highest
 * rate of a limit, up to 1 % fewer are admitted; at 100 per second, 0.01 %.
 * - If all slots of a key are in use, it uses one of 65,536 shared allowances, possibly together
 * with other such keys; this is counted. If the key later gets a slot, it continues with the state
 * of the shared allowance, so that it never has two. A user with many keys can fill the table; half
 * of the slots then still belong to keys that were used within the last day.
 * - Of two simultaneous calls for a key with several limits, one may be refused because the other
 * has used the last allowance and then, refused by another limit, returns it. A returned allowance
 * lacks the microseconds that have passed in between.
 *
 * Threads: any; calls do not block and do not wait for each other. Memory: a call allocates none.
 */
#ifndef MOD_CHAT_CHAT_RATE_TABLE_H
#define MOD_CHAT_CHAT_RATE_TABLE_H
#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_time.h>

#include "guard/chat_rate_limit.h"

/** The maximum number of limits in one call. */
#define CHAT_RATE_TABLE_STACK_MAX 8

/** The default number of slots: one for each key in use; 1 MB. */
#define CHAT_RATE_TABLE_SLOTS_DEFAULT 65536

typedef struct chat_rate_table_t chat_rate_table_t;

/** The result of a call, from the limit that decides: the longest wait, or the least that remains.
 */
typedef struct chat_rate_table_decision_t {
    int is_admitted;
    int is_shared;                      /**< by a shared allowance: the table is full */
    int limit;                          /**< index into `limits`; -1: there are none */
    apr_int64_t remaining;              /**< the number that would still be admitted now */
    apr_interval_time_t reset_us;       /**< until the allowance is full */
    apr_interval_time_t retry_after_us; /**< until one more would be admitted; 0 if admitted */
} chat_rate_table_decision_t;

/** Counters since the table was created. */
typedef struct chat_rate_table_counters_t {
    apr_uint64_t crowded;   /**< calls that used a shared allowance, because no slot was free */
    apr_uint64_t contended; /**< calls refused because of contention; none in practice */
} chat_rate_table_counters_t;

/** The values of the headers; NULL and 0: not sent. */
typedef struct chat_rate_table_headers_t {
    const char *limit;  /**< RateLimit: "send";r=5;t=10 */
    const char *policy; /**< RateLimit-Policy: "send";q=600;w=60 */
    int retry_after_s;  /**< Retry-After */
} chat_rate_table_headers_t;

/**
 * Create a table with at least `slots` slots (0: the default), shared by all processes forked
 * later. It lives as long as `p`; in the process pool it survives graceful restarts.
 */
apr_status_t chat_rate_table_create(chat_rate_table_t **ptable, apr_size_t slots, apr_pool_t *p);

/**
 * Decide whether an action is allowed now. All `count` limits must admit it, each for its key; a
 * refused call uses no allowance. `now` is from chat_clock_now(); it may be late, but not early.
 * NULL is a valid key. At most CHAT_RATE_TABLE_STACK_MAX limits that are not off.
 */
void chat_rate_table_ask(chat_rate_table_decision_t *decision, chat_rate_table_t *table,
                         const chat_rate_limit_t *const limits[], const char *const keys[],
                         int count, apr_time_t now);

/** Format a decision as headers (draft-ietf-httpapi-ratelimit-headers-10). */
void chat_rate_table_headers(chat_rate_table_headers_t *headers,
                             const chat_rate_limit_t *const limits[], int count,
                             const chat_rate_table_decision_t *decision, apr_pool_t *p);

/** Read the counters. */
void chat_rate_table_counters(chat_rate_table_counters_t *counters, const chat_rate_table_t *table);
#endif
