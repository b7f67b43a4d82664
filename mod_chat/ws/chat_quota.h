/**
 * @file chat_quota.h
 * Counts the WebSockets of a user, and of an address, in all children of this host.
 *
 * Shared memory has a segment for each child, which only that child writes; an entry of it is one
 * WebSocket, from its handshake to its end. Counting reads the segments of all children that live,
 * so those of a child that was killed no longer count. Keys are compared whole, so that nobody is
 * counted for somebody else. Bounded: as many entries in each child as it may have WebSockets.
 * Threads: any, in any child.
 */
#ifndef MOD_CHAT_CHAT_QUOTA_H
#define MOD_CHAT_CHAT_QUOTA_H
#include <apr_errno.h>
#include <apr_network_io.h>
#include <apr_pools.h>

/** Of one WebSocket; 0: none. */
typedef int chat_quota_entry_t;

/** In post_config, after chat_metrics_use(): for so many sockets in each child. */
apr_status_t chat_quota_create(int sockets_per_child, apr_pool_t *pconf);

/** In child_init, after chat_metrics_claim_slot(). */
apr_status_t chat_quota_child_init(apr_pool_t *pchild);

/** Count a WebSocket from now on. 0: no entry is free, or this child has no segment. */
chat_quota_entry_t chat_quota_take(apr_uint64_t database, apr_int64_t user_id,
                                   apr_uint64_t address);

/** Stop counting it. 0: nothing happens. */
void chat_quota_release(chat_quota_entry_t entry);

/** How many there are of the same user, and of the same address, including this one. */
void chat_quota_count(int *pof_user, int *pof_address, chat_quota_entry_t entry);

/** The key of an address. An IPv6 network of 64 bits, the least that a customer is given, has one
 * key; an IPv4 address has the same key in either family. */
apr_uint64_t chat_quota_address(const apr_sockaddr_t *address);
#endif
