/**
 * @file chat_metrics.h
 * What is measured, in shared memory: counters of all children together, and gauges, of which each
 * child has its own.
 *
 * A child takes a slot for its gauges and is the only one to write them. The values of a process
 * that has ended, killed for example, no longer count, and its slot is the next child's. Known
 * limit: a killed child counts until its parent has noticed, which takes httpd a second.
 * Threads: any, in any child, and without locks; chat_metrics_use() before there are others.
 */
#ifndef MOD_CHAT_CHAT_METRICS_H
#define MOD_CHAT_CHAT_METRICS_H
#include <sys/types.h>

#include <apr_errno.h>
#include <apr_pools.h>

#include "core/chat_config.h"

#define CHAT_CLOSE_CODES_COUNTED 17

/** What chat_log_repeat.h keeps the log short of. */
typedef enum {
    CHAT_LOG_REPEAT_BUSY,
    CHAT_LOG_REPEAT_AWAY,
    CHAT_LOG_REPEAT_SCHEMA,
    CHAT_LOG_REPEAT_COUNT
} chat_log_repeat_t;
#define CHAT_LOG_REPEAT_SLOTS 8 /**< of each, by what the line says */

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
    CHAT_COUNTER_SOCKETS_SLOW,    /**< closed because they did not take what waited */
    CHAT_COUNTER_EVENTS,          /**< that feeds have read */
    CHAT_COUNTER_FRAMES,          /**< given to sockets because of events */
    CHAT_COUNTER_RESYNCS,         /**< feeds that lost their place */
    CHAT_COUNTER_NOTIFIES_SENT,   /**< rung for other feeds */
    CHAT_COUNTER_TYPING_DROPPED,  /**< marks that found no room */
    CHAT_COUNTER_LOOP_QUEUE_FULL, /**< a feed waited for the hub */
    CHAT_COUNTER_CACHE_HITS,      /**< answers given again */
    CHAT_COUNTER_CACHE_MISSES,    /**< answers that had to be read */
    CHAT_COUNTER_GENERATION,      /**< no count: see chat_metrics_claim() */
    CHAT_COUNTER_PRUNED_AT,       /**< no count: chat_commit_hook.c */
    CHAT_COUNTER_COMPLAINED_AT,   /**< no count: chat_log_repeat.h */
    CHAT_COUNTER_COMPLAINTS_LEFT_OUT =
        CHAT_COUNTER_COMPLAINED_AT + CHAT_LOG_REPEAT_COUNT * CHAT_LOG_REPEAT_SLOTS,
    CHAT_COUNTER_COUNT = CHAT_COUNTER_COMPLAINTS_LEFT_OUT + CHAT_LOG_REPEAT_COUNT
} chat_counter_t;

typedef enum {
    CHAT_GAUGE_SOCKETS,      /**< WebSockets that the hub has */
    CHAT_GAUGE_QUEUED_BYTES, /**< what waits to be sent on them */
    CHAT_GAUGE_COMMANDS,    /**< frames from clients that wait for a helper thread, or are in one */
    CHAT_GAUGE_HUBS,        /**< 1: the hub serves */
    CHAT_GAUGE_HUBS_FAILED, /**< 1: it should, and could not be started */
    CHAT_GAUGE_FEEDS,       /**< feeds that run, those below among them */
    CHAT_GAUGE_FEEDS_AWAY,  /**< feeds whose database is away */
    CHAT_GAUGE_FEED_LAG_US, /**< how old the newest event was when the hub got it, the last time */
    CHAT_GAUGE_COUNT
} chat_gauge_t;

/**
 * Make the counters, all 0, and slots for so many children, before they are forked. They live as
 * long as `p`.
 */
apr_status_t chat_metrics_create(void **pmemory, int children, apr_pool_t *p);

/** Use what chat_metrics_create() made, which may have been before a graceful restart. Without
 *  memory (NULL) nothing is counted. */
void chat_metrics_use(void *memory);

/* ---- counters ---- */

void chat_metrics_count(int counter, apr_uint64_t more);
apr_uint64_t chat_metrics_read(int counter);

/** Whether the caller, of all children, is the first to set this one to `value`. */
int chat_metrics_claim(int counter, apr_uint64_t value);

/** Whether the caller is the one that replaced `old`. Without shared memory: yes. */
int chat_metrics_replace(int counter, apr_uint64_t old, apr_uint64_t value);

/** Set to 0; returns what it was. */
apr_uint64_t chat_metrics_take(int counter);

/* ---- gauges ---- */

/**
 * In child_init: take a slot, with all gauges 0, until `p` is destroyed. APR_ENOSPC: there are more
 * children than slots, and this one's gauges count nowhere.
 */
apr_status_t chat_metrics_claim_slot(apr_pool_t *p);

/** How many slots there are, and which is this child's, counted from 0; -1: none. */
int chat_metrics_slots(void);
int chat_metrics_slot(void);

/** Set a gauge of this child, or change it by `delta`. Nothing happens without a slot. */
void chat_metrics_gauge_set(chat_gauge_t gauge, apr_int64_t value);
void chat_metrics_gauge_add(chat_gauge_t gauge, apr_int64_t delta);

/** All children together, and the largest of them; 0 when there is none. */
apr_int64_t chat_metrics_gauge_sum(chat_gauge_t gauge);
apr_int64_t chat_metrics_gauge_max(chat_gauge_t gauge);

/** One child after the other: begin with `*pslot` 0, and end when this gives 0. Its slot is the one
 * before `*pslot`. */
int chat_metrics_next_child(int *pslot, pid_t *ppid, apr_int64_t gauges[CHAT_GAUGE_COUNT]);
#endif
