/**
 * @file chat_group.h
 * Writes in groups: the threads that want to write at the same time leave it to one of them.
 *
 * A transaction costs more than what it writes, whoever begins it. So no more than
 * CHAT_GROUP_WRITERS threads write at once, and who comes meanwhile waits; the first of those
 * waiting is the next writer, and takes along all that wait. Nobody waits for company: a thread
 * that finds a place free writes at once, and alone. (With two writers each takes half of those
 * that wait, and of 16 senders every second statement had one message: measured, a third more CPU
 * of PostgreSQL.)
 *
 * Members have a key, a conversation's id. Those with the same key are written in the order in
 * which they came, and never by two writers at once. What a writer of several has not done, because
 * a row was locked or the statement failed, the thread of each member then does alone: at once,
 * however many write, so that it delays only its own key. A writer that takes longer than
 * CHAT_GROUP_PATIENCE_MS does not count any more, so that others wait no longer for one that waits
 * for a lock.
 *
 * Ownership: a member belongs to its thread until chat_group_write() returns. A thread has one
 * member at a time, so that a queue is bounded by the threads of the child. Threads: any. The mutex
 * is never held while something is written.
 */
#ifndef MOD_CHAT_CHAT_GROUP_H
#define MOD_CHAT_CHAT_GROUP_H
#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_ring.h>
#include <apr_time.h>

#include "db/chat_semaphore.h"

#define CHAT_GROUP_MEMBERS_MAX 64
#define CHAT_GROUP_WRITERS 1
#define CHAT_GROUP_PATIENCE_MS 50
/** Of a group, but for a member that alone has more. */
#define CHAT_GROUP_BYTES_MAX (1024 * 1024)

typedef struct chat_group_t chat_group_t;

/** What one thread wants written. Set the first three. */
typedef struct chat_group_member_t {
    apr_int64_t key;
    void *what;       /**< the caller's */
    apr_size_t bytes; /**< that it takes in a group */
    int is_done;      /**< set by write_many: written, or finally failed; 0: to be written alone */

    /* chat_group.c's own, under its mutex */
    APR_RING_ENTRY(chat_group_member_t) link;
    struct chat_group_member_t *writer; /* who writes it; NULL: it waits */
    int is_alone;                       /* was left out of a group */
    int has_turn;                       /* its own thread writes, or is about to */
    int is_counted;                     /* among the writers that may be */
    apr_time_t begun_at;                /* when it became one */
    apr_time_t deadline;
    chat_semaphore_t *wake; /* NULL: its thread has not waited yet */
} chat_group_member_t;

/** How to write. */
typedef struct chat_group_writer_t {
    /** On the thread of the member. */
    void (*write_one)(chat_group_member_t *member);
    /** Several, in their order, on the thread of the first. The threads of the others wait. */
    void (*write_many)(chat_group_member_t *const *members, int count);
    int members_max;          /**< at most CHAT_GROUP_MEMBERS_MAX */
    apr_interval_time_t wait; /**< how long after it came a member waits for a writer */
} chat_group_writer_t;

/** `counters`: the first of its counters of chat_metrics.h, CHAT_COUNTER_SENDS or another. */
chat_group_t *chat_group_create(int counters, apr_pool_t *p);

/**
 * Write a member, or have it written. APR_TIMEUP: it was not begun in time, and will not be.
 * After a writer has begun there is no limit but those of what it does.
 */
apr_status_t chat_group_write(chat_group_t *group, chat_group_member_t *member,
                              const chat_group_writer_t *writer, apr_pool_t *p);
#endif
