#include "chat_unit.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_time.h"

static const char *format(apr_time_t time, apr_pool_t *p)
{
    char *out = apr_palloc(p, CHAT_TIME_BYTES_MAX);
    apr_size_t length = chat_time_format(out, time);

    assert_int_equal(length, strlen(out));
    return out;
}

static void a_time_is_written_in_utc_with_microseconds(void **state)
{
    static const struct {
        apr_time_t time;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {1, "1970-01-01T00:00:00.000001Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {APR_INT64_C(1767323045678901), "2026-01-02T03:04:05.678901Z"},
        {APR_INT64_C(951782400000000), "2000-02-29T00:00:00.000000Z"},
        {APR_INT64_C(4107542399999999), "2100-02-28T23:59:59.999999Z"},
        {APR_INT64_C(4107542400000000), "2100-03-01T00:00:00.000000Z"},
        {CHAT_TIME_MIN, "0001-01-01T00:00:00.000000Z"},
        {CHAT_TIME_MAX, "9999-12-31T23:59:59.999999Z"},
    };
    apr_time_t time;
    size_t i;

    for (i = 0; i < UNIT_COUNT(cases); i++) {
        assert_string_equal(format(cases[i].time, *state), cases[i].text);
        assert_int_equal(chat_time_parse(&time, cases[i].text), APR_SUCCESS);
        assert_int_equal(time, cases[i].time);
    }
}

static void a_time_out_of_range_is_clamped(void **state)
{
    assert_string_equal(format(APR_INT64_MAX, *state), "9999-12-31T23:59:59.999999Z");
    assert_string_equal(format(CHAT_TIME_MAX + 1, *state), "9999-12-31T23:59:59.999999Z");
    assert_string_equal(format(APR_INT64_MIN, *state), "0001-01-01T00:00:00.000000Z");
    assert_string_equal(format(CHAT_TIME_MIN - 1, *state), "0001-01-01T00:00:00.000000Z");
}

static void every_day_is_written_as_the_c_library_has_it(void **state)
{
    apr_time_t second = CHAT_TIME_MIN / APR_USEC_PER_SEC + 45296, last = CHAT_TIME_MAX / 1000000;
    char expected[CHAT_TIME_BYTES_MAX + 8], text[CHAT_TIME_BYTES_MAX];
    apr_time_t parsed;
    struct tm tm;
    time_t time;

    (void)state;
    for (; second <= last; second += 86400) {
        time = (time_t)second;
        gmtime_r(&time, &tm);
        apr_snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.000000Z",
                     tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                     tm.tm_sec);
        chat_time_format(text, apr_time_from_sec(second));
        if (strcmp(text, expected) != 0)
            fail_msg("%s is not %s", text, expected);
        if (chat_time_parse(&parsed, text) != APR_SUCCESS || parsed != apr_time_from_sec(second))
            fail_msg("%s is not read back", text);
    }
}

static void any_time_is_read_back_to_the_microsecond(void **state)
{
    uint64_t random = unit_random_start();
    char text[CHAT_TIME_BYTES_MAX];
    apr_time_t time, parsed;
    int i;

    (void)state;
    for (i = 0; i < 200000; i++) {
        time = CHAT_TIME_MIN +
               (apr_time_t)unit_random(&random, (uint64_t)CHAT_TIME_MAX - CHAT_TIME_MIN + 1);
        chat_time_format(text, time);
        assert_int_equal(chat_time_parse(&parsed, text), APR_SUCCESS);
        assert_int_equal(parsed, time);
    }
}

static void what_rfc_3339_allows_is_read(void **state)
{
    static const struct {
        const char *text, *utc;
    } cases[] = {
        {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"},
        {"2026-01-02t03:04:05z", "2026-01-02T03:04:05.000000Z"},
        {"2026-01-02 03:04:05Z", "2026-01-02T03:04:05.000000Z"},
        {"2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05.000000Z"},
        {"2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05.000000Z"},
        {"2026-01-02T03:04:05+05:30", "2026-01-01T21:34:05.000000Z"},
        {"2026-01-02T03:04:05 05:30", "2026-01-01T21:34:05.000000Z"},
        {"2026-01-02 03:04:05 05:30", "2026-01-01T21:34:05.000000Z"},
        {"2026-12-31T20:00:00.5-08:00", "2027-01-01T04:00:00.500000Z"},
        {"2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.100000Z"},
        {"2026-01-02T03:04:05.000001Z", "2026-01-02T03:04:05.000001Z"},
        {"2026-01-02T03:04:05.999999999Z", "2026-01-02T03:04:05.999999Z"},
        {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"},
        {"1990-12-31T23:59:60Z", "1990-12-31T23:59:59.999999Z"},
        {"1990-12-31T23:59:60.25Z", "1990-12-31T23:59:59.999999Z"},
        {"1990-12-31T15:59:60-08:00", "1990-12-31T23:59:59.999999Z"},
        {"1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870000Z"},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"},
        {"2026-01-02T03:04:05+23:59", "2026-01-01T03:05:05.000000Z"},
    };
    apr_time_t time;
    size_t i;

    for (i = 0; i < UNIT_COUNT(cases); i++) {
        if (chat_time_parse(&time, cases[i].text) != APR_SUCCESS)
            fail_msg("%s is refused", cases[i].text);
        assert_string_equal(format(time, *state), cases[i].utc);
    }
}

static void what_is_no_timestamp_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        " ",
        "2026",
        "2026-01-02",
        "2026-01-02T",
        "2026-01-02T03:04",
        "2026-01-02T03:04Z",
        "2026-01-02T03:04:05",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05.1234567890Z",
        "2026-01-02T03:04:05,5Z",
        "2026-01-02T03:04:05ZZ",
        "2026-01-02T03:04:05Z ",
        " 2026-01-02T03:04:05Z",
        "2026-01-02  03:04:05Z",
        "2026-01-02_03:04:05Z",
        "2026-00-02T03:04:05Z",
        "2026-13-02T03:04:05Z",
        "2026-01-00T03:04:05Z",
        "2026-01-32T03:04:05Z",
        "2026-02-29T03:04:05Z",
        "2100-02-29T03:04:05Z",
        "2026-04-31T03:04:05Z",
        "2026-01-02T24:00:00Z",
        "2026-01-02T03:60:05Z",
        "2026-01-02T03:04:61Z",
        "2026-01-02T03:04:60Z",
        "1990-12-31T23:59:60-08:00",
        "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05+01:60",
        "2026-01-02T03:04:05+01",
        "2026-01-02T03:04:05+0100",
        "2026-01-02T03:04:05+1:00",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "-2026-01-02T03:04:05Z",
        "+2026-01-02T03:04:05Z",
        "12026-01-02T03:04:05Z",
        "226-01-02T03:04:05Z",
        "2026-1-2T03:04:05Z",
        "20260102T030405Z",
        "2026-W01-5T03:04:05Z",
        "2026-01-02T03:04:05\xd9\xa3Z",
        "2026-01-02T-3:04:05Z",
        "2026-01-02T03:04: 5Z",
        "now",
        "1767323045",
        "null",
        "2026-01-02T03:04:05.-1Z",
        "2026-01-02T03:04:05UTC",
    };
    apr_time_t time;
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(cases); i++) {
        time = 1;
        if (chat_time_parse(&time, cases[i]) != APR_EINVAL)
            fail_msg("%s is taken", cases[i]);
        assert_int_equal(time, 0);
    }
}

static void a_text_cut_off_anywhere_is_refused(void **state)
{
    const char *whole = "2026-01-02T03:04:05.678901+05:30";
    apr_time_t time;
    size_t length;

    for (length = 0; length < strlen(whole); length++)
        assert_int_equal(chat_time_parse(&time, apr_pstrndup(*state, whole, length)), APR_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_time_is_written_in_utc_with_microseconds),
        UNIT_TEST(a_time_out_of_range_is_clamped),
        UNIT_TEST(every_day_is_written_as_the_c_library_has_it),
        UNIT_TEST(any_time_is_read_back_to_the_microsecond),
        UNIT_TEST(what_rfc_3339_allows_is_read),
        UNIT_TEST(what_is_no_timestamp_is_refused),
        UNIT_TEST(a_text_cut_off_anywhere_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
