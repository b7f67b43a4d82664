/* Who is told of whom that types: each user once, and to a member all staff are one. */
#include "chat_unit.h"

#include <string.h>

#include "core/chat_metrics.h"
#include "realtime/chat_typing_tracker.h"

#define SECOND apr_time_from_sec(1)
#define ALL (CHAT_TYPING_TRACKER_TO_STAFF | CHAT_TYPING_TRACKER_TO_MEMBER)

static chat_typing_tracker_t typists;

static int clear(void **state)
{
    (void)state;
    memset(&typists, 0, sizeof typists);
    return 0;
}

static chat_typing_change_t by(apr_int64_t user_id, apr_int64_t source)
{
    return (chat_typing_change_t){
        .conversation_id = 7, .user_id = user_id, .source = source, .seq = 20};
}

static int types(apr_int64_t user_id, apr_time_t now)
{
    chat_typing_change_t typed = by(user_id, 1);

    return chat_typing_tracker_begin(&typists, &typed, 1, now);
}

static int stops(apr_int64_t user_id)
{
    chat_typing_change_t typed = by(user_id, 1);

    return chat_typing_tracker_end(&typists, &typed, 1);
}

static void one_who_types_is_told_each_time(void **state)
{
    (void)state;
    assert_int_equal(types(1, 10 * SECOND), ALL);
    assert_int_equal(types(1, 10 * SECOND + 1), ALL);
    assert_int_equal(types(1, 13 * SECOND), ALL);
    assert_int_equal(stops(1), ALL);
    assert_int_equal(types(1, 14 * SECOND), ALL);
}

static void a_second_one_is_not_told_to_the_member(void **state)
{
    (void)state;
    assert_int_equal(types(1, 10 * SECOND), ALL);
    assert_int_equal(types(2, 11 * SECOND), CHAT_TYPING_TRACKER_TO_STAFF);
    assert_int_equal(types(1, 13 * SECOND), ALL);
    assert_int_equal(types(2, 14 * SECOND), CHAT_TYPING_TRACKER_TO_STAFF);
}

static void only_the_last_end_is_told_to_the_member(void **state)
{
    (void)state;
    types(1, 10 * SECOND);
    types(2, 10 * SECOND);
    types(3, 10 * SECOND);
    assert_int_equal(stops(1), CHAT_TYPING_TRACKER_TO_STAFF);
    assert_int_equal(stops(3), CHAT_TYPING_TRACKER_TO_STAFF);
    assert_int_equal(stops(2), ALL);
}

static void who_goes_on_is_told_in_place_of_who_stopped(void **state)
{
    (void)state;
    types(1, 10 * SECOND);
    types(2, 11 * SECOND);
    stops(1);
    assert_int_equal(types(2, 12 * SECOND), ALL);
}

static void one_source_does_not_end_another(void **state)
{
    chat_typing_change_t phone = by(1, 1);
    chat_typing_change_t laptop = by(1, 2);
    chat_typing_change_t other = by(1, 3);

    (void)state;
    chat_typing_tracker_begin(&typists, &phone, 0, 10 * SECOND);
    chat_typing_tracker_begin(&typists, &laptop, 0, 10 * SECOND);
    assert_int_equal(chat_typing_tracker_end(&typists, &other, 0), 0);
    assert_int_equal(chat_typing_tracker_end(&typists, &phone, 0), 0);
    assert_int_equal(chat_typing_tracker_end(&typists, &laptop, 0), CHAT_TYPING_TRACKER_TO_STAFF);
}

static void two_sources_of_staff_are_one_to_the_member(void **state)
{
    chat_typing_change_t phone = by(1, 1);
    chat_typing_change_t laptop = by(1, 2);

    (void)state;
    assert_int_equal(chat_typing_tracker_begin(&typists, &phone, 1, 10 * SECOND), ALL);
    chat_typing_tracker_begin(&typists, &laptop, 1, 10 * SECOND);
    types(2, 10 * SECOND);
    assert_int_equal(chat_typing_tracker_end(&typists, &phone, 1), 0);
    assert_int_equal(chat_typing_tracker_end(&typists, &laptop, 1), CHAT_TYPING_TRACKER_TO_STAFF);
    assert_int_equal(stops(2), ALL);
}

static void who_says_nothing_any_more_ends_by_itself(void **state)
{
    (void)state;
    assert_int_equal(chat_typing_tracker_until(&typists), 0);
    types(1, 10 * SECOND);
    types(2, 12 * SECOND);
    assert_int_equal(chat_typing_tracker_until(&typists), 15 * SECOND);
    types(1, 13 * SECOND);
    assert_int_equal(chat_typing_tracker_until(&typists), 17 * SECOND);
}

static void conversations_have_their_own(void **state)
{
    chat_typing_change_t elsewhere = by(2, 1);

    (void)state;
    elsewhere.conversation_id = 8;
    assert_int_equal(types(1, 10 * SECOND), ALL);
    assert_int_equal(chat_typing_tracker_begin(&typists, &elsewhere, 1, 10 * SECOND), ALL);
    assert_int_equal(chat_typing_tracker_end(&typists, &elsewhere, 1), ALL);
    assert_int_equal(stops(1), ALL);
}

static void an_end_without_a_begin_is_told_when_it_was_said(void **state)
{
    chat_typing_change_t noticed = by(1, 1);

    (void)state;
    assert_int_equal(stops(1), ALL);
    noticed.is_noticed = 1;
    assert_int_equal(chat_typing_tracker_end(&typists, &noticed, 1), 0);
    types(1, 10 * SECOND);
    assert_int_equal(chat_typing_tracker_end(&typists, &noticed, 1), ALL);
    assert_int_equal(chat_typing_tracker_end(&typists, &noticed, 1), 0);
}

static void ones_own_later_message_ends_it(void **state)
{
    (void)state;
    types(1, 10 * SECOND);
    assert_true(chat_typing_tracker_ends_with(&typists.typists[0], 7, 1, 21));
    assert_false(chat_typing_tracker_ends_with(&typists.typists[0], 7, 1, 20));
    assert_false(chat_typing_tracker_ends_with(&typists.typists[0], 7, 2, 21));
    assert_false(chat_typing_tracker_ends_with(&typists.typists[0], 8, 1, 21));
}

static void one_too_many_is_not_told_and_counted(void **state)
{
    static apr_pool_t *pool;
    void *counters;
    int i;

    (void)state;
    assert_int_equal(apr_pool_create(&pool, NULL), APR_SUCCESS);
    assert_int_equal(chat_metrics_create(&counters, 0, pool), APR_SUCCESS);
    chat_metrics_use(counters);
    for (i = 0; i < CHAT_TYPING_TRACKER_MAX; i++)
        assert_true(types(1 + i, 10 * SECOND));
    assert_int_equal(types(1 + i, 10 * SECOND), 0);
    assert_int_equal(chat_metrics_read(CHAT_COUNTER_TYPING_DROPPED), 1);
    assert_true(types(1, 11 * SECOND));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_who_types_is_told_each_time, clear),
        cmocka_unit_test_setup(a_second_one_is_not_told_to_the_member, clear),
        cmocka_unit_test_setup(only_the_last_end_is_told_to_the_member, clear),
        cmocka_unit_test_setup(who_goes_on_is_told_in_place_of_who_stopped, clear),
        cmocka_unit_test_setup(one_source_does_not_end_another, clear),
        cmocka_unit_test_setup(two_sources_of_staff_are_one_to_the_member, clear),
        cmocka_unit_test_setup(who_says_nothing_any_more_ends_by_itself, clear),
        cmocka_unit_test_setup(conversations_have_their_own, clear),
        cmocka_unit_test_setup(an_end_without_a_begin_is_told_when_it_was_said, clear),
        cmocka_unit_test_setup(ones_own_later_message_ends_it, clear),
        cmocka_unit_test_setup(one_too_many_is_not_told_and_counted, clear),
    };

    apr_initialize();
    return cmocka_run_group_tests_name("chat_typing_tracker", tests, NULL, NULL);
}
