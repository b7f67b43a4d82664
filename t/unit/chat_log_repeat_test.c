/* A line that every request would repeat is written when it says something new. */
#include "chat_unit.h"

#include "core/chat_log_repeat.h"
#include "core/chat_stopping.h"

static int start(void **state)
{
    static apr_pool_t *pool;
    void *counters;

    (void)state;
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS ||
        chat_metrics_create(&counters, 0, pool) != APR_SUCCESS)
        return -1;
    chat_metrics_use(counters);
    return 0;
}

static int is_due(chat_log_repeat_t complaint, const char *cause)
{
    apr_uint64_t left_out;

    return chat_log_repeat_is_due(complaint, cause, &left_out);
}

static void the_same_again_is_not_due(void **state)
{
    (void)state;
    assert_true(is_due(CHAT_LOG_REPEAT_AWAY, "gone"));
    assert_false(is_due(CHAT_LOG_REPEAT_AWAY, "gone"));
    assert_true(is_due(CHAT_LOG_REPEAT_BUSY, "gone"));
}

static void another_cause_is_due(void **state)
{
    (void)state;
    assert_true(is_due(CHAT_LOG_REPEAT_SCHEMA, "version 3"));
    assert_true(is_due(CHAT_LOG_REPEAT_SCHEMA, "version 17"));
    assert_false(is_due(CHAT_LOG_REPEAT_SCHEMA, "version 17"));
}

static void what_begins_anew_is_due_and_its_end_is_told_once(void **state)
{
    (void)state;
    is_due(CHAT_LOG_REPEAT_AWAY, "gone");
    assert_true(chat_log_repeat_end(CHAT_LOG_REPEAT_AWAY));
    assert_false(chat_log_repeat_end(CHAT_LOG_REPEAT_AWAY));
    assert_true(is_due(CHAT_LOG_REPEAT_AWAY, "gone"));
}

static void those_left_out_are_counted(void **state)
{
    apr_uint64_t left_out;

    (void)state;
    chat_log_repeat_end(CHAT_LOG_REPEAT_BUSY);
    is_due(CHAT_LOG_REPEAT_BUSY, "full");
    is_due(CHAT_LOG_REPEAT_BUSY, "full");
    is_due(CHAT_LOG_REPEAT_BUSY, "full");
    chat_log_repeat_end(CHAT_LOG_REPEAT_BUSY);
    assert_true(chat_log_repeat_is_due(CHAT_LOG_REPEAT_BUSY, "full", &left_out));
    assert_int_equal(left_out, 2);
    chat_log_repeat_end(CHAT_LOG_REPEAT_BUSY);
    assert_true(chat_log_repeat_is_due(CHAT_LOG_REPEAT_BUSY, "full", &left_out));
    assert_int_equal(left_out, 0);
}

static void what_a_stop_breaks_off_is_not_due(void **state)
{
    static apr_pool_t *pool;
    chat_problem_t *problem;

    (void)state;
    apr_pool_create(&pool, NULL);
    problem = chat_problem_cause(pool, 503, "unavailable", "Try again.", APR_SUCCESS, "stopped");
    chat_log_repeat_limit(problem, CHAT_LOG_REPEAT_AWAY, pool);
    assert_false(problem->is_repeated);
    problem = chat_problem_cause(pool, 503, "unavailable", "Try again.", APR_SUCCESS, "other");
    chat_stopping_begin();
    chat_log_repeat_limit(problem, CHAT_LOG_REPEAT_AWAY, pool);
    assert_true(problem->is_repeated);
    apr_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_same_again_is_not_due),
        UNIT_TEST(another_cause_is_due),
        UNIT_TEST(what_begins_anew_is_due_and_its_end_is_told_once),
        UNIT_TEST(those_left_out_are_counted),
        UNIT_TEST(what_a_stop_breaks_off_is_not_due), /* last: nothing ends it */
    };

    return cmocka_run_group_tests_name("chat_log_repeat", tests, start, NULL);
}
