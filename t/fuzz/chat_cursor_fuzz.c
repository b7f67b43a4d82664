/*
 * Words of a URL that stand for numbers, times and places in a list. What is taken means what
 * another reader makes of it, or is written back as the same; and every cursor and time that could
 * have been written is read. Input: the word; its first 16 bytes are a time and an id as well.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_general.h>
#include <apr_pools.h>

#include "core/chat_cursor.h"
#include "core/chat_sync.h"
#include "core/chat_number.h"
#include "core/chat_time.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

static void check_number(const char *text)
{
    int is_number = *text && strlen(text) <= 19 && strspn(text, "0123456789") == strlen(text) &&
                    strtoull(text, NULL, 10) <= INT64_MAX;
    apr_int64_t number;

    REQUIRE((chat_number_read(&number, text) == APR_SUCCESS) == is_number);
    REQUIRE(number == (is_number ? (apr_int64_t)strtoull(text, NULL, 10) : 0));
}

static void check_format(apr_int64_t number)
{
    char ours[CHAT_NUMBER_BYTES_MAX], theirs[CHAT_NUMBER_BYTES_MAX];
    int length = snprintf(theirs, sizeof(theirs), "%lld", (long long)number);

    REQUIRE(chat_number_format(ours, number) == (apr_size_t)length);
    REQUIRE(strcmp(ours, theirs) == 0);
}

/* Whether `text` reads as `when` for the C library; offsets are applied by hand. */
static int says(const char *text, apr_time_t when)
{
    int year, month, day, hour, minute, second, hours, minutes, taken = 0;
    long long micros = 0, scale = 100000;
    struct tm tm;

    if (sscanf(text, "%4d-%2d-%2d%*c%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second,
               &taken) != 6 ||
        !taken)
        return 0;
    text += taken;
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++, scale /= 10)
            micros += (*text - '0') * scale;
    if (second == 60) /* the last microsecond before it */
        second = 59, micros = 999999;
    tm = (struct tm){.tm_year = year - 1900,
                     .tm_mon = month - 1,
                     .tm_mday = day,
                     .tm_hour = hour,
                     .tm_min = minute,
                     .tm_sec = second};
    micros += (long long)timegm(&tm) * 1000000;
    if (*text != 'Z' && *text != 'z') {
        if (sscanf(text + 1, "%2d:%2d", &hours, &minutes) != 2)
            return 0;
        micros -= (*text == '-' ? -1 : 1) * (hours * 60 + minutes) * 60000000LL;
    }
    return micros == when;
}

static void check_time(const char *text)
{
    char written[CHAT_TIME_BYTES_MAX];
    apr_time_t when, again;

    if (chat_time_parse(&when, text) != APR_SUCCESS)
        return;
    REQUIRE(when >= CHAT_TIME_MIN && when <= CHAT_TIME_MAX);
    REQUIRE(says(text, when));
    REQUIRE(chat_time_format(written, when) == CHAT_TIME_BYTES_MAX - 1);
    REQUIRE(chat_time_parse(&again, written) == APR_SUCCESS && again == when);
}

static void check_cursor(const char *text, apr_pool_t *p)
{
    chat_cursor_t cursor;
    chat_sync_t sync;

    if (chat_sync_read(&sync, text, p) == APR_SUCCESS)
        REQUIRE(sync.xmax > 0);
    if (chat_cursor_read(&cursor, text) != APR_SUCCESS)
        return;
    REQUIRE(cursor.id > 0 && cursor.updated_at >= CHAT_TIME_MIN &&
            cursor.updated_at <= CHAT_TIME_MAX);
    REQUIRE(strcmp(chat_cursor_write(&cursor, p), text) == 0);
}

/* Numbers of the input, so that all that may be written is. */
static void check_values(const uint8_t *data, apr_pool_t *p)
{
    char written[CHAT_TIME_BYTES_MAX];
    apr_time_t when, again, clamped;
    apr_int64_t id;
    chat_cursor_t position, read;
    const char *cursor;
    int is_fine;

    memcpy(&when, data, sizeof(when));
    memcpy(&id, data + sizeof(when), sizeof(id));
    check_format(when);
    check_format(id);
    clamped = when < CHAT_TIME_MIN ? CHAT_TIME_MIN : when > CHAT_TIME_MAX ? CHAT_TIME_MAX : when;
    REQUIRE(chat_time_format(written, when) == CHAT_TIME_BYTES_MAX - 1);
    REQUIRE(chat_time_parse(&again, written) == APR_SUCCESS && again == clamped);

    position = (chat_cursor_t){when, id, (apr_uint64_t)when};
    cursor = chat_cursor_write(&position, p);
    REQUIRE(strlen(cursor) == CHAT_CURSOR_CHARS);
    REQUIRE(strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
            CHAT_CURSOR_CHARS);
    is_fine = clamped == when && id > 0;
    REQUIRE((chat_cursor_read(&read, cursor) == APR_SUCCESS) == is_fine);
    REQUIRE(!is_fine || (read.updated_at == when && read.id == id && read.epoch == position.epoch));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int is_prepared;
    apr_pool_t *p;
    char *text;

    if (!is_prepared) {
        is_prepared = 1;
        apr_initialize();
        atexit(apr_terminate); /* frees what only APR's pools know, which is no leak */
    }
    apr_pool_create(&p, NULL);
    text = malloc(size + 1); /* ends where its bytes do, unlike those of a pool */
    memcpy(text, data, size);
    text[size] = '\0';
    check_number(text);
    check_time(text);
    check_cursor(text, p);
    if (size >= 16)
        check_values(data, p);
    free(text);
    apr_pool_destroy(p);
    return 0;
}
