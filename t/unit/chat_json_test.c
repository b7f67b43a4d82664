#include "chat_unit.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <apr_strings.h>
#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "core/chat_json.h"
#include "core/chat_text.h"

#define VALUES_MAX 60 /* about so many in one random text */

/* What the writer holds, whose length must be that of the string. */
static const char *written(chat_json_t *json)
{
    apr_size_t length;
    const char *bytes = chat_json_bytes(json, &length);

    assert_int_equal(strlen(bytes), length);
    return bytes;
}

/* json-c's strict reading of all bytes; fails the test when there is none. */
static json_object *parse(const char *bytes, apr_size_t length)
{
    json_tokener *tokener = json_tokener_new_ex(CHAT_JSON_DEPTH_MAX + 2);
    json_object *value;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    value = json_tokener_parse_ex(tokener, bytes, (int)length + 1); /* its NUL ends a number */
    if (json_tokener_get_error(tokener) != json_tokener_success ||
        json_tokener_get_parse_end(tokener) != length)
        fail_msg("%s in %s", json_tokener_error_desc(json_tokener_get_error(tokener)), bytes);
    json_tokener_free(tokener);
    return value;
}

static void values_are_written_with_their_commas(void **state)
{
    chat_json_t *json = chat_json_create(0, *state);

    chat_json_object_begin(json);
    chat_json_key(json, "a");
    chat_json_integer(json, 1);
    chat_json_key(json, "b");
    chat_json_array_begin(json);
    chat_json_boolean(json, 1);
    chat_json_boolean(json, 0);
    chat_json_null(json);
    chat_json_array_begin(json);
    chat_json_array_end(json);
    chat_json_object_begin(json);
    chat_json_object_end(json);
    chat_json_raw(json, "[1, 2]", 6);
    chat_json_array_end(json);
    chat_json_key(json, "c");
    chat_json_object_begin(json);
    chat_json_key(json, "d");
    chat_json_string(json, NULL);
    chat_json_key(json, "e");
    chat_json_string(json, "");
    chat_json_object_end(json);
    chat_json_key(json, "f");
    chat_json_time(json, 0);
    chat_json_key(json, "g");
    chat_json_time(json, APR_INT64_C(1767323045678901));
    chat_json_object_end(json);
    assert_string_equal(
        written(json),
        "{\"a\":1,\"b\":[true,false,null,[],{},[1, 2]],\"c\":{\"d\":null,\"e\":\"\"},"
        "\"f\":null,\"g\":\"2026-01-02T03:04:05.678901Z\"}");
}

static void every_integer_is_written_whole(void **state)
{
    chat_json_t *json = chat_json_create(1, *state);

    chat_json_array_begin(json);
    chat_json_integer(json, 0);
    chat_json_integer(json, -1);
    chat_json_integer(json, APR_INT64_MAX);
    chat_json_integer(json, APR_INT64_MIN);
    chat_json_array_end(json);
    assert_string_equal(written(json), "[0,-1,9223372036854775807,-9223372036854775808]");
}

static void strings_are_escaped(void **state)
{
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"", "\"\""},
        {"plain text, longer than a machine word", "\"plain text, longer than a machine word\""},
        {"\"\\/", "\"\\\"\\\\/\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x0b\x1f\x7f", "\"\\u0001\\u000b\\u001f\x7f\""},
        {"<script>&amp;</script>", "\"\\u003cscript\\u003e\\u0026amp;\\u003c/script\\u003e\""},
        {"\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa",
         "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\xff", "\"\xef\xbf\xbd\""},
        {"a\xe2\x82", "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xc3\"", "\"\xef\xbf\xbd\\\"\""},
    };
    size_t i;

    for (i = 0; i < UNIT_COUNT(cases); i++) {
        chat_json_t *json = chat_json_create(0, *state);

        chat_json_string(json, cases[i].text);
        assert_string_equal(written(json), cases[i].json);
    }
}

static void keys_are_escaped_like_strings(void **state)
{
    chat_json_t *json = chat_json_create(0, *state);

    chat_json_object_begin(json);
    chat_json_key(json, "a\"<\n");
    chat_json_null(json);
    chat_json_object_end(json);
    assert_string_equal(written(json), "{\"a\\\"\\u003c\\n\":null}");
}

static void text_may_hold_a_nul(void **state)
{
    chat_json_t *json = chat_json_create(0, *state);

    chat_json_text(json, "a\0b", 3);
    assert_string_equal(written(json), "\"a\\u0000b\"");
    json = chat_json_create(0, *state);
    chat_json_text(json, NULL, 0);
    assert_string_equal(written(json), "\"\"");
}

static void each_byte_is_escaped_wherever_it_stands(void **state)
{
    /* Every ASCII character at every place in and around two machine words. */
    char text[24];
    json_object *value;
    apr_size_t length;
    const char *bytes;
    int c, at;

    for (c = 0; c < 0x80; c++) {
        for (at = 0; at < (int)sizeof(text); at++) {
            chat_json_t *json = chat_json_create(0, *state);

            memset(text, 'x', sizeof(text));
            text[at] = (char)c;
            chat_json_text(json, text, sizeof(text));
            bytes = chat_json_bytes(json, &length);
            value = parse(bytes, length);
            assert_int_equal(json_object_get_string_len(value), sizeof(text));
            assert_memory_equal(json_object_get_string(value), text, sizeof(text));
            assert_int_equal(length > sizeof(text) + 2, c < 0x20 || strchr("\"\\<>&", c) != NULL);
            json_object_put(value);
        }
    }
}

static void a_taken_buffer_is_the_callers(void **state)
{
    chat_json_t *json = chat_json_create(0, *state);
    apr_size_t length;
    char *first, *second;

    chat_json_array_begin(json);
    chat_json_array_end(json);
    first = chat_json_take(json, &length);
    assert_int_equal(length, 2);
    chat_json_boolean(json, 1);
    second = chat_json_take(json, &length);
    assert_int_equal(length, 4);
    assert_string_equal(first, "[]");
    assert_string_equal(second, "true");
    free(first);
    free(second);
    assert_string_equal(written(json), "");
}

static void objects_and_arrays_nest_to_the_maximum(void **state)
{
    chat_json_t *json = chat_json_create(0, *state);
    const char *bytes;
    apr_size_t length;
    int i;

    for (i = 0; i < CHAT_JSON_DEPTH_MAX / 2; i++) {
        chat_json_array_begin(json);
        chat_json_object_begin(json);
        chat_json_key(json, "k");
    }
    chat_json_null(json);
    for (i = 0; i < CHAT_JSON_DEPTH_MAX / 2; i++) {
        chat_json_object_end(json);
        chat_json_array_end(json);
    }
    bytes = chat_json_bytes(json, &length);
    json_object_put(parse(bytes, length));
}

typedef void misuse_t(chat_json_t *json);

static void misuse_two_values(chat_json_t *json)
{
    chat_json_null(json);
    chat_json_null(json);
}

static void misuse_no_key(chat_json_t *json)
{
    chat_json_object_begin(json);
    chat_json_null(json);
}

static void misuse_key_in_array(chat_json_t *json)
{
    chat_json_array_begin(json);
    chat_json_key(json, "k");
}

static void misuse_no_value(chat_json_t *json)
{
    chat_json_object_begin(json);
    chat_json_key(json, "k");
    chat_json_object_end(json);
}

static void misuse_wrong_end(chat_json_t *json)
{
    chat_json_object_begin(json);
    chat_json_array_end(json);
}

static void misuse_depth(chat_json_t *json)
{
    int i;

    for (i = 0; i <= CHAT_JSON_DEPTH_MAX; i++)
        chat_json_array_begin(json);
}

static void misuse_unfinished(chat_json_t *json)
{
    chat_json_array_begin(json);
    written(json);
}

static void what_would_not_be_json_fails_an_assertion(void **state)
{
    static misuse_t *const misuses[] = {misuse_two_values, misuse_no_key,    misuse_key_in_array,
                                        misuse_no_value,   misuse_wrong_end, misuse_depth,
                                        misuse_unfinished};
    const struct rlimit no_core = {0, 0};
    size_t i;
    int status;
    pid_t child;

    for (i = 0; i < UNIT_COUNT(misuses); i++) {
        child = fork();
        if (child == 0) {
            setrlimit(RLIMIT_CORE, &no_core);
            signal(SIGABRT, SIG_DFL);
            close(STDERR_FILENO);
            misuses[i](chat_json_create(0, *state));
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

/* Random bytes: plain text, characters of all lengths, or anything; at times long. */
static char *random_bytes(uint64_t *random, apr_size_t *plength, apr_pool_t *p)
{
    static const char *const pieces[] = {
        "hello there, ",
        "\"",
        "\\",
        "<",
        ">",
        "&",
        "/",
        "\x01",
        "\x1f",
        "\x7f",
        "\n",
        "\xc2\x80",
        "\xc3\xa9",
        "\xe2\x80\xa7",
        "\xe2\x80\xa8",
        "\xe2\x80\xa9",
        "\xef\xbf\xbd",
        "\xef\xbf\xbf",
        "\xf0\x9f\x98\x80",
        "\xf4\x8f\xbf\xbf",
        "\xf0\x9d\xa0\x80",
        "'",
        "u2028",
    };
    int is_any = unit_random(random, 3) == 0;
    apr_size_t count = unit_random(random, unit_random(random, 20) == 0 ? 2000 : 30), i;
    char *bytes = apr_palloc(p, count * 16 + 1), *at = bytes;

    for (i = 0; i < count; i++) {
        const char *piece = pieces[unit_random(random, UNIT_COUNT(pieces))];

        if (is_any && unit_random(random, 2)) {
            *at++ = (char)unit_random(random, 256);
        } else {
            memcpy(at, piece, strlen(piece));
            at += strlen(piece);
        }
    }
    *plength = (apr_size_t)(at - bytes);
    return bytes;
}

/* What the reader must find: the same bytes, with U+FFFD for each that is not UTF-8. */
static json_object *expected_string(const char *bytes, apr_size_t length, apr_pool_t *p)
{
    char *text = apr_palloc(p, length * 3 + 1), *out = text;
    apr_size_t at = 0, taken;

    if (chat_text_is_utf8(bytes, length))
        return json_object_new_string_len(bytes, (int)length);
    while (at < length) {
        for (taken = 1; taken <= 4 && at + taken <= length; taken++) {
            if (chat_text_is_utf8(bytes + at, taken))
                break;
        }
        if (taken <= 4 && at + taken <= length) {
            memcpy(out, bytes + at, taken);
            out += taken;
            at += taken;
        } else {
            memcpy(out, "\xef\xbf\xbd", 3);
            out += 3;
            at++;
        }
    }
    return json_object_new_string_len(text, (int)(out - text));
}

typedef struct {
    uint64_t random;
    chat_json_t *json;
    int values_left;
    int depth;
    apr_pool_t *pool;
} gardener_t;

static json_object *grow_value(gardener_t *gardener);

static json_object *grow_array(gardener_t *gardener)
{
    json_object *array = json_object_new_array();
    uint64_t count = unit_random(&gardener->random, 6);

    chat_json_array_begin(gardener->json);
    while (count-- > 0)
        json_object_array_add(array, grow_value(gardener));
    chat_json_array_end(gardener->json);
    return array;
}

static json_object *grow_object(gardener_t *gardener)
{
    json_object *object = json_object_new_object();
    uint64_t count = unit_random(&gardener->random, 6);
    apr_size_t length;
    char *name;

    chat_json_object_begin(gardener->json);
    while (count-- > 0) {
        name = random_bytes(&gardener->random, &length, gardener->pool);
        name[length] = '\0'; /* NUL inside: the name ends there, for the writer as for json-c */
        if (!chat_text_is_utf8(name, strlen(name)))
            name = "another";
        name = apr_psprintf(gardener->pool, "%s%d", name, (int)count);
        chat_json_key(gardener->json, name);
        json_object_object_add(object, name, grow_value(gardener));
    }
    chat_json_object_end(gardener->json);
    return object;
}

/* Write a random value, and return what json-c must make of it. */
static json_object *grow_value(gardener_t *gardener)
{
    apr_int64_t number;
    apr_size_t length;
    char *bytes;
    json_object *value;

    gardener->values_left--;
    switch (gardener->values_left > 0 && gardener->depth < CHAT_JSON_DEPTH_MAX
                ? unit_random(&gardener->random, 9)
                : 4 + unit_random(&gardener->random, 5)) {
    case 0:
    case 1:
        gardener->depth++;
        value = grow_array(gardener);
        gardener->depth--;
        return value;
    case 2:
    case 3:
        gardener->depth++;
        value = grow_object(gardener);
        gardener->depth--;
        return value;
    case 4:
        chat_json_null(gardener->json);
        return NULL;
    case 5:
        number = (apr_int64_t)unit_random(&gardener->random, 2);
        chat_json_boolean(gardener->json, (int)number * 7);
        return json_object_new_boolean((int)number);
    case 6:
        number = (apr_int64_t)unit_random(&gardener->random, APR_UINT64_MAX) >>
                 unit_random(&gardener->random, 64);
        chat_json_integer(gardener->json, number);
        return json_object_new_int64(number);
    default:
        bytes = random_bytes(&gardener->random, &length, gardener->pool);
        chat_json_text(gardener->json, bytes, length);
        return expected_string(bytes, length, gardener->pool);
    }
}

static void json_c_reads_back_whatever_was_written(void **state)
{
    uint64_t seed = unit_random_start();
    json_object *expected, *found;
    apr_size_t length;
    const char *bytes;
    int i;

    for (i = 0; i < 5000; i++) {
        gardener_t gardener = {.random = seed + (uint64_t)i, .values_left = VALUES_MAX};

        apr_pool_create(&gardener.pool, *state);
        gardener.json = chat_json_create(unit_random(&gardener.random, 400), gardener.pool);
        expected = grow_value(&gardener);
        bytes = chat_json_bytes(gardener.json, &length);
        found = parse(bytes, length);
        if (!json_object_equal(found, expected))
            fail_msg("CHAT_TEST_SEED=%llu: %s", (unsigned long long)seed + i, bytes);
        assert_true(chat_text_is_utf8(bytes, length));
        assert_int_equal(strcspn(bytes, "<>&\n\r\t\b\f\x01\x1f"), length);
        assert_null(strstr(bytes, "\xe2\x80\xa8"));
        assert_null(strstr(bytes, "\xe2\x80\xa9"));
        json_object_put(found);
        json_object_put(expected);
        apr_pool_destroy(gardener.pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(values_are_written_with_their_commas),
        UNIT_TEST(every_integer_is_written_whole),
        UNIT_TEST(strings_are_escaped),
        UNIT_TEST(keys_are_escaped_like_strings),
        UNIT_TEST(text_may_hold_a_nul),
        UNIT_TEST(each_byte_is_escaped_wherever_it_stands),
        UNIT_TEST(a_taken_buffer_is_the_callers),
        UNIT_TEST(objects_and_arrays_nest_to_the_maximum),
        UNIT_TEST(what_would_not_be_json_fails_an_assertion),
        UNIT_TEST(json_c_reads_back_whatever_was_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
