/* A member sees one typist, the church, however many of its staff type. */
#include "chat_unit.h"

#include <string.h>

#include "live/chat_typists.h"

#define SECOND apr_time_from_sec(1)

static chat_typists_t typists;

static int clear(void **state)
{
    (void)state;
    memset(&typists, 0, sizeof typists);
    return 0;
}

static int types(apr_int64_t user_id, apr_time_t now)
{
    return chat_typists_note(&typists, 7, user_id, 1, now);
}

static int stops(apr_int64_t user_id, apr_time_t now)
{
    return chat_typists_note(&typists, 7, user_id, 0, now);
}

static void one_who_types_is_told_each_time(void **state)
{
    (void)state;
    assert_true(types(1, 10 * SECOND));
    assert_true(types(1, 10 * SECOND + 1));
    assert_true(types(1, 13 * SECOND));
    assert_true(stops(1, 14 * SECOND));
    assert_true(types(1, 14 * SECOND));
}

static void a_second_one_is_not_told_beside_the_first(void **state)
{
    (void)state;
    assert_true(types(1, 10 * SECOND));
    assert_false(types(2, 11 * SECOND));
    assert_true(types(1, 13 * SECOND));
    assert_false(types(2, 14 * SECOND));
}

static void only_the_last_end_is_told(void **state)
{
    (void)state;
    types(1, 10 * SECOND);
    types(2, 10 * SECOND);
    types(3, 10 * SECOND);
    assert_false(stops(1, 11 * SECOND));
    assert_false(stops(3, 11 * SECOND));
    assert_true(stops(2, 11 * SECOND));
}

static void who_goes_on_is_told_in_place_of_who_stopped(void **state)
{
    (void)state;
    types(1, 10 * SECOND);
    types(2, 11 * SECOND);
    stops(1, 12 * SECOND);
    assert_true(types(2, 12 * SECOND));
}

static void who_says_nothing_any_more_is_forgotten(void **state)
{
    (void)state;
    types(1, 10 * SECOND);
    assert_true(types(2, 12 * SECOND + 1));
    assert_true(stops(2, 15 * SECOND));
}

static void conversations_have_their_own(void **state)
{
    (void)state;
    assert_true(types(1, 10 * SECOND));
    assert_true(chat_typists_note(&typists, 8, 2, 1, 10 * SECOND));
    assert_true(chat_typists_note(&typists, 8, 2, 0, 10 * SECOND));
    assert_true(stops(1, 10 * SECOND));
}

static void an_end_without_a_begin_is_told(void **state)
{
    (void)state;
    assert_true(stops(1, 10 * SECOND));
}

static void one_too_many_replaces_the_first_to_be_forgotten(void **state)
{
    int i;

    (void)state;
    types(1, 10 * SECOND);
    types(2, 10 * SECOND + 1);
    for (i = 2; i < CHAT_TYPISTS_MAX; i++)
        chat_typists_note(&typists, 100 + i, i, 1, 10 * SECOND + 2);
    assert_false(stops(2, 10 * SECOND + 3));
    types(2, 10 * SECOND + 3);
    chat_typists_note(&typists, 1000, 5, 1, 10 * SECOND + 4);
    assert_true(stops(2, 10 * SECOND + 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_who_types_is_told_each_time, clear),
        cmocka_unit_test_setup(a_second_one_is_not_told_beside_the_first, clear),
        cmocka_unit_test_setup(only_the_last_end_is_told, clear),
        cmocka_unit_test_setup(who_goes_on_is_told_in_place_of_who_stopped, clear),
        cmocka_unit_test_setup(who_says_nothing_any_more_is_forgotten, clear),
        cmocka_unit_test_setup(conversations_have_their_own, clear),
        cmocka_unit_test_setup(an_end_without_a_begin_is_told, clear),
        cmocka_unit_test_setup(one_too_many_replaces_the_first_to_be_forgotten, clear),
    };

    return cmocka_run_group_tests_name("chat_typists", tests, NULL, NULL);
}
