#include "chat_unit.h"

#include <string.h>

#include "core/chat_metrics.h"
#include "realtime/chat_typing_codec.h"

static void *counters;

static int start(void **state)
{
    static apr_pool_t *pool;

    (void)state;
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS ||
        chat_metrics_create(&counters, 0, pool) != APR_SUCCESS)
        return -1;
    chat_metrics_use(counters);
    return 0;
}

static int dropped(void)
{
    return (int)chat_metrics_read(CHAT_COUNTER_TYPING_DROPPED);
}

static void add(chat_typing_codec_t *marks, apr_int64_t conversation_id, apr_int64_t user_id,
                int is_typing)
{
    chat_typing_codec_write(marks, &(chat_typing_change_t){.conversation_id = conversation_id,
                                                           .user_id = user_id,
                                                           .source = 5,
                                                           .seq = 20,
                                                           .is_typing = is_typing});
}

static void assert_mark(const chat_typing_codec_t *marks, int i, apr_int64_t conversation_id,
                        apr_int64_t user_id, int is_typing)
{
    assert_int_equal(marks->marks[i].conversation_id, conversation_id);
    assert_int_equal(marks->marks[i].user_id, user_id);
    assert_int_equal(marks->marks[i].is_typing, is_typing);
    assert_int_equal(marks->marks[i].source, 5);
    assert_int_equal(marks->marks[i].seq, 20);
}

static void several_go_in_one_payload(void **state)
{
    chat_typing_codec_t marks = {.count = 0};

    add(&marks, 7, 3, 1);
    add(&marks, 8, 4, 0);
    assert_string_equal(chat_typing_codec_take(&marks, *state), "7:3:1:20:5 8:4:0:20:5");
    assert_string_equal(chat_typing_codec_take(&marks, *state), "");
}

static void they_come_out_as_they_went_in(void **state)
{
    chat_typing_codec_t there = {.count = 0};
    chat_typing_codec_t here = {.count = 0};

    add(&here, INT64_MAX, INT64_MAX, 1);
    add(&here, 1, 2, 0);
    chat_typing_codec_read(&there, chat_typing_codec_take(&here, *state), *state);
    assert_int_equal(there.count, 2);
    assert_mark(&there, 0, INT64_MAX, INT64_MAX, 1);
    assert_mark(&there, 1, 1, 2, 0);
}

static void what_is_no_mark_is_passed_over(void **state)
{
    chat_typing_codec_t marks = {.count = 0};

    chat_typing_codec_read(&marks, "", *state);
    chat_typing_codec_read(&marks,
                           "hello @5eed 7 7:3 7:3: x:3:1 7:x:1 :: 9223372036854775808:1:1 7:3:1 "
                           "7:3:1:x 7:3:1:2 7:3:1:2:x "
                           "5:6:1:20:5",
                           *state);
    assert_int_equal(marks.count, 1);
    assert_mark(&marks, 0, 5, 6, 1);
}

static void who_noticed_an_end_is_kept(void **state)
{
    chat_typing_codec_t here = {.count = 0};
    chat_typing_codec_t there = {.count = 0};

    chat_typing_codec_write(
        &here, &(chat_typing_change_t){.conversation_id = 7, .user_id = 3, .is_noticed = 1});
    add(&here, 7, 3, 0);
    chat_typing_codec_read(&there, chat_typing_codec_take(&here, *state), *state);
    assert_true(there.marks[0].is_noticed);
    assert_false(there.marks[1].is_noticed);
    assert_false(there.marks[0].is_typing || there.marks[1].is_typing);
}

static void what_does_not_fit_waits_for_the_next(void **state)
{
    chat_typing_codec_t here = {.count = 0};
    chat_typing_codec_t there = {.count = 0};
    int payloads = 0;
    int i;

    for (i = 0; i < CHAT_TYPING_CODEC_MAX; i++)
        add(&here, INT64_MAX - i, INT64_MAX, 1);
    while (here.count > 0) {
        const char *payload = chat_typing_codec_take(&here, *state);

        assert_in_range(strlen(payload), 1, CHAT_TYPING_CODEC_PAYLOAD_BYTES_MAX);
        chat_typing_codec_read(&there, payload, *state);
        payloads++;
    }
    assert_true(payloads > 1);
    assert_int_equal(there.count, CHAT_TYPING_CODEC_MAX);
    for (i = 0; i < CHAT_TYPING_CODEC_MAX; i++)
        assert_mark(&there, i, INT64_MAX - i, INT64_MAX, 1);
}

static void what_finds_no_room_is_dropped_and_counted(void **state)
{
    chat_typing_codec_t marks = {.count = CHAT_TYPING_CODEC_MAX - 1};
    int before = dropped();

    chat_typing_codec_read(&marks, "1:1:1:0:0 2:2:1:0:0 3:3:1:0:0", *state);
    assert_int_equal(marks.count, CHAT_TYPING_CODEC_MAX);
    assert_int_equal(marks.marks[CHAT_TYPING_CODEC_MAX - 1].conversation_id, 1);
    assert_int_equal(dropped(), before + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(several_go_in_one_payload),
        UNIT_TEST(they_come_out_as_they_went_in),
        UNIT_TEST(what_is_no_mark_is_passed_over),
        UNIT_TEST(who_noticed_an_end_is_kept),
        UNIT_TEST(what_does_not_fit_waits_for_the_next),
        UNIT_TEST(what_finds_no_room_is_dropped_and_counted),
    };

    return cmocka_run_group_tests_name("chat_typing_codec", tests, start, NULL);
}
