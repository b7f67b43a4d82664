#include "chat_unit.h"

#include <pthread.h>

#include "core/chat_clock.h"
#include "db/chat_semaphore.h"

#define WAIT_US apr_time_from_msec(50)

static void the_clock_is_long_past_zero(void **state)
{
    (void)state;
    assert_true(chat_clock_now() >= CHAT_CLOCK_START);
}

static void a_time_is_that_of_the_monotonic_clock(void **state)
{
    struct timespec before, made, after;

    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &before);
    made = chat_clock_timespec(chat_clock_now() + 1); /* it cuts off nanoseconds */
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(made.tv_nsec >= 0 && made.tv_nsec < 1000000000);
    assert_true(made.tv_sec > before.tv_sec ||
                (made.tv_sec == before.tv_sec && made.tv_nsec >= before.tv_nsec));
    assert_true(made.tv_sec < after.tv_sec + 1 ||
                (made.tv_sec == after.tv_sec + 1 && made.tv_nsec <= after.tv_nsec));
}

static void who_finds_no_place_waits_its_time(void **state)
{
    chat_semaphore_t *gate = chat_semaphore_create(1, *state);
    apr_time_t begun;

    assert_int_equal(chat_semaphore_acquire(gate, 0), APR_SUCCESS);
    begun = chat_clock_now();
    assert_int_equal(chat_semaphore_acquire(gate, WAIT_US), APR_TIMEUP);
    assert_true(chat_clock_now() - begun >= WAIT_US);
    chat_semaphore_release(gate);
    assert_int_equal(chat_semaphore_acquire(gate, 0), APR_SUCCESS);
}

static void *leave(void *gate)
{
    chat_semaphore_release(gate);
    return NULL;
}

static void a_place_that_comes_free_is_taken_at_once(void **state)
{
    chat_semaphore_t *gate = chat_semaphore_create(1, *state);
    pthread_t thread;

    assert_int_equal(chat_semaphore_acquire(gate, 0), APR_SUCCESS);
    assert_int_equal(pthread_create(&thread, NULL, leave, gate), 0);
    assert_int_equal(chat_semaphore_acquire(gate, apr_time_from_sec(60)), APR_SUCCESS);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_clock_is_long_past_zero),
        UNIT_TEST(a_time_is_that_of_the_monotonic_clock),
        UNIT_TEST(who_finds_no_place_waits_its_time),
        UNIT_TEST(a_place_that_comes_free_is_taken_at_once),
    };

    return cmocka_run_group_tests_name("chat_clock", tests, NULL, NULL);
}
