#include "chat_unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "ws/chat_parallel_for.h"

#define ITEMS 1000
#define ROUNDS 400
#define HELPERS CHAT_PARALLEL_FOR_HELPERS_MAX
#define ALARM_S 600 /* ends a test that waits for what does not come */

/* The threads end by pthread_exit(), of which AddressSanitizer hears too late to clean the stack
 * before it gives its own signal stack back. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "use_sigaltstack=0";
}

typedef struct item_t {
    int done; /* not atomic: for the sanitizers to see */
    pthread_t by;
} item_t;

static item_t items[ITEMS];
static void *list[ITEMS];

static void count(void *data)
{
    item_t *item = data;

    item->done++;
    item->by = pthread_self();
}

static atomic_int arrived;
static int wanted;

/* Ends when so many threads are at it at once. */
static void meet(void *data)
{
    count(data);
    atomic_fetch_add(&arrived, 1);
    while (atomic_load(&arrived) < wanted)
        usleep(200);
}

static int forget(void **state)
{
    int i;

    alarm(ALARM_S);
    memset(items, 0, sizeof items);
    atomic_store(&arrived, 0);
    for (i = 0; i < ITEMS; i++)
        list[i] = &items[i];
    return unit_make_pool(state);
}

static int end(void **state)
{
    alarm(0);
    return unit_destroy_pool(state);
}

static void assert_done(int first, int count, int times)
{
    int i;

    for (i = first; i < first + count; i++)
        assert_int_equal(items[i].done, times);
}

static chat_parallel_for_t *make(apr_pool_t *p, int helpers)
{
    chat_parallel_for_t *workers;

    assert_int_equal(chat_parallel_for_create(&workers, helpers, p), APR_SUCCESS);
    return workers;
}

static void each_is_done_once_whatever_their_number(void **state)
{
    chat_parallel_for_t *workers = make(*state, HELPERS);
    uint64_t random = unit_random_start();
    int round;

    for (round = 0; round < ROUNDS; round++) {
        int count_of_items = (int)unit_random(&random, ITEMS + 1);

        memset(items, 0, sizeof items);
        chat_parallel_for_run(workers, count, list, count_of_items);
        assert_done(0, count_of_items, 1);
        assert_done(count_of_items, ITEMS - count_of_items, 0);
    }
    chat_parallel_for_join(workers);
}

static void several_are_at_it_at_once(void **state)
{
    chat_parallel_for_t *workers = make(*state, HELPERS);

    wanted = HELPERS + 1;
    chat_parallel_for_run(workers, meet, list, ITEMS); /* or it would not end */
    assert_done(0, ITEMS, 1);
    chat_parallel_for_join(workers);
}

static void assert_done_alone(chat_parallel_for_t *workers, int count_of_items)
{
    int i;

    chat_parallel_for_run(workers, count, list, count_of_items);
    for (i = 0; i < count_of_items; i++)
        assert_true(pthread_equal(items[i].by, pthread_self()));
    chat_parallel_for_join(workers);
}

static void a_few_wake_nobody(void **state)
{
    assert_done_alone(make(*state, HELPERS), 8);
}

static void without_helpers_it_is_done_alone(void **state)
{
    assert_done_alone(make(*state, 0), ITEMS);
}

static void there_are_no_more_helpers_than_processors(void **state)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int helpers = chat_parallel_for_useful_helpers();

    (void)state;
    assert_true(helpers >= 0 && helpers <= HELPERS && helpers < processors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_is_done_once_whatever_their_number, forget, end),
        cmocka_unit_test_setup_teardown(several_are_at_it_at_once, forget, end),
        cmocka_unit_test_setup_teardown(a_few_wake_nobody, forget, end),
        cmocka_unit_test_setup_teardown(without_helpers_it_is_done_alone, forget, end),
        cmocka_unit_test(there_are_no_more_helpers_than_processors),
    };

    return cmocka_run_group_tests_name("chat_parallel_for", tests, NULL, NULL);
}
