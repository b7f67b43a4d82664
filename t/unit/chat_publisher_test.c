/* What the event loop's thread and a feed's see of each other, with the sink as a list. */
#include "chat_unit.h"

#include <stdatomic.h>

#include "core/chat_clock.h"
#include "core/chat_wake.h"
#include "realtime/chat_publisher.h"

static chat_publisher_t *publisher;
static int wake_fd;
static int taken;
static int destroyed;
static int is_refused;
static apr_time_t now;

/* ---- instead of the clock, the batch and who is here ---- */

apr_time_t chat_clock_now(void)
{
    now += apr_time_from_msec(100);
    return now;
}

void chat_batch_destroy(chat_batch_t *batch)
{
    (void)batch;
    destroyed++;
}

static int sessions;
static int wanted_when_seen; /* what had been asked for when the first session could be seen */

struct chat_presence_t {
    int unused;
};

chat_presence_t *chat_presence_create(apr_pool_t *p)
{
    return apr_pcalloc(p, sizeof(chat_presence_t));
}

void chat_presence_add(chat_presence_t *presence, apr_int64_t user_id)
{
    (void)presence, (void)user_id;
    if (sessions++ == 0)
        wanted_when_seen = chat_publisher_starts_asked_for(publisher);
}

void chat_presence_remove(chat_presence_t *presence, apr_int64_t user_id)
{
    (void)presence, (void)user_id;
    sessions--;
}

int chat_presence_has_any(const chat_presence_t *presence)
{
    (void)presence;
    return sessions > 0;
}

int chat_presence_may_have(const chat_presence_t *presence, apr_int64_t user_id)
{
    (void)presence, (void)user_id;
    return 1;
}

static apr_status_t take(chat_batch_t *batch)
{
    (void)batch;
    taken += !is_refused;
    return is_refused ? APR_ENOMEM : APR_SUCCESS;
}

static int make(void **state)
{
    if (unit_make_pool(state) != 0 || chat_wake_open(&wake_fd) != APR_SUCCESS)
        return -1;
    taken = destroyed = is_refused = sessions = 0;
    publisher = chat_publisher_create(7, wake_fd, *state);
    chat_publisher_set_sink(take);
    return 0;
}

static int destroy(void **state)
{
    chat_wake_close(&wake_fd);
    return unit_destroy_pool(state);
}

#define OUTLET_TEST(name) cmocka_unit_test_setup_teardown(name, make, destroy)

static int is_woken(void)
{
    uint64_t count;

    return read(wake_fd, &count, sizeof count) == (ssize_t)sizeof count;
}

/* A feed that saw the session before it was asked for would publish from its old start on, and
 * the session would wait for its greeting until the next one. */
static void the_first_session_is_seen_after_a_start_was_asked_for(void **state)
{
    int before = chat_publisher_starts_asked_for(publisher);

    (void)state;
    chat_publisher_add_session(publisher, 1);
    assert_int_equal(wanted_when_seen, before + 1);
    assert_true(is_woken());
    assert_false(chat_publisher_has_started(publisher));
}

static void the_next_one_asks_for_nothing(void **state)
{
    int wanted;

    (void)state;
    chat_publisher_add_session(publisher, 1);
    wanted = chat_publisher_starts_asked_for(publisher);
    is_woken();
    chat_publisher_add_session(publisher, 1);
    chat_publisher_add_session(publisher, 2);
    assert_int_equal(chat_publisher_starts_asked_for(publisher), wanted);
    assert_false(is_woken());
}

static void a_child_that_was_empty_starts_again(void **state)
{
    chat_batch_t begin = {.publisher = publisher, .is_start = 1, .epoch = "now"};
    int wanted;

    (void)state;
    chat_publisher_add_session(publisher, 1);
    assert_true(chat_publisher_publish(publisher, &begin));
    chat_publisher_taken(publisher, &begin);
    assert_true(chat_publisher_has_started(publisher));
    assert_string_equal(chat_publisher_epoch(publisher), "now");
    wanted = chat_publisher_starts_asked_for(publisher);
    chat_publisher_remove_session(publisher, 1);
    chat_publisher_add_session(publisher, 2);
    assert_int_equal(chat_publisher_starts_asked_for(publisher), wanted + 1);
    assert_false(chat_publisher_has_started(publisher));
}

static void what_the_event_loop_does_not_take_is_dropped(void **state)
{
    chat_batch_t begin = {.publisher = publisher, .is_start = 1};
    int i;

    (void)state;
    for (i = 0; i < CHAT_PUBLISHER_BATCHES_MAX; i++)
        assert_true(chat_publisher_publish(publisher, &begin));
    assert_false(chat_publisher_publish(publisher, &begin));
    assert_int_equal(taken, CHAT_PUBLISHER_BATCHES_MAX);
    assert_int_equal(destroyed, 1);
    chat_publisher_taken(publisher, &begin);
    assert_true(chat_publisher_publish(publisher, &begin));
}

static void what_the_sink_cannot_take_is_dropped_and_takes_no_room(void **state)
{
    chat_batch_t begin = {.publisher = publisher, .is_start = 1};
    int i;

    (void)state;
    is_refused = 1;
    for (i = 0; i <= CHAT_PUBLISHER_BATCHES_MAX; i++)
        assert_false(chat_publisher_publish(publisher, &begin));
    assert_int_equal(destroyed, CHAT_PUBLISHER_BATCHES_MAX + 1);
    is_refused = 0;
    assert_true(chat_publisher_publish(publisher, &begin));
}

static void a_batch_without_content_is_not_published(void **state)
{
    chat_batch_t empty = {.publisher = publisher};

    (void)state;
    assert_true(chat_publisher_publish(publisher, &empty));
    assert_int_equal(taken, 0);
    assert_int_equal(destroyed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUTLET_TEST(the_first_session_is_seen_after_a_start_was_asked_for),
        OUTLET_TEST(the_next_one_asks_for_nothing),
        OUTLET_TEST(a_child_that_was_empty_starts_again),
        OUTLET_TEST(what_the_event_loop_does_not_take_is_dropped),
        OUTLET_TEST(what_the_sink_cannot_take_is_dropped_and_takes_no_room),
        OUTLET_TEST(a_batch_without_content_is_not_published),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
