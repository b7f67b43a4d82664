#include "core/chat_time.h"

#include <string.h>
#include <time.h>

#include <apr_errno.h>
#include <apr_lib.h>

#define DAY_S APR_INT64_C(86400)
#define ERA_DAYS 146097  /* the calendar repeats after 400 years */
#define EPOCH_DAY 719468 /* 1970-01-01, counted from 0000-03-01 */

typedef struct {
    int year, month, day; /* from 1 */
} date_t;

/* Years are taken to begin in March, so that the leap day is their last and the lengths of the
 * months before it follow one formula. Only for years 0001 to 9999: nothing is negative.
 * gmtime_r() does the same, but under a lock of the time zone. */
static date_t date_of_day(apr_int64_t day)
{
    int days = (int)(day + EPOCH_DAY);
    int era = days / ERA_DAYS, in_era = days % ERA_DAYS;
    int year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int in_year = in_era - (365 * year + year / 4 - year / 100);
    int month = (5 * in_year + 2) / 153; /* 0 is March */
    date_t date;

    date.day = in_year - (153 * month + 2) / 5 + 1;
    date.month = month < 10 ? month + 3 : month - 9;
    date.year = 400 * era + year + (date.month <= 2);
    return date;
}

/* Write a number below 100 as two digits. Returns the position after them. */
static char *put_two(char *out, int number)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";

    memcpy(out, pairs + 2 * number, 2);
    return out + 2;
}

/* The same, with a character after them. */
static char *put_part(char *out, int number, char after)
{
    out = put_two(out, number);
    *out = after;
    return out + 1;
}

apr_size_t chat_time_format(char *out, apr_time_t time)
{
    apr_int64_t since; /* microseconds since year 1: nothing below is negative */
    apr_int64_t seconds;
    int second; /* of the day */
    int us;     /* of the second */
    date_t date;
    char *at = out;

    if (time < CHAT_TIME_MIN)
        time = CHAT_TIME_MIN;
    if (time > CHAT_TIME_MAX)
        time = CHAT_TIME_MAX;
    since = time - CHAT_TIME_MIN;
    seconds = since / APR_USEC_PER_SEC;
    date = date_of_day(seconds / DAY_S + CHAT_TIME_MIN / APR_USEC_PER_SEC / DAY_S);

    second = (int)(seconds % DAY_S);
    us = (int)(since % APR_USEC_PER_SEC);

    at = put_two(at, date.year / 100);
    at = put_part(at, date.year % 100, '-');
    at = put_part(at, date.month, '-');
    at = put_part(at, date.day, 'T');
    at = put_part(at, second / 3600, ':');
    at = put_part(at, second % 3600 / 60, ':');
    at = put_part(at, second % 60, '.');
    at = put_two(at, us / 10000);
    at = put_two(at, us / 100 % 100);
    at = put_part(at, us % 100, 'Z');
    *at = '\0';
    return (apr_size_t)(at - out);
}

/* Read `count` digits and move on; -1: there are fewer. Stops at the NUL. */
static int read_digits(const char **pat, int count)
{
    int number = 0;

    for (; count > 0; count--, (*pat)++) {
        if (!apr_isdigit(**pat))
            return -1;
        number = number * 10 + (**pat - '0');
    }
    return number;
}

/* Skip one character if it is one of `these`. */
static int skip_one_of(const char **pat, const char *these)
{
    if (**pat == '\0' || !strchr(these, **pat))
        return 0;
    (*pat)++;
    return 1;
}

/* A date, as its first second. */
static int read_date(apr_int64_t *pseconds, const char **pat)
{
    struct tm date = {0};
    int year, month, day;

    year = read_digits(pat, 4);
    if (year < 1 || !skip_one_of(pat, "-"))
        return 0;
    month = read_digits(pat, 2);
    if (month < 1 || month > 12 || !skip_one_of(pat, "-"))
        return 0;
    day = read_digits(pat, 2);
    date.tm_year = year - 1900;
    date.tm_mon = month - 1;
    date.tm_mday = day;
    *pseconds = timegm(&date);
    return day >= 1 && date.tm_mday == day; /* otherwise it is a day of another month now */
}

/* Hours and minutes, of a clock or an offset, in seconds; -1: they are invalid. */
static int read_minutes(const char **pat)
{
    int hours = read_digits(pat, 2), minutes;

    if (hours < 0 || hours > 23 || !skip_one_of(pat, ":"))
        return -1;
    minutes = read_digits(pat, 2);
    if (minutes < 0 || minutes > 59)
        return -1;
    return (hours * 60 + minutes) * 60;
}

/* A point and one to nine digits, or nothing, in microseconds; -1: it is invalid. */
static int read_fraction(const char **pat)
{
    int us = 0, count;

    if (!skip_one_of(pat, "."))
        return 0;
    for (count = 0; apr_isdigit(**pat); count++, (*pat)++) {
        if (count < 6)
            us = us * 10 + (**pat - '0');
    }
    if (count < 1 || count > 9)
        return -1;
    for (; count < 6; count++)
        us *= 10;
    return us;
}

/* `Z`, or the offset of a local time from UTC. */
static int read_offset(int *pseconds, const char **pat)
{
    int sign = **pat == '-' ? -1 : 1;

    *pseconds = 0;
    if (skip_one_of(pat, "Zz"))
        return 1;
    if (!skip_one_of(pat, "+- "))
        return 0;
    *pseconds = read_minutes(pat);
    if (*pseconds < 0)
        return 0;
    *pseconds *= sign;
    return 1;
}

apr_status_t chat_time_parse(apr_time_t *ptime, const char *text)
{
    int minutes_s, second, us, offset_s;
    apr_int64_t seconds;
    apr_time_t time;

    *ptime = 0;
    if (!read_date(&seconds, &text) || !skip_one_of(&text, "Tt "))
        return APR_EINVAL;
    minutes_s = read_minutes(&text);
    if (minutes_s < 0 || !skip_one_of(&text, ":"))
        return APR_EINVAL;
    second = read_digits(&text, 2);
    us = read_fraction(&text);
    if (second < 0 || second > 60 || us < 0 || !read_offset(&offset_s, &text) || *text != '\0')
        return APR_EINVAL;

    seconds += minutes_s - offset_s;
    if (second == 60) { /* RFC 3339 section 5.7: only as the last second of a UTC day */
        if ((seconds + 60) % DAY_S != 0)
            return APR_EINVAL;
        second = 59;
        us = APR_USEC_PER_SEC - 1;
    }
    time = (seconds + second) * APR_USEC_PER_SEC + us;
    if (time < CHAT_TIME_MIN || time > CHAT_TIME_MAX) /* moved there by its offset */
        return APR_EINVAL;
    *ptime = time;
    return APR_SUCCESS;
}
