/*
 * Entries are found by looking at all of a segment up to the highest that was ever used. Free ones
 * are reused first, so that is about as many as there are sockets: 10,000 are looked at in some
 * microseconds, once for each handshake.
 */
#include "ws/chat_quota.h"

#include <stdatomic.h>
#include <string.h>

#include <netinet/in.h>

#include <apr_shm.h>
#include <apr_thread_mutex.h>

#include "core/chat_metrics.h"

#define IPV4_MAPPED_PREFIX APR_UINT64_C(0x0000ffff00000000)
#define IPV6_PREFIX_BYTES 8
#define IPV6_V4_AT 12 /* where a mapped address begins */

typedef struct record_t {
    _Atomic apr_uint64_t database;
    _Atomic apr_int64_t user_id;  /* 0: free */
    _Atomic apr_uint64_t address; /* 0: free */
} record_t;

typedef struct segment_t {
    _Atomic int used; /* no record from here on has been used */
    record_t records[];
} segment_t;

/* The parent's, and inherited. */
static struct {
    char *memory;
    apr_size_t segment_bytes;
    int segments;
    int records; /* in each */
} shared;

/* This child's. */
static struct {
    apr_thread_mutex_t *mutex; /* guards all that follows, and writing to the segment */
    segment_t *segment;        /* NULL: it has none */
    int *free;                 /* records that were used and are free again */
    int free_count;
} own;

static segment_t *segment_at(int slot)
{
    return (segment_t *)(void *)(shared.memory + (apr_size_t)slot * shared.segment_bytes);
}

apr_status_t chat_quota_create(int sockets_per_child, apr_pool_t *pconf)
{
    apr_status_t rv;
    apr_shm_t *shm;

    memset(&shared, 0, sizeof shared);
    if (sockets_per_child < 1)
        return APR_SUCCESS;
    shared.records = sockets_per_child;
    shared.segments = chat_metrics_slots();
    shared.segment_bytes =
        APR_ALIGN(sizeof(segment_t) + (apr_size_t)sockets_per_child * sizeof(record_t), 64);
    /* Pages of it take memory when they are first used. */
    rv = apr_shm_create(&shm, (apr_size_t)shared.segments * shared.segment_bytes, NULL, pconf);
    if (rv == APR_SUCCESS)
        shared.memory = apr_shm_baseaddr_get(shm);
    return rv;
}

apr_status_t chat_quota_child_init(apr_pool_t *pchild)
{
    int slot = chat_metrics_slot();
    apr_status_t rv;

    memset(&own, 0, sizeof own);
    if (!shared.memory || slot < 0 || slot >= shared.segments)
        return APR_SUCCESS;
    own.free = apr_palloc(pchild, (apr_size_t)shared.records * sizeof *own.free);
    rv = apr_thread_mutex_create(&own.mutex, APR_THREAD_MUTEX_DEFAULT, pchild);
    if (rv != APR_SUCCESS)
        return rv;
    own.segment = segment_at(slot);
    memset(own.segment, 0, shared.segment_bytes); /* it may have been that of a killed child */
    return APR_SUCCESS;
}

/* Under the mutex. -1: none. */
static int find_free(void)
{
    int used = atomic_load(&own.segment->used);

    if (own.free_count > 0)
        return own.free[--own.free_count];
    if (used == shared.records)
        return -1;
    atomic_store(&own.segment->used, used + 1);
    return used;
}

chat_quota_entry_t chat_quota_take(apr_uint64_t database, apr_int64_t user_id, apr_uint64_t address)
{
    int i;

    if (!own.segment)
        return 0;
    apr_thread_mutex_lock(own.mutex);
    i = find_free();
    if (i >= 0) {
        atomic_store(&own.segment->records[i].database, database);
        atomic_store(&own.segment->records[i].user_id, user_id);
        atomic_store(&own.segment->records[i].address, address);
    }
    apr_thread_mutex_unlock(own.mutex);
    return i + 1;
}

void chat_quota_release(chat_quota_entry_t entry)
{
    record_t *record;

    if (!entry)
        return;
    record = &own.segment->records[entry - 1];
    apr_thread_mutex_lock(own.mutex);
    atomic_store(&record->user_id, 0);
    atomic_store(&record->address, 0);
    own.free[own.free_count++] = entry - 1;
    apr_thread_mutex_unlock(own.mutex);
}

static void add_counts(int *pof_user, int *pof_address, const segment_t *segment,
                       const record_t *wanted)
{
    apr_uint64_t database = atomic_load(&wanted->database);
    apr_int64_t user_id = atomic_load(&wanted->user_id);
    apr_uint64_t address = atomic_load(&wanted->address);
    int used = atomic_load(&segment->used);
    int i;

    for (i = 0; i < used; i++) {
        const record_t *record = &segment->records[i];

        *pof_user += atomic_load_explicit(&record->user_id, memory_order_relaxed) == user_id &&
                     atomic_load_explicit(&record->database, memory_order_relaxed) == database;
        *pof_address += atomic_load_explicit(&record->address, memory_order_relaxed) == address;
    }
}

void chat_quota_count(int *pof_user, int *pof_address, chat_quota_entry_t entry)
{
    apr_int64_t ignored[CHAT_GAUGE_COUNT];
    int next = 0;
    pid_t pid;

    *pof_user = *pof_address = 0;
    if (!entry)
        return;
    while (chat_metrics_next_child(&next, &pid, ignored))
        if (next <= shared.segments)
            add_counts(pof_user, pof_address, segment_at(next - 1),
                       &own.segment->records[entry - 1]);
}

/* 0 would be a free record. */
static apr_uint64_t not_free(apr_uint64_t key)
{
    return key ? key : 1;
}

apr_uint64_t chat_quota_address(const apr_sockaddr_t *address)
{
    apr_uint64_t prefix = 0;
    apr_uint32_t v4 = 0;

    if (address->family == APR_INET) {
        v4 = address->sa.sin.sin_addr.s_addr;
#if APR_HAVE_IPV6
    } else if (address->family == APR_INET6) {
        const unsigned char *bytes = address->sa.sin6.sin6_addr.s6_addr;

        if (!IN6_IS_ADDR_V4MAPPED(&address->sa.sin6.sin6_addr)) {
            memcpy(&prefix, bytes, IPV6_PREFIX_BYTES);
            return not_free(prefix);
        }
        memcpy(&v4, bytes + IPV6_V4_AT, sizeof v4);
#endif
    }
    return IPV4_MAPPED_PREFIX | v4;
}
