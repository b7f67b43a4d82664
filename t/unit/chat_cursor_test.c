#include "chat_unit.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_cursor.h"
#include "core/chat_number.h"
#include "core/chat_time.h"

#define MOMENT APR_INT64_C(1767323045678901)
#define EPOCH APR_UINT64_C(0xfedcba9876543210)

static const chat_cursor_t usual = {.updated_at = MOMENT, .id = 4711, .epoch = EPOCH};

static int is_same(const chat_cursor_t *a, const chat_cursor_t *b)
{
    return a->updated_at == b->updated_at && a->id == b->id && a->epoch == b->epoch;
}

static int is_refused(const char *text)
{
    static const chat_cursor_t none;
    chat_cursor_t cursor = usual;
    int is_refused = chat_cursor_read(&cursor, text) == APR_EINVAL;

    return is_refused && is_same(&cursor, &none);
}

static void a_cursor_is_read_back(void **state)
{
    static const apr_int64_t ids[] = {
        1, 2, 255, 256, APR_INT64_C(0x0102030405060708), APR_INT64_MAX};
    static const apr_time_t times[] = {0, 1, -1, MOMENT, CHAT_TIME_MIN, CHAT_TIME_MAX};
    static const apr_uint64_t epochs[] = {0, 1, EPOCH, APR_UINT64_MAX};
    chat_cursor_t cursor;
    size_t i, j, k;

    for (i = 0; i < UNIT_COUNT(ids); i++) {
        for (j = 0; j < UNIT_COUNT(times); j++) {
            for (k = 0; k < UNIT_COUNT(epochs); k++) {
                chat_cursor_t written = {times[j], ids[i], epochs[k]};
                const char *text = chat_cursor_write(&written, *state);

                assert_int_equal(strlen(text), CHAT_CURSOR_CHARS);
                assert_int_equal(chat_cursor_read(&cursor, text), APR_SUCCESS);
                assert_true(is_same(&cursor, &written));
            }
        }
    }
}

static void a_cursor_needs_no_escape_in_urls(void **state)
{
    uint64_t random = unit_random_start();
    int i;

    for (i = 0; i < 1000; i++) {
        chat_cursor_t cursor = {(apr_time_t)unit_random(&random, CHAT_TIME_MAX),
                                1 + (apr_int64_t)unit_random(&random, APR_INT64_MAX),
                                unit_random(&random, APR_UINT64_MAX)};
        const char *text = chat_cursor_write(&cursor, *state);

        assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_"),
                         strlen(text));
    }
}

static void each_position_has_one_cursor(void **state)
{
    /* Any character changed for any other: either another position, or refused. */
    const char *text = chat_cursor_write(&usual, *state);
    char *changed = apr_pstrdup(*state, text);
    chat_cursor_t cursor;
    int i, c;

    for (i = 0; i < CHAT_CURSOR_CHARS; i++) {
        for (c = 1; c < 256; c++) {
            changed[i] = (char)c;
            if (changed[i] == text[i])
                continue;
            if (chat_cursor_read(&cursor, changed) == APR_SUCCESS) {
                assert_false(is_same(&cursor, &usual));
                assert_string_equal(chat_cursor_write(&cursor, *state), changed);
            }
        }
        changed[i] = text[i];
    }
}

static void what_is_no_cursor_is_refused(void **state)
{
    const char *text = chat_cursor_write(&usual, *state);

    assert_true(is_refused(""));
    assert_true(is_refused("x"));
    assert_true(is_refused("null"));
    assert_true(is_refused("=================================="));
    assert_true(is_refused("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")); /* version 0 */
    assert_true(is_refused("AQAAAAAAAAAAAAAAAAAAAAE"));            /* version 1, without an epoch */
    assert_true(is_refused("AQAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAA"));
    assert_true(is_refused("__________________________________"));
    assert_true(is_refused("AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));  /* id 0 */
    assert_true(is_refused("AgAAAAAAAAAA__________8AAAAAAAAAAA"));  /* id -1 */
    assert_true(is_refused("An__________AAAAAAAAAAEAAAAAAAAAAA"));  /* a time after the year 9999 */
    assert_false(is_refused("AgAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAA")); /* id 1 */
    assert_true(is_refused("AgAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAB"));  /* its spare bits are set */
    assert_true(is_refused("AgAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAA=="));
    assert_true(is_refused(apr_pstrcat(*state, text, "A", NULL)));
    assert_true(is_refused(apr_pstrcat(*state, " ", text, NULL)));
    assert_true(is_refused(apr_pstrcat(*state, text, text, NULL)));
    assert_true(is_refused(apr_pstrndup(*state, text, CHAT_CURSOR_CHARS - 1)));
}

static void an_epoch_is_a_number_in_a_cursor(void **state)
{
    (void)state;
    assert_true(chat_cursor_epoch("fedcba9876543210") == EPOCH);
    assert_true(chat_cursor_epoch("") == 0);
    assert_true(chat_cursor_epoch(NULL) == 0);
}

static void a_number_is_decimal_digits_and_no_more(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "-1",
        "+1",
        "1 ",
        " 1",
        "0x1",
        "1.0",
        "1e3",
        "null",
        "undefined",
        "NaN",
        "9223372036854775808",
        "9999999999999999999",
        "10000000000000000000",
        "00000000000000000001",
        "18446744073709551616",
        "1a",
        "\xd9\xa3",
        "1/",
    };
    static const struct {
        const char *text;
        apr_int64_t number;
    } good[] = {
        {"0", 0},
        {"1", 1},
        {"007", 7},
        {"0000000000000000001", 1},
        {"9223372036854775807", APR_INT64_MAX},
        {"999999999999999999", 999999999999999999},
    };
    apr_int64_t number;
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(bad); i++) {
        number = 1;
        if (chat_number_read(&number, bad[i]) != APR_EINVAL || number != 0)
            fail_msg("'%s' is taken", bad[i]);
    }
    for (i = 0; i < UNIT_COUNT(good); i++) {
        if (chat_number_read(&number, good[i].text) != APR_SUCCESS || number != good[i].number)
            fail_msg("'%s' is refused", good[i].text);
    }
}

static void a_number_is_written_as_printf_would(void **state)
{
    static const apr_int64_t edges[] = {0, 1, -1, 9, 10, 99, 100, APR_INT64_MAX, APR_INT64_MIN};
    uint64_t random = unit_random_start();
    char text[CHAT_NUMBER_BYTES_MAX], expected[32];
    apr_int64_t number;
    apr_size_t length;
    size_t i;

    (void)state;
    for (i = 0; i < 10000; i++) {
        number = i < UNIT_COUNT(edges) ? edges[i]
                                       : (apr_int64_t)unit_random(&random, APR_UINT64_MAX) >>
                                             unit_random(&random, 64);
        apr_snprintf(expected, sizeof(expected), "%" APR_INT64_T_FMT, number);
        length = chat_number_format(text, number);
        assert_string_equal(text, expected);
        assert_int_equal(length, strlen(expected));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_cursor_is_read_back),
        UNIT_TEST(a_cursor_needs_no_escape_in_urls),
        UNIT_TEST(each_position_has_one_cursor),
        UNIT_TEST(what_is_no_cursor_is_refused),
        UNIT_TEST(an_epoch_is_a_number_in_a_cursor),
        UNIT_TEST(a_number_is_decimal_digits_and_no_more),
        UNIT_TEST(a_number_is_written_as_printf_would),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
