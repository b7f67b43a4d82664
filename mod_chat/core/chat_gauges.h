/**
 * @file chat_gauges.h
 * What each child says of itself now, for the metrics: how many sockets it has, how far its feeds
 * are behind.
 *
 * In shared memory, a slot for each child; only that child writes it. The values of a process that
 * is gone, killed for example, count no more, and its slot is the next child's. Known limit: a
 * killed child counts until its parent has noticed, which takes httpd a second.
 * Threads: any, in any child, and without locks; chat_gauges_use() before there are others.
 */
#ifndef MOD_CHAT_CHAT_GAUGES_H
#define MOD_CHAT_CHAT_GAUGES_H
#include <sys/types.h>

#include <apr_errno.h>
#include <apr_pools.h>

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

/** Make slots for so many children, before they are forked. They live as long as `p`. */
apr_status_t chat_gauges_create(void **pmemory, int slots, apr_pool_t *p);

/** Use what chat_gauges_create() made, which may have been before a graceful restart. */
void chat_gauges_use(void *memory);

/**
 * In child_init: take a slot, with all values 0, until `p` is destroyed. APR_ENOSPC: there are more
 * children than slots, and this one's values count nowhere.
 */
apr_status_t chat_gauges_claim(apr_pool_t *p);

/** How many slots there are, and which is this child's, counted from 0; -1: none. */
int chat_gauges_slots(void);
int chat_gauges_slot(void);

/** Set a value of this child, or change it by `delta`. Nothing happens without a slot. */
void chat_gauges_set(chat_gauge_t gauge, apr_int64_t value);
void chat_gauges_add(chat_gauge_t gauge, apr_int64_t delta);

/** All children together, and the largest of them; 0 when there is none. */
apr_int64_t chat_gauges_sum(chat_gauge_t gauge);
apr_int64_t chat_gauges_max(chat_gauge_t gauge);

/** One child after the other: begin with `*pslot` 0, and end when this gives 0. Its slot is the one
 * before `*pslot`. */
int chat_gauges_next(int *pslot, pid_t *ppid, apr_int64_t values[CHAT_GAUGE_COUNT]);
#endif
