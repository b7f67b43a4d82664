/**
 * @file chat_counters.h
 * What happened, counted for all children together, for the metrics.
 *
 * Threads: any, in any child; a count is one atomic addition in shared memory.
 */
#ifndef MOD_CHAT_CHAT_COUNTERS_H
#define MOD_CHAT_CHAT_COUNTERS_H
#include <apr_errno.h>
#include <apr_pools.h>

#include "core/chat_config.h"

#define CHAT_CLOSE_CODES_COUNTED 17

/** What chat_complaint.h keeps the log short of. */
typedef enum {
    CHAT_COMPLAINT_BUSY,
    CHAT_COMPLAINT_AWAY,
    CHAT_COMPLAINT_SCHEMA,
    CHAT_COMPLAINT_COUNT
} chat_complaint_t;
#define CHAT_COMPLAINT_SLOTS 8 /**< of each, by what the line says */

typedef enum {
    CHAT_COUNTER_ANSWERS, /**< by class: 1xx at 0, 5xx at 4 */
    CHAT_COUNTER_CSRF_ORIGIN = CHAT_COUNTER_ANSWERS + 5,
    CHAT_COUNTER_CSRF_TOKEN,
    CHAT_COUNTER_LIMITED,                                               /**< by action */
    CHAT_COUNTER_LIMITED_DRY = CHAT_COUNTER_LIMITED + CHAT_ACTIONS_MAX, /**< by action */
    CHAT_COUNTER_SPAM_FLAGGED = CHAT_COUNTER_LIMITED_DRY + CHAT_ACTIONS_MAX,
    CHAT_COUNTER_SPAM_REJECTED,
    CHAT_COUNTER_SPAM_EXHAUSTED, /**< patterns that ran out of their allowance */
    CHAT_COUNTER_SOCKETS_OPENED,
    CHAT_COUNTER_SOCKETS_CLOSED, /**< by close code: 1000 at 0, 1015 at 15, all others at 16 */
    CHAT_COUNTER_SOCKETS_REFUSED = CHAT_COUNTER_SOCKETS_CLOSED + CHAT_CLOSE_CODES_COUNTED,
    CHAT_COUNTER_SOCKETS_SLOW,   /**< closed because they did not take what waited */
    CHAT_COUNTER_EVENTS,         /**< that feeds have read */
    CHAT_COUNTER_TOLD_AHEAD,     /**< of these, told by who wrote them before that */
    CHAT_COUNTER_FRAMES,         /**< given to sockets because of events */
    CHAT_COUNTER_RESYNCS,        /**< feeds that lost their place */
    CHAT_COUNTER_BELLS,          /**< rung for other feeds */
    CHAT_COUNTER_TYPING_DROPPED, /**< marks that found no room */
    CHAT_COUNTER_MAILBOX_FULL,   /**< a feed waited for the hub */
    CHAT_COUNTER_CACHE_HITS,     /**< answers given again */
    CHAT_COUNTER_CACHE_MISSES,   /**< answers that had to be read */
    CHAT_COUNTER_GENERATION,     /**< no count: see chat_counters_claim() */
    CHAT_COUNTER_PRUNED_AT,      /**< no count: chat_bell.c */
    CHAT_COUNTER_COMPLAINED_AT,  /**< no count: chat_complaint.h */
    CHAT_COUNTER_COMPLAINTS_LEFT_OUT =
        CHAT_COUNTER_COMPLAINED_AT + CHAT_COMPLAINT_COUNT * CHAT_COMPLAINT_SLOTS,
    CHAT_COUNTER_COUNT = CHAT_COUNTER_COMPLAINTS_LEFT_OUT + CHAT_COMPLAINT_COUNT
} chat_counter_t;

/** Make them, all 0, before the children are forked. They live as long as `p`. */
apr_status_t chat_counters_create(void **pmemory, apr_pool_t *p);

/** Use the ones that chat_counters_create() made, which may have been before a graceful restart. */
void chat_counters_use(void *memory);

void chat_counters_add(int counter, apr_uint64_t more);
apr_uint64_t chat_counters_read(int counter);

/** Whether the caller, of all children, is the first to set this one to `value`. */
int chat_counters_claim(int counter, apr_uint64_t value);

/** Whether the caller is the one that replaced `old`. Without shared memory: yes. */
int chat_counters_replace(int counter, apr_uint64_t old, apr_uint64_t value);

/** Set to 0; returns what it was. */
apr_uint64_t chat_counters_take(int counter);
#endif
