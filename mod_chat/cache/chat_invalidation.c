#include "cache/chat_invalidation.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_shm.h>

#include "core/chat_clock.h"
#include "core/chat_hash.h"

#define FRESH_US apr_time_from_msec(CHAT_INVALIDATION_FRESH_MS)

typedef struct database_t {
    _Atomic uint64_t identity; /* 0: free */
    _Atomic uint64_t epoch;
    _Atomic uint64_t floor;     /* nothing read with an xmin up to this is current */
    _Atomic uint64_t poll;      /* the last one that has ended */
    _Atomic uint64_t polled_at; /* of chat_clock_now() */
} database_t;

/* Of all users with the same hash. */
typedef struct slot_t {
    _Atomic uint64_t xid;     /* the last transaction that was recorded */
    _Atomic uint64_t written; /* the first poll after their last write */
} slot_t;

typedef struct memory_t {
    _Atomic uint64_t polls;
    database_t databases[CHAT_INVALIDATION_DATABASES_MAX];
    slot_t slots[CHAT_INVALIDATION_SLOTS];
} memory_t;

static memory_t *memory;

static apr_status_t forget(void *data)
{
    (void)data;
    memory = NULL;
    return APR_SUCCESS;
}

apr_status_t chat_invalidation_create(apr_pool_t *p)
{
    apr_shm_t *shm;
    apr_status_t rv = apr_shm_create(&shm, sizeof *memory, NULL, p);

    if (rv != APR_SUCCESS)
        return rv;
    memory = apr_shm_baseaddr_get(shm);
    memset(memory, 0, sizeof *memory);
    apr_pool_cleanup_register(p, NULL, forget, apr_pool_cleanup_null);
    return APR_SUCCESS;
}

static database_t *database_of(apr_uint64_t identity)
{
    int i;

    for (i = 0; memory && identity && i < CHAT_INVALIDATION_DATABASES_MAX; i++) {
        database_t *database = &memory->databases[i];
        uint64_t found = atomic_load(&database->identity);

        if (found == identity ||
            (!found && atomic_compare_exchange_strong(&database->identity, &found, identity)) ||
            found == identity)
            return database;
    }
    return NULL;
}

static slot_t *slot_of(apr_uint64_t database, apr_int64_t user_id)
{
    return &memory->slots[chat_hash_id(database ^ (apr_uint64_t)user_id) &
                          (CHAT_INVALIDATION_SLOTS - 1)];
}

static void raise_to(_Atomic uint64_t *value, apr_uint64_t to)
{
    uint64_t found = atomic_load(value);

    while (found < to && !atomic_compare_exchange_weak(value, &found, to))
        ;
}

/* ---- for feeds ---- */

apr_uint64_t chat_invalidation_poll_begin(void)
{
    return memory ? atomic_fetch_add(&memory->polls, 1) + 1 : 0;
}

void chat_invalidation_feed_started(apr_uint64_t identity, const char *snapshot, apr_uint64_t epoch)
{
    database_t *database = database_of(identity);
    const char *xmax = strchr(snapshot, ':');
    uint64_t floor;

    if (!database || !xmax)
        return;
    /* A snapshot with this xmin or a later one contains every transaction that had begun. */
    floor = strtoull(xmax + 1, NULL, 10) - 1;
    if (atomic_exchange(&database->epoch, epoch) == epoch)
        raise_to(&database->floor, floor);
    else /* the transactions of another epoch may have higher numbers */
        atomic_store(&database->floor, floor);
}

/* Transaction `xid` changed what the user sees; user 0: what anybody may see. */
static void note(apr_uint64_t identity, apr_int64_t user_id, apr_uint64_t xid)
{
    database_t *database = database_of(identity);

    if (database)
        raise_to(user_id ? &slot_of(identity, user_id)->xid : &database->floor, xid);
}

void chat_invalidation_note_event(apr_uint64_t identity, const chat_event_t *event)
{
    const char *staff_ids = event->recipients.staff_ids;
    apr_int64_t id;

    if (!memory)
        return;
    if (event->kind == CHAT_EVENT_PEOPLE) {
        note(identity, 0, event->xid);
        return;
    }
    if (event->user_id)
        note(identity, event->user_id, event->xid);
    if (event->kind == CHAT_EVENT_MARKED) /* only this user sees it */
        return;
    if (event->recipients.member_id)
        note(identity, event->recipients.member_id, event->xid);
    while ((id = chat_store_event_next_id(&staff_ids)) != 0)
        note(identity, id, event->xid);
}

void chat_invalidation_poll_end(apr_uint64_t identity, apr_uint64_t poll, apr_time_t polled_at)
{
    database_t *database = database_of(identity);

    if (!database)
        return;
    raise_to(&database->poll, poll);
    raise_to(&database->polled_at, (apr_uint64_t)polled_at);
}

/* ---- for the response cache ---- */

/* A running poll may have begun before the commit; the next one cannot have. */
void chat_invalidation_written(apr_uint64_t identity, apr_int64_t user_id)
{
    if (memory)
        raise_to(&slot_of(identity, user_id)->written, atomic_load(&memory->polls) + 1);
}

int chat_invalidation_has_feed(apr_uint64_t identity)
{
    database_t *database = database_of(identity);

    return database && chat_clock_now() < (apr_time_t)atomic_load(&database->polled_at) + FRESH_US;
}

int chat_invalidation_is_current(apr_uint64_t identity, apr_int64_t user_id, apr_uint64_t xmin,
                                 apr_uint64_t epoch)
{
    database_t *database = database_of(identity);
    slot_t *slot;

    if (!database || atomic_load(&database->epoch) != epoch)
        return 0;
    slot = slot_of(identity, user_id);
    return atomic_load(&slot->written) <= atomic_load(&database->poll) &&
           atomic_load(&slot->xid) < xmin && atomic_load(&database->floor) < xmin;
}
