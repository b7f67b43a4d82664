#include "realtime/chat_publisher.h"

#include <stdatomic.h>

#include <apr_strings.h>

#include "core/chat_clock.h"
#include "core/chat_metrics.h"
#include "core/chat_wake.h"

#define WAIT_US apr_time_from_sec(2)
#define WAIT_STEP_US apr_time_from_msec(1)

struct chat_publisher_t {
    apr_uint64_t database;
    int wake_fd;
    chat_presence_t *presence;
    _Atomic int starts;  /* that were asked for */
    _Atomic int batches; /* that the event loop has not taken */

    /* The event loop's thread only. */
    int has_started;
    char epoch[CHAT_EPOCH_CHARS + 1];
};

static chat_publisher_sink_t *sink;

void chat_publisher_set_sink(chat_publisher_sink_t *new_sink)
{
    sink = new_sink;
}

chat_publisher_t *chat_publisher_create(apr_uint64_t database, int wake_fd, apr_pool_t *p)
{
    chat_publisher_t *publisher = apr_pcalloc(p, sizeof *publisher);

    publisher->database = database;
    publisher->wake_fd = wake_fd;
    publisher->presence = chat_presence_create(p);
    return publisher;
}

apr_uint64_t chat_publisher_database(const chat_publisher_t *publisher)
{
    return publisher->database;
}

const chat_presence_t *chat_publisher_presence(const chat_publisher_t *publisher)
{
    return publisher->presence;
}

/* ---- sessions ---- */

void chat_publisher_ask_for_start(chat_publisher_t *publisher)
{
    atomic_fetch_add(&publisher->starts, 1);
    chat_wake_signal(publisher->wake_fd);
}

int chat_publisher_starts_asked_for(const chat_publisher_t *publisher)
{
    return atomic_load(&publisher->starts);
}

void chat_publisher_add_session(chat_publisher_t *publisher, apr_int64_t user_id)
{
    if (chat_presence_has_any(publisher->presence)) {
        chat_presence_add(publisher->presence, user_id);
        return;
    }
    publisher->has_started = 0;
    /* First, or a feed that sees the session would take its old start for the one asked for. */
    atomic_fetch_add(&publisher->starts, 1);
    chat_presence_add(publisher->presence, user_id);
    chat_wake_signal(publisher->wake_fd);
}

void chat_publisher_remove_session(chat_publisher_t *publisher, apr_int64_t user_id)
{
    chat_presence_remove(publisher->presence, user_id);
}

int chat_publisher_has_started(const chat_publisher_t *publisher)
{
    return publisher->has_started;
}

const char *chat_publisher_epoch(const chat_publisher_t *publisher)
{
    return publisher->epoch;
}

void chat_publisher_taken(chat_publisher_t *publisher, const chat_batch_t *batch)
{
    if (batch->is_start) {
        publisher->has_started = 1;
        apr_cpystrn(publisher->epoch, batch->epoch, sizeof publisher->epoch);
    }
    atomic_fetch_sub(&publisher->batches, 1);
}

/* ---- publishing ---- */

static int is_full(const chat_publisher_t *publisher)
{
    return atomic_load(&publisher->batches) >= CHAT_PUBLISHER_BATCHES_MAX;
}

static int wait_for_room(const chat_publisher_t *publisher)
{
    apr_time_t end = chat_clock_now() + WAIT_US;

    if (!is_full(publisher))
        return 1;
    chat_metrics_count(CHAT_COUNTER_LOOP_QUEUE_FULL, 1);
    while (is_full(publisher) && chat_clock_now() < end)
        apr_sleep(WAIT_STEP_US);
    return !is_full(publisher);
}

/* A batch without content is not published. */
static int is_empty(const chat_batch_t *batch)
{
    return !sink || (!batch->first && !batch->is_start);
}

static int post(chat_publisher_t *publisher, chat_batch_t *batch)
{
    if (!wait_for_room(publisher))
        return 0;
    atomic_fetch_add(&publisher->batches, 1);
    if (sink(batch) == APR_SUCCESS)
        return 1;
    atomic_fetch_sub(&publisher->batches, 1);
    return 0;
}

int chat_publisher_publish(chat_publisher_t *publisher, chat_batch_t *batch)
{
    int is_left_out = is_empty(batch);

    if (!is_left_out && post(publisher, batch))
        return 1;
    chat_batch_destroy(batch);
    return is_left_out;
}
