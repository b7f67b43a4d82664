/**
 * @file chat_metrics.h
 * Metrics in shared memory: counters, which all children share, and gauges, which each child has.
 *
 * A child claims a slot for its gauges and is the only process that writes to it. Gauges of a
 * process that has ended do not count, and another child may claim its slot. Known limit: a killed
 * child counts until httpd's parent process has noticed, up to a second.
 * Threads: any, in any child, without locks; chat_metrics_use() before other threads start.
 */
#ifndef MOD_CHAT_CHAT_METRICS_H
#define MOD_CHAT_CHAT_METRICS_H
#include <sys/types.h>

#include <apr_errno.h>
#include <apr_pools.h>

#include "core/chat_config.h"

#define CHAT_CLOSE_CODES_COUNTED 17
#define CHAT_GROUP_SIZES 4  /**< of db/chat_group.c */
#define CHAT_OUTCOMES_MAX 5 /**< of store/chat_store_delivery.h */

#define CHAT_UPLOAD_RESULTS 12 /**< of service/chat_upload.h */

#define CHAT_SWEEPERS_MAX 16  /**< of notify/chat_sweeper.c */
#define CHAT_INDEXERS_MAX 16  /**< of notify/chat_indexer.c */
#define CHAT_RECORDERS_MAX 16 /**< of notify/chat_recorder.c */

/** Problems whose log lines chat_log_repeat.h limits. */
typedef enum {
    CHAT_LOG_REPEAT_BUSY,
    CHAT_LOG_REPEAT_AWAY,
    CHAT_LOG_REPEAT_SCHEMA,
    CHAT_LOG_REPEAT_STORAGE,
    CHAT_LOG_REPEAT_SCANNER,
    CHAT_LOG_REPEAT_COUNT
} chat_log_repeat_t;
#define CHAT_LOG_REPEAT_SLOTS 8 /**< for each problem, by a hash of the line */

/** What a queue of db/chat_group.h counts, from its first counter on. */
typedef enum {
    CHAT_GROUP_COUNTER_STATEMENTS, /**< by how many writes each had */
    CHAT_GROUP_COUNTER_LEFT_OUT = CHAT_GROUP_COUNTER_STATEMENTS + CHAT_GROUP_SIZES,
    CHAT_GROUP_COUNTER_WAIT_US, /**< that writes waited for other statements */
    CHAT_GROUP_COUNTER_WAITS,
    CHAT_GROUP_COUNTER_COUNT
} chat_group_counter_t;

typedef enum {
    CHAT_COUNTER_ANSWERS, /**< by class: 1xx at 0, 5xx at 4 */
    CHAT_COUNTER_CSRF_ORIGIN = CHAT_COUNTER_ANSWERS + 5,
    CHAT_COUNTER_CSRF_TOKEN,
    CHAT_COUNTER_LIMITED,                                               /**< by action */
    CHAT_COUNTER_LIMITED_DRY = CHAT_COUNTER_LIMITED + CHAT_ACTIONS_MAX, /**< by action */
    CHAT_COUNTER_SPAM_FLAGGED = CHAT_COUNTER_LIMITED_DRY + CHAT_ACTIONS_MAX,
    CHAT_COUNTER_SPAM_REJECTED,
    CHAT_COUNTER_SPAM_EXHAUSTED, /**< patterns that reached their match limit */
    CHAT_COUNTER_SOCKETS_OPENED,
    CHAT_COUNTER_SOCKETS_CLOSED, /**< by close code: 1000 at 0, 1015 at 15, all others at 16 */
    CHAT_COUNTER_SOCKETS_REFUSED = CHAT_COUNTER_SOCKETS_CLOSED + CHAT_CLOSE_CODES_COUNTED,
    CHAT_COUNTER_SOCKETS_SLOW,    /**< closed because the client did not read */
    CHAT_COUNTER_EVENTS,          /**< that feeds have read */
    CHAT_COUNTER_FRAMES,          /**< given to sockets because of events */
    CHAT_COUNTER_RESYNCS,         /**< feeds that began again at a new snapshot */
    CHAT_COUNTER_NOTIFIES_SENT,   /**< NOTIFY sent for other feeds */
    CHAT_COUNTER_TYPING_DROPPED,  /**< marks dropped, as there was no room */
    CHAT_COUNTER_LOOP_QUEUE_FULL, /**< a feed waited for the event loop */
    CHAT_COUNTER_CACHE_HITS,      /**< answers from the response cache */
    CHAT_COUNTER_CACHE_MISSES,    /**< answers that the database gave */
    CHAT_COUNTER_SENDS,           /**< of messages, see chat_group_counter_t */
    CHAT_COUNTER_READS = CHAT_COUNTER_SENDS + CHAT_GROUP_COUNTER_COUNT, /**< likewise */
    /** attempts, by chat_delivery_outcome_t */
    CHAT_COUNTER_MAILS = CHAT_COUNTER_READS + CHAT_GROUP_COUNTER_COUNT,
    CHAT_COUNTER_PUSHES = CHAT_COUNTER_MAILS + CHAT_OUTCOMES_MAX, /**< by chat_push_outcome_t */
    CHAT_COUNTER_MAILS_DROPPED = CHAT_COUNTER_PUSHES + CHAT_OUTCOMES_MAX, /**< before an attempt */
    CHAT_COUNTER_PUSHES_DROPPED,
    CHAT_COUNTER_DELIVERY_US, /**< that attempts took */
    CHAT_COUNTER_DELIVERY_ATTEMPTS,
    CHAT_COUNTER_SCAN_US, /**< that the scanner took for files */
    CHAT_COUNTER_SCANS,
    CHAT_COUNTER_UPLOAD_BYTES, /**< of the files that were stored */
    CHAT_COUNTER_UPLOADS,      /**< by result, in the order of chat_upload_results */
    /** not counts: what chat_notifier.c has found, in the order of chat_delivery_counts_t */
    CHAT_COUNTER_WAITING = CHAT_COUNTER_UPLOADS + CHAT_UPLOAD_RESULTS,
    CHAT_COUNTER_MAILS_DUE,
    CHAT_COUNTER_PUSHES_DUE,
    CHAT_COUNTER_MAILS_DEAD,
    CHAT_COUNTER_PUSHES_DEAD,
    CHAT_COUNTER_DELIVERIES_COUNTED_AT, /**< not a count: when that was */
    CHAT_COUNTER_MAIL_PAUSED_UNTIL,     /**< not a count: chat_mail.c, a time of chat_clock.h */
    CHAT_COUNTER_MAIL_PAUSE_S,          /**< not a count: the length of that pause */
    CHAT_COUNTER_GENERATION,            /**< not a count: see chat_metrics_claim() */
    CHAT_COUNTER_PRUNED_AT,             /**< not a count: chat_commit_hook.c */
    CHAT_COUNTER_SWEEPERS,              /**< not counts: leases (chat_lease.h) of each database */
    CHAT_COUNTER_INDEXERS = CHAT_COUNTER_SWEEPERS + CHAT_SWEEPERS_MAX, /**< the same */
    /** not counts: when (chat_clock.h) the index of each database had all messages last */
    CHAT_COUNTER_INDEXED_AT = CHAT_COUNTER_INDEXERS + CHAT_INDEXERS_MAX,
    CHAT_COUNTER_RECORDERS = CHAT_COUNTER_INDEXED_AT + CHAT_INDEXERS_MAX, /**< leases, likewise */
    CHAT_COUNTER_COMPLAINED_AT =
        CHAT_COUNTER_RECORDERS + CHAT_RECORDERS_MAX, /**< not a count: chat_log_repeat.h */
    CHAT_COUNTER_COMPLAINTS_LEFT_OUT =
        CHAT_COUNTER_COMPLAINED_AT + CHAT_LOG_REPEAT_COUNT * CHAT_LOG_REPEAT_SLOTS,
    CHAT_COUNTER_COUNT = CHAT_COUNTER_COMPLAINTS_LEFT_OUT + CHAT_LOG_REPEAT_COUNT
} chat_counter_t;

typedef enum {
    CHAT_GAUGE_SOCKETS,      /**< open WebSockets */
    CHAT_GAUGE_QUEUED_BYTES, /**< waiting to be sent on them */
    CHAT_GAUGE_COMMANDS,     /**< client frames that wait for a helper thread or run in one */
    CHAT_GAUGE_LOOPS,        /**< 1: the event loop runs */
    CHAT_GAUGE_LOOPS_FAILED, /**< 1: it could not be started */
    CHAT_GAUGE_FEEDS,        /**< feeds that run, with those below */
    CHAT_GAUGE_FEEDS_AWAY,   /**< feeds without a connection to the database */
    CHAT_GAUGE_FEED_LAG_US,  /**< age of the newest event at the last poll */
    CHAT_GAUGE_WORKERS,      /**< threads that tell people who are away, with those below */
    CHAT_GAUGE_WORKERS_AWAY, /**< of these without a connection to the database */
    CHAT_GAUGE_MAILERS,      /**< 1: mail is configured */
    CHAT_GAUGE_COUNT
} chat_gauge_t;

/**
 * Create the counters, all 0, and slots for so many children, before the children are forked. They
 * live as long as `p`.
 */
apr_status_t chat_metrics_create(void **pmemory, int children, apr_pool_t *p);

/** Use memory of chat_metrics_create(), which may be from before a graceful restart. Without memory
 *  (NULL) nothing is counted. */
void chat_metrics_use(void *memory);

/* ---- counters ---- */

void chat_metrics_count(int counter, apr_uint64_t more);
apr_uint64_t chat_metrics_read(int counter);

/** Set a counter to `value`. 1: no other process has done so before. */
int chat_metrics_claim(int counter, apr_uint64_t value);

/** Compare and swap. 1: the value was `old`, or there is no shared memory. */
int chat_metrics_replace(int counter, apr_uint64_t old, apr_uint64_t value);

/** Set to 0 and return the value before. */
apr_uint64_t chat_metrics_take(int counter);

/* ---- gauges ---- */

/**
 * In child_init: take a slot, with all gauges 0, until `p` is destroyed. APR_ENOSPC: there are more
 * children than slots, and the gauges of this one are not counted.
 */
apr_status_t chat_metrics_claim_slot(apr_pool_t *p);

/** The number of slots, and the index of this child's slot; -1: none. */
int chat_metrics_slots(void);
int chat_metrics_slot(void);

/** Set a gauge of this child, or change it by `delta`. Without a slot nothing happens. */
void chat_metrics_gauge_set(chat_gauge_t gauge, apr_int64_t value);
void chat_metrics_gauge_add(chat_gauge_t gauge, apr_int64_t delta);

/** The sum of each gauge over all children, but the maximum of CHAT_GAUGE_FEED_LAG_US. Returns the
 * number of children. */
int chat_metrics_gauge_totals(apr_int64_t totals[CHAT_GAUGE_COUNT]);

/** Iterate over the children: begin with `*pslot` 0, until this returns 0. The child's slot is
 * `*pslot` - 1. */
int chat_metrics_next_child(int *pslot, pid_t *ppid, apr_int64_t gauges[CHAT_GAUGE_COUNT]);
#endif
