#include "live/chat_outlet.h"

#include <stdatomic.h>

#include <apr_strings.h>

#include "core/chat_clock.h"
#include "core/chat_metrics.h"
#include "core/chat_wake.h"

#define WAIT_US apr_time_from_sec(2)
#define WAIT_STEP_US apr_time_from_msec(1)

struct chat_outlet_t {
    apr_uint64_t database;
    int wake_fd;
    chat_presence_t *presence;
    _Atomic int wanted;
    _Atomic int letters; /* that the event loop has not taken */

    /* The event loop's thread only. */
    int has_begun;
    char epoch[CHAT_EPOCH_CHARS + 1];
};

static chat_outlet_sink_t *sink;

void chat_outlet_set_sink(chat_outlet_sink_t *new_sink)
{
    sink = new_sink;
}

chat_outlet_t *chat_outlet_create(apr_uint64_t database, int wake_fd, apr_pool_t *p)
{
    chat_outlet_t *outlet = apr_pcalloc(p, sizeof *outlet);

    outlet->database = database;
    outlet->wake_fd = wake_fd;
    outlet->presence = chat_presence_create(p);
    return outlet;
}

apr_uint64_t chat_outlet_database(const chat_outlet_t *outlet)
{
    return outlet->database;
}

const chat_presence_t *chat_outlet_presence(const chat_outlet_t *outlet)
{
    return outlet->presence;
}

/* ---- sessions ---- */

void chat_outlet_want(chat_outlet_t *outlet)
{
    atomic_fetch_add(&outlet->wanted, 1);
    chat_wake_signal(outlet->wake_fd);
}

int chat_outlet_wanted(const chat_outlet_t *outlet)
{
    return atomic_load(&outlet->wanted);
}

void chat_outlet_add_listener(chat_outlet_t *outlet, apr_int64_t user_id)
{
    if (chat_presence_has_any(outlet->presence)) {
        chat_presence_add(outlet->presence, user_id);
        return;
    }
    outlet->has_begun = 0;
    /* First, or a feed that sees the session would take its old start for the one asked for. */
    atomic_fetch_add(&outlet->wanted, 1);
    chat_presence_add(outlet->presence, user_id);
    chat_wake_signal(outlet->wake_fd);
}

void chat_outlet_remove_listener(chat_outlet_t *outlet, apr_int64_t user_id)
{
    chat_presence_remove(outlet->presence, user_id);
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

/* ---- publishing ---- */

static int is_full(const chat_outlet_t *outlet)
{
    return atomic_load(&outlet->letters) >= CHAT_OUTLET_LETTERS_MAX;
}

static int wait_for_room(const chat_outlet_t *outlet)
{
    apr_time_t end = chat_clock_now() + WAIT_US;

    if (!is_full(outlet))
        return 1;
    chat_metrics_count(CHAT_COUNTER_MAILBOX_FULL, 1);
    while (is_full(outlet) && chat_clock_now() < end)
        apr_sleep(WAIT_STEP_US);
    return !is_full(outlet);
}

/* A batch without content is not published. */
static int is_empty(const chat_news_t *news)
{
    return !sink || (!news->first && !news->is_begin);
}

static int post(chat_outlet_t *outlet, chat_news_t *news)
{
    if (!wait_for_room(outlet))
        return 0;
    atomic_fetch_add(&outlet->letters, 1);
    if (sink(news) == APR_SUCCESS)
        return 1;
    atomic_fetch_sub(&outlet->letters, 1);
    return 0;
}

int chat_outlet_tell(chat_outlet_t *outlet, chat_news_t *news)
{
    int is_left_out = is_empty(news);

    if (!is_left_out && post(outlet, news))
        return 1;
    chat_news_destroy(news);
    return is_left_out;
}
