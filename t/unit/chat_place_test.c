#include "chat_unit.h"

#include <string.h>

#include "live/chat_place.h"

/* All before 100 is shown, and 102 and 104; 101 and 103 were running; 105 had not begun. */
#define SNAPSHOT "100:105:101,103"

static chat_place_t *made(void **state, const char *snapshot)
{
    chat_place_t *place = chat_place_create(*state);

    assert_non_null(place);
    if (snapshot)
        chat_place_move(place, snapshot);
    return place;
}

static int admits(chat_place_t *place, apr_uint64_t xid, apr_uint32_t follows, apr_uint64_t xmin)
{
    chat_firsthand_t said = {.event = {.xid = xid}, .follows = follows, .xmin = xmin};
    int is_admitted;

    chat_place_lock(place);
    is_admitted = chat_place_admit(place, &said);
    chat_place_unlock(place);
    return is_admitted;
}

static void without_a_place_nothing_is_told_ahead(void **state)
{
    chat_place_t *place = made(state, NULL);

    assert_null(chat_place_snapshot(place));
    assert_false(admits(place, 110, 99, 100));
    chat_place_move(place, SNAPSHOT);
    assert_string_equal(chat_place_snapshot(place), SNAPSHOT);
    chat_place_lose(place);
    assert_null(chat_place_snapshot(place));
    assert_false(admits(place, 110, 99, 100));
}

static void what_follows_something_shown_is_told(void **state)
{
    assert_true(admits(made(state, SNAPSHOT), 110, 99, 100));
    assert_true(admits(made(state, SNAPSHOT), 110, 102, 100));
    assert_true(admits(made(state, SNAPSHOT), 110, 104, 100));
    assert_true(admits(made(state, SNAPSHOT), 101, 100, 100)); /* it ran, and is committed now */
    assert_true(admits(made(state, "100:100:"), 100, 99, 100));
    assert_true(admits(made(state, SNAPSHOT), 110, 2, 100)); /* frozen */
}

static void what_follows_something_untold_waits(void **state)
{
    chat_place_t *place = made(state, SNAPSHOT);

    assert_false(admits(place, 110, 101, 100));
    assert_false(admits(place, 110, 103, 100));
    assert_false(admits(place, 110, 105, 100));
    assert_false(admits(place, 110, 109, 100));
    chat_place_move(place, "110:110:"); /* the look has found it */
    assert_true(admits(place, 111, 109, 100));
}

static void one_may_follow_the_other(void **state)
{
    chat_place_t *place = made(state, SNAPSHOT);

    assert_true(admits(place, 110, 99, 100));
    assert_true(admits(place, 111, 110, 100));
    assert_true(chat_place_has_told(place, 110));
    assert_true(chat_place_has_told(place, 111));
    assert_false(chat_place_has_told(place, 112));
}

static void what_a_look_has_shown_is_not_told_again(void **state)
{
    assert_false(admits(made(state, SNAPSHOT), 104, 99, 100));
    assert_false(admits(made(state, SNAPSHOT), 98, 97, 90));
}

static void what_came_behind_the_look_is_remembered(void **state)
{
    chat_place_t *place = made(state, SNAPSHOT);

    assert_true(admits(place, 110, 99, 100));
    assert_true(admits(place, 112, 98, 100));
    assert_true(admits(place, 113, 97, 100));
    chat_place_move(place, "111:113:112");
    assert_false(chat_place_has_told(place, 110));
    assert_true(chat_place_has_told(place, 112)); /* still running there */
    assert_true(chat_place_has_told(place, 113));
    assert_true(admits(place, 114, 112, 100));
    chat_place_lose(place);
    assert_false(chat_place_has_told(place, 112));
}

static void whoever_lost_access_hears_nothing_more(void **state)
{
    chat_place_t *place = made(state, SNAPSHOT);

    chat_place_note_people(place, 104);
    chat_place_note_people(place, 95);         /* in no order */
    assert_false(admits(place, 110, 99, 104)); /* perhaps it was read before */
    assert_false(admits(place, 110, 99, 100));
    assert_true(admits(place, 110, 99, 105));
}

static void so_many_and_no_more(void **state)
{
    chat_place_t *place = made(state, SNAPSHOT);
    apr_uint64_t i;

    for (i = 0; i < CHAT_PLACE_TOLD_MAX; i++)
        assert_true(admits(place, 110 + i, 99, 100));
    assert_false(admits(place, 110 + i, 99, 100));
    chat_place_move(place, "111:111:");
    assert_true(admits(place, 110 + i, 99, 100));
    assert_false(admits(place, 111 + i, 99, 100));
}

/* Rows know 32 bits of a number that has 64. */
static void numbers_may_come_round(void **state)
{
    const apr_uint64_t round = APR_UINT64_C(0x700000000);
    chat_place_t *place = made(state, "30064771082:30064771084:30064771082"); /* 10 and 12 of it */

    assert_true(admits(place, round + 20, 11, round + 10));
    assert_false(admits(place, round + 21, 10, round + 10));
    assert_false(admits(place, round + 21, 12, round + 10));
    assert_true(admits(place, round + 21, 20, round + 10));
    assert_true(admits(place, round + 22, 0xFFFFFFF0u, round + 10)); /* of the time before */
}

/* As a list of all transactions would have it. */
static void it_agrees_with_a_plain_list(void **state)
{
    enum { XIDS = 200 };
    uint64_t random = unit_random_start();
    int round;

    for (round = 0; round < 200; round++) {
        char text[4096];
        char is_shown[XIDS] = {0};
        int xmin = 10 + (int)unit_random(&random, 50);
        int xmax = xmin + (int)unit_random(&random, 100);
        apr_size_t length = (apr_size_t)snprintf(text, sizeof text, "%d:%d:", xmin, xmax);
        chat_place_t *place;
        int xid;

        memset(is_shown, 1, (size_t)xmin);
        for (xid = xmin; xid < xmax; xid++) {
            is_shown[xid] = xid > xmin && unit_random(&random, 2);
            if (!is_shown[xid])
                length += (apr_size_t)snprintf(text + length, sizeof text - length, "%s%d",
                                               text[length - 1] == ':' ? "" : ",", xid);
        }
        place = made(state, text);
        for (xid = 5; xid < XIDS - 1; xid++) {
            assert_int_equal(admits(place, XIDS, (apr_uint32_t)xid, 1), is_shown[xid]);
            chat_place_lose(place);
            chat_place_move(place, text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(without_a_place_nothing_is_told_ahead),
        UNIT_TEST(what_follows_something_shown_is_told),
        UNIT_TEST(what_follows_something_untold_waits),
        UNIT_TEST(one_may_follow_the_other),
        UNIT_TEST(what_a_look_has_shown_is_not_told_again),
        UNIT_TEST(what_came_behind_the_look_is_remembered),
        UNIT_TEST(whoever_lost_access_hears_nothing_more),
        UNIT_TEST(so_many_and_no_more),
        UNIT_TEST(numbers_may_come_round),
        UNIT_TEST(it_agrees_with_a_plain_list),
    };

    return cmocka_run_group_tests_name("chat_place", tests, NULL, NULL);
}
