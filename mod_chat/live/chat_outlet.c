#include "live/chat_outlet.h"

#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/chat_clock.h"
#include "core/chat_metrics.h"
#include "live/chat_hub.h"
#include "live/chat_socket.h"

#define HUB_WAIT_US apr_time_from_sec(2)
#define PRESENCE_SLOTS 8192 /* a power of two */

struct chat_outlet_t {
    apr_uint64_t database;
    int wake_fd;
    _Atomic int listeners;
    _Atomic unsigned short presence[PRESENCE_SLOTS]; /* listeners, by a hash of the user's id */
    _Atomic int wanted;  /* grows with each beginning that is asked for */
    _Atomic int letters; /* not opened yet */

    /* The feed's thread only. */
    int begun;            /* the value of `wanted` that was granted; 0: none */
    apr_pool_t *pool;     /* of the snapshot, cleared with each */
    const char *snapshot; /* up to which everything was told; NULL: none */

    /* The hub's thread only. */
    int has_begun;
    char epoch[CHAT_EPOCH_CHARS + 1];
};

chat_outlet_t *chat_outlet_create(apr_uint64_t database, int wake_fd, apr_pool_t *p)
{
    chat_outlet_t *outlet = apr_pcalloc(p, sizeof *outlet);

    outlet->database = database;
    outlet->wake_fd = wake_fd;
    return apr_pool_create(&outlet->pool, p) == APR_SUCCESS ? outlet : NULL;
}

apr_uint64_t chat_outlet_database(const chat_outlet_t *outlet)
{
    return outlet->database;
}

/* ---- who listens ---- */

static unsigned slot_of(apr_int64_t user_id)
{
    return (unsigned)(((apr_uint64_t)user_id * APR_UINT64_C(0x9E3779B97F4A7C15)) >> 40) &
           (PRESENCE_SLOTS - 1);
}

static void wake(const chat_outlet_t *outlet)
{
    uint64_t one = 1;

    (void)!write(outlet->wake_fd, &one, sizeof one); /* full: it wakes anyway */
}

void chat_outlet_want(chat_outlet_t *outlet)
{
    atomic_fetch_add(&outlet->wanted, 1);
    wake(outlet);
}

void chat_outlet_add_listener(chat_outlet_t *outlet, apr_int64_t user_id)
{
    atomic_fetch_add(&outlet->presence[slot_of(user_id)], 1);
    if (chat_outlet_has_listeners(outlet)) {
        atomic_fetch_add(&outlet->listeners, 1);
        return;
    }
    outlet->has_begun = 0;
    atomic_fetch_add(&outlet->wanted, 1); /* first, or with a listener an old beginning would do */
    atomic_fetch_add(&outlet->listeners, 1);
    wake(outlet);
}

void chat_outlet_remove_listener(chat_outlet_t *outlet, apr_int64_t user_id)
{
    atomic_fetch_sub(&outlet->presence[slot_of(user_id)], 1);
    atomic_fetch_sub(&outlet->listeners, 1);
}

int chat_outlet_has_begun(const chat_outlet_t *outlet)
{
    return outlet->has_begun;
}

const char *chat_outlet_epoch(const chat_outlet_t *outlet)
{
    return outlet->epoch;
}

void chat_outlet_opened(chat_outlet_t *outlet, const chat_news_t *news)
{
    if (news->is_begin) {
        outlet->has_begun = 1;
        apr_cpystrn(outlet->epoch, news->epoch, sizeof outlet->epoch);
    }
    atomic_fetch_sub(&outlet->letters, 1);
}

int chat_outlet_has_listeners(const chat_outlet_t *outlet)
{
    return atomic_load(&outlet->listeners) > 0;
}

int chat_outlet_is_here(const chat_outlet_t *outlet, apr_int64_t user_id)
{
    return atomic_load_explicit(&outlet->presence[slot_of(user_id)], memory_order_relaxed) > 0;
}

int chat_outlet_wanted(const chat_outlet_t *outlet)
{
    return atomic_load(&outlet->wanted);
}

int chat_outlet_begun(const chat_outlet_t *outlet)
{
    return outlet->begun;
}

/* ---- the snapshot ---- */

const char *chat_outlet_snapshot(const chat_outlet_t *outlet)
{
    return outlet->snapshot;
}

void chat_outlet_leave(chat_outlet_t *outlet)
{
    outlet->snapshot = NULL;
    outlet->begun = 0;
}

void chat_outlet_lose(chat_outlet_t *outlet)
{
    if (outlet->begun)
        chat_metrics_count(CHAT_COUNTER_RESYNCS, 1);
    chat_outlet_leave(outlet);
}

/* ---- telling ---- */

static int is_full(const chat_outlet_t *outlet)
{
    return atomic_load(&outlet->letters) >= CHAT_OUTLET_LETTERS_MAX;
}

/* The hub has room again, or it does not move and must be told to begin anew. */
static int wait_for_room(const chat_outlet_t *outlet)
{
    apr_time_t end = chat_clock_now() + HUB_WAIT_US;

    if (!is_full(outlet))
        return 1;
    chat_metrics_count(CHAT_COUNTER_MAILBOX_FULL, 1);
    while (is_full(outlet) && chat_clock_now() < end)
        apr_sleep(APR_USEC_PER_SEC / 1000);
    return !is_full(outlet);
}

static int is_empty(const chat_news_t *news)
{
    return !news->first && !news->is_begin;
}

/* What would be empty is not posted. */
static void post(chat_outlet_t *outlet, chat_news_t *news)
{
    if (is_empty(news)) {
        chat_news_destroy(news);
        return;
    }
    atomic_fetch_add(&outlet->letters, 1);
    news->letter.open = chat_socket_open_news;
    chat_hub_post(&news->letter);
}

/* 0: there is no room for these, and they are gone. */
static int make_room(chat_outlet_t *outlet, chat_news_t *news)
{
    if (is_empty(news) || wait_for_room(outlet))
        return 1;
    chat_news_destroy(news);
    chat_outlet_lose(outlet);
    return 0;
}

void chat_outlet_tell(chat_outlet_t *outlet, chat_news_t *news)
{
    if (make_room(outlet, news))
        post(outlet, news);
}

/* News that a snapshot shows, and with them that snapshot. */
static int tell_until(chat_outlet_t *outlet, chat_news_t *news, const char *snapshot, int begun)
{
    if (!make_room(outlet, news))
        return 0;
    apr_pool_clear(outlet->pool);
    outlet->snapshot = apr_pstrdup(outlet->pool, snapshot);
    outlet->begun = begun;
    post(outlet, news);
    return 1;
}

int chat_outlet_begin(chat_outlet_t *outlet, chat_news_t *news, const char *snapshot, int wanted)
{
    news->is_begin = 1;
    return tell_until(outlet, news, snapshot, wanted);
}

int chat_outlet_move(chat_outlet_t *outlet, chat_news_t *news, const char *snapshot)
{
    return tell_until(outlet, news, snapshot, outlet->begun);
}
