/**
 * @file chat_quota.h
 * How many WebSockets a user, or an address, has in all children of this host together.
 *
 * In shared memory, a segment of entries for each child, which only that child writes; an entry is
 * one socket, from its handshake to its end. Counting looks at the segments of all children that
 * live, so that those of a killed one count no more. Keys are compared whole, so nobody counts for
 * another. Bounded: as many entries in each child as it may have sockets. Threads: any, in any
 * child.
 */
#ifndef MOD_CHAT_CHAT_QUOTA_H
#define MOD_CHAT_CHAT_QUOTA_H
#include <apr_errno.h>
#include <apr_network_io.h>
#include <apr_pools.h>

/** One socket's; 0: none. */
typedef int chat_quota_entry_t;

/** In post_config, after chat_metrics_use(): for so many sockets in each child. */
apr_status_t chat_quota_create(int sockets_per_child, apr_pool_t *pconf);

/** In child_init, after chat_metrics_claim_slot(). */
apr_status_t chat_quota_child_init(apr_pool_t *pchild);

/** Count a socket of a user of a database from now on. 0: there is no entry left, or this child is
 * not counted. */
chat_quota_entry_t chat_quota_take(apr_uint64_t database, apr_int64_t user_id,
                                   apr_uint64_t address);

/** Count it no more. 0: nothing. */
void chat_quota_release(chat_quota_entry_t entry);

/** How many there are with the same user, and with the same address, this one among them. */
void chat_quota_count(int *pof_user, int *pof_address, chat_quota_entry_t entry);

/** The key of an address. All of an IPv6 network of 64 bits, which is what one customer has at
 * least, is one; and an IPv4 address is the same one in either family. */
apr_uint64_t chat_quota_address(const apr_sockaddr_t *address);
#endif
