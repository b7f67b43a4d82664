/**
 * @file chat_rate_table.h
 * Not so fast: how often something may be done, counted for all children together.
 *
 * Each limit is a GCRA (a leaky bucket kept as one time): `burst` at once, then `count` in each
 * `period`. The times stand in one table in shared memory, made before the children are forked.
 *
 * The guarantee: whatever processes and threads ask at once, and in whatever order their steps
 * fall, one key of one limit is never admitted more than burst + d × count / period times within
 * any time d. That holds too while entries expire and change hands, when the table is full, when
 * a process is killed in the middle of a call, and when a caller's `now` is late. It fails only
 * for a thread that sleeps inside a call while one slot changes hands a multiple of 16,384 times
 * and then finds its old key there. Two keys share an allowance where 50 bits of a keyed hash,
 * and the place in the table, are equal; nobody can aim at another's.
 *
 * A limit whose numbers or key are changed begins afresh. Times reach to 17 years after the
 * machine's start; then all is refused.
 *
 * The other direction is promised less strictly. A call admits whenever the limit has room, but:
 * - A period is divided into whole microseconds, rounded up: at the 10,000 a second that are the
 *   most a limit can say, up to 1 % fewer are admitted; at 100 a second, 0.01 %.
 * - When the slots where a key may be are all in use, it uses one of 65,536 allowances that it may
 *   share with other such keys; this is counted. A key that gets a slot of its own takes that
 *   allowance's state along, or it would have two. Whoever has many keys can fill the table with
 *   them; half of its slots then still belong to those who have come within a day before.
 * - Of two calls at once on a key that stacks limits, one may be refused for room that the other
 *   takes and, being refused by another limit, gives back. What is given back lacks the
 *   microseconds that have passed in between.
 *
 * Threads: all may ask; nothing blocks, no call waits for another. Memory: asking allocates none.
 */
#ifndef MOD_CHAT_CHAT_RATE_TABLE_H
#define MOD_CHAT_CHAT_RATE_TABLE_H
#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_time.h>

#include "guard/chat_rate_limit.h"

/** How many limits one call can stack. */
#define CHAT_RATE_TABLE_STACK_MAX 8

/** Slots that a table has unless told otherwise: one for each key used lately; 1 MB. */
#define CHAT_RATE_TABLE_SLOTS_DEFAULT 65536

typedef struct chat_rate_table_t chat_rate_table_t;

/** The answer to one call. `limit` decides: the longest wait, or the least that remains. */
typedef struct chat_rate_table_decision_t {
    int is_admitted;
    int is_shared;                      /**< others had a part in it: the table is crowded */
    int limit;                          /**< index into the limits asked; -1: there are none */
    apr_int64_t remaining;              /**< how many more would be admitted now */
    apr_interval_time_t reset_us;       /**< until the allowance is full */
    apr_interval_time_t retry_after_us; /**< until one more would be admitted; 0 if admitted */
} chat_rate_table_decision_t;

/** What the table has met since it was made. */
typedef struct chat_rate_table_counters_t {
    apr_uint64_t crowded;   /**< calls that used a shared allowance, as no slot was free */
    apr_uint64_t contended; /**< calls refused because they lost every race; none in practice */
} chat_rate_table_counters_t;

/** The values of the answer's header fields; NULL and 0: not to be sent. */
typedef struct chat_rate_table_headers_t {
    const char *limit;  /**< RateLimit: "send";r=5;t=10 */
    const char *policy; /**< RateLimit-Policy: "send";q=600;w=60 */
    int retry_after_s;  /**< Retry-After */
} chat_rate_table_headers_t;

/**
 * Make a table of at least `slots` slots (0: the default), shared by all processes forked later.
 * It lives as long as `p`: with the process pool it survives graceful restarts.
 */
apr_status_t chat_rate_table_create(chat_rate_table_t **ptable, apr_size_t slots, apr_pool_t *p);

/**
 * May this be done now? All of the `count` limits must admit it, each for its key; a refused call
 * uses up nothing. `now` comes from chat_clock_now(), may be late, and never lies ahead of it.
 * A key may be NULL, which is a key too. At most CHAT_RATE_TABLE_STACK_MAX limits that are not off.
 */
void chat_rate_table_ask(chat_rate_table_decision_t *decision, chat_rate_table_t *table,
                         const chat_rate_limit_t *const limits[], const char *const keys[],
                         int count, apr_time_t now);

/** Write a decision as header fields (draft-ietf-httpapi-ratelimit-headers-10). */
void chat_rate_table_headers(chat_rate_table_headers_t *headers,
                             const chat_rate_limit_t *const limits[], int count,
                             const chat_rate_table_decision_t *decision, apr_pool_t *p);

/** Read the counters. */
void chat_rate_table_counters(chat_rate_table_counters_t *counters, const chat_rate_table_t *table);
#endif
