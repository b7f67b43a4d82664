/*
 * The owner of a slot is one word: the process and its process group. httpd and its children are a
 * group of their own, so another process with the id of a killed child is not taken for it. While a
 * slot is prepared for a new owner, the group is 0, and nobody else reads or takes it.
 */
#include "core/chat_metrics.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <apr_shm.h>

#define CACHE_LINE_BYTES 64

typedef struct slot_t {
    _Alignas(CACHE_LINE_BYTES) _Atomic uint64_t owner; /* 0: nobody */
    _Atomic int64_t values[CHAT_GAUGE_COUNT];
} slot_t;

typedef struct memory_t {
    _Atomic uint64_t counters[CHAT_COUNTER_COUNT];
    int count;
    slot_t slots[];
} memory_t;

static memory_t *memory;
static _Atomic(slot_t *) own; /* NULL: none */

/* ---- memory ---- */

apr_status_t chat_metrics_create(void **pmemory, int children, apr_pool_t *p)
{
    apr_size_t bytes = sizeof *memory + (apr_size_t)children * sizeof *memory->slots;
    memory_t *made;
    apr_shm_t *shm;
    apr_status_t rv = apr_shm_create(&shm, bytes + CACHE_LINE_BYTES, NULL, p);

    if (rv != APR_SUCCESS)
        return rv;
    made = (memory_t *)APR_ALIGN((uintptr_t)apr_shm_baseaddr_get(shm), CACHE_LINE_BYTES);
    memset(made, 0, bytes);
    made->count = children;
    *pmemory = made;
    return APR_SUCCESS;
}

void chat_metrics_use(void *used)
{
    memory = used;
    atomic_store(&own, NULL);
}

/* ---- counters ---- */

void chat_metrics_count(int counter, apr_uint64_t more)
{
    if (memory)
        atomic_fetch_add_explicit(&memory->counters[counter], more, memory_order_relaxed);
}

apr_uint64_t chat_metrics_read(int counter)
{
    return memory ? atomic_load_explicit(&memory->counters[counter], memory_order_relaxed) : 0;
}

int chat_metrics_claim(int counter, apr_uint64_t value)
{
    return !memory || atomic_exchange(&memory->counters[counter], value) != value;
}

int chat_metrics_replace(int counter, apr_uint64_t old, apr_uint64_t value)
{
    return !memory || atomic_compare_exchange_strong(&memory->counters[counter], &old, value);
}

apr_uint64_t chat_metrics_take(int counter)
{
    return memory ? atomic_exchange(&memory->counters[counter], 0) : 0;
}

/* ---- slots ---- */

static uint64_t owner_word(pid_t pid, pid_t group)
{
    return (uint64_t)(uint32_t)pid << 32 | (uint32_t)group;
}

static pid_t pid_of(uint64_t owner)
{
    return (pid_t)(owner >> 32);
}

static pid_t group_of(uint64_t owner)
{
    return (pid_t)(uint32_t)owner;
}

static int is_gone(uint64_t owner)
{
    pid_t group = getpgid(pid_of(owner));

    if (group < 0)
        return errno == ESRCH;
    return group_of(owner) && group != group_of(owner);
}

static int is_serving(uint64_t owner)
{
    return group_of(owner) && !is_gone(owner);
}

static int take(slot_t *slot)
{
    uint64_t owner = atomic_load(&slot->owner);
    int i;

    if ((owner && !is_gone(owner)) ||
        !atomic_compare_exchange_strong(&slot->owner, &owner, owner_word(getpid(), 0)))
        return 0;
    for (i = 0; i < CHAT_GAUGE_COUNT; i++)
        atomic_store_explicit(&slot->values[i], 0, memory_order_relaxed);
    atomic_store(&slot->owner, owner_word(getpid(), getpgrp()));
    return 1;
}

/* The pool may be destroyed in a process that the child has forked: then the slot is not its own.
 */
static apr_status_t give_back(void *data)
{
    slot_t *slot = data;
    uint64_t mine = owner_word(getpid(), getpgrp());

    atomic_store(&own, NULL);
    atomic_compare_exchange_strong(&slot->owner, &mine, 0);
    return APR_SUCCESS;
}

/* A killed child may have had the id of this process. */
static void free_slots_of_this_id(void)
{
    int i;

    for (i = 0; memory && i < memory->count; i++) {
        uint64_t owner = atomic_load(&memory->slots[i].owner);

        if (pid_of(owner) == getpid())
            atomic_compare_exchange_strong(&memory->slots[i].owner, &owner, 0);
    }
}

apr_status_t chat_metrics_claim_slot(apr_pool_t *p)
{
    int i;

    free_slots_of_this_id();
    for (i = 0; memory && i < memory->count; i++) {
        if (!take(&memory->slots[i]))
            continue;
        atomic_store(&own, &memory->slots[i]);
        apr_pool_cleanup_register(p, &memory->slots[i], give_back, apr_pool_cleanup_null);
        return APR_SUCCESS;
    }
    return APR_ENOSPC;
}

int chat_metrics_slots(void)
{
    return memory ? memory->count : 0;
}

int chat_metrics_slot(void)
{
    slot_t *slot = atomic_load(&own);

    return slot ? (int)(slot - memory->slots) : -1;
}

/* ---- gauges ---- */

void chat_metrics_gauge_set(chat_gauge_t gauge, apr_int64_t value)
{
    slot_t *slot = atomic_load(&own);

    if (slot)
        atomic_store_explicit(&slot->values[gauge], value, memory_order_relaxed);
}

void chat_metrics_gauge_add(chat_gauge_t gauge, apr_int64_t delta)
{
    slot_t *slot = atomic_load(&own);

    if (slot)
        atomic_fetch_add_explicit(&slot->values[gauge], delta, memory_order_relaxed);
}

int chat_metrics_next_child(int *pslot, pid_t *ppid, apr_int64_t values[CHAT_GAUGE_COUNT])
{
    while (memory && *pslot < memory->count) {
        slot_t *slot = &memory->slots[(*pslot)++];
        uint64_t owner = atomic_load(&slot->owner);
        int i;

        if (!is_serving(owner))
            continue;
        for (i = 0; i < CHAT_GAUGE_COUNT; i++)
            values[i] = atomic_load_explicit(&slot->values[i], memory_order_relaxed);
        *ppid = pid_of(owner);
        return 1;
    }
    return 0;
}

int chat_metrics_gauge_totals(apr_int64_t totals[CHAT_GAUGE_COUNT])
{
    apr_int64_t values[CHAT_GAUGE_COUNT];
    int children = 0;
    int slot = 0;
    pid_t pid;
    int i;

    memset(totals, 0, CHAT_GAUGE_COUNT * sizeof *totals);
    for (; chat_metrics_next_child(&slot, &pid, values); children++)
        for (i = 0; i < CHAT_GAUGE_COUNT; i++)
            if (i != CHAT_GAUGE_FEED_LAG_US)
                totals[i] += values[i];
            else if (totals[i] < values[i])
                totals[i] = values[i];
    return children;
}
