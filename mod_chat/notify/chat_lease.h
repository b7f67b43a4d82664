/**
 * @file chat_lease.h
 * Which child does work that one child of the host does for all of them.
 *
 * A lease is a counter in shared memory (chat_metrics.h): the child that holds it, and the time
 * until which no other one may take it unless that child has ended; or no child, and the time when
 * the work is due again. A child that works takes it again and again; one that is stopped by the
 * system for longer than CHAT_LEASE_US may find that another one works, too.
 * Threads: one of each child for each lease.
 */
#ifndef MOD_CHAT_CHAT_LEASE_H
#define MOD_CHAT_CHAT_LEASE_H
#include <apr_time.h>

#define CHAT_LEASE_US apr_time_from_sec(30)

/** Take a lease for CHAT_LEASE_US, also one that this child holds. 0: it is this child's; otherwise
 * how long to wait before asking again. */
apr_interval_time_t chat_lease_take(int counter);

/** Give it back, if this child holds it: the work is due again in `delay`. */
void chat_lease_give(int counter, apr_interval_time_t delay);
#endif
