/*
 * The writer, driven by the input: whatever it is given, json-c's strict parser must read the
 * output and find the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "core/chat_json.h"
#include "core/chat_json_member.h"
#include "core/chat_text.h"
#include "core/chat_time.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

typedef struct {
    const uint8_t *at, *end;
    chat_json_t *json;
    apr_pool_t *pool;
} input_t;

static unsigned next(input_t *input)
{
    return input->at < input->end ? *input->at++ : 0;
}

/* The next bytes of the input, the first of which says how many; in memory that ends with them. */
static uint8_t *next_bytes(input_t *input, apr_size_t *plength)
{
    apr_size_t length = next(input), left = (apr_size_t)(input->end - input->at);
    uint8_t *bytes;

    *plength = length < left ? length : left;
    bytes = malloc(*plength + 1);
    memcpy(bytes, input->at, *plength);
    bytes[*plength] = '\0';
    input->at += *plength;
    return bytes;
}

/* The bytes with U+FFFD for each that is not UTF-8, as the writer promises. */
static json_object *expect(const uint8_t *bytes, apr_size_t length)
{
    char *text = malloc(3 * length + 1);
    json_object *value;
    apr_size_t at = 0, count = 0, taken;

    while (at < length) {
        for (taken = 1; taken <= 4 && at + taken <= length; taken++) {
            if (chat_text_is_utf8((const char *)bytes + at, taken))
                break;
        }
        if (taken > 4 || at + taken > length) {
            memcpy(text + count, "\xef\xbf\xbd", 3);
            count += 3;
            at++;
        } else {
            memcpy(text + count, bytes + at, taken);
            count += taken;
            at += taken;
        }
    }
    value = json_object_new_string_len(text, (int)count);
    free(text);
    return value;
}

static apr_int64_t next_integer(input_t *input)
{
    apr_uint64_t number = 0;
    int i;

    for (i = 0; i < 8; i++)
        number = number << 8 | next(input);
    return (apr_int64_t)number;
}

static json_object *expect_time(apr_time_t time)
{
    char text[CHAT_TIME_BYTES_MAX];

    return time ? json_object_new_string_len(text, (int)chat_time_format(text, time)) : NULL;
}

static json_object *write_value(input_t *input, int depth);

/* A name as the program has them, which nobody else can choose; to be freed. */
static uint8_t *own_name(input_t *input)
{
    static const char *const names[] = {"id", "seq", "content", "is_sent_by_user", "x"};

    return (uint8_t *)strdup(names[next(input) % (sizeof names / sizeof names[0])]);
}

/* A member in one call, or its name and then any value. */
static json_object *write_member(input_t *input, const char *name, int depth)
{
    json_object *value = NULL;
    apr_int64_t number;
    apr_size_t length;
    uint8_t *bytes;

    switch (next(input) % 8) {
    case 1:
        bytes = next_bytes(input, &length);
        chat_json_member_string(input->json, name, (const char *)bytes);
        value = expect(bytes, strlen((const char *)bytes));
        free(bytes);
        return value;
    case 2:
        number = next_integer(input);
        chat_json_member_integer(input->json, name, number);
        return json_object_new_int64(number);
    case 3:
        number = next(input) & 1;
        chat_json_member_id(input->json, name, number);
        return number ? json_object_new_int64(number) : NULL;
    case 4:
        number = next(input) & 1;
        chat_json_member_boolean(input->json, name, (int)number);
        return json_object_new_boolean((json_bool)number);
    case 5:
        number = next(input) & 1 ? next_integer(input) : 0;
        chat_json_member_time(input->json, name, number);
        return expect_time(number);
    case 6:
        chat_json_member_string(input->json, name, NULL);
        return NULL;
    default:
        chat_json_name(input->json, name, strlen(name));
        return write_value(input, depth);
    }
}

/* Any name. */
static json_object *write_keyed(input_t *input, const char *name, int depth)
{
    chat_json_key(input->json, name);
    return write_value(input, depth);
}

static json_object *write_object(input_t *input, int depth)
{
    json_object *object = json_object_new_object(), *name;
    apr_size_t length;
    uint8_t *bytes;
    int is_own;

    chat_json_object_begin(input->json);
    while (next(input) & 1) {
        is_own = next(input) & 1;
        bytes = is_own ? own_name(input) : next_bytes(input, &length);
        name = expect(bytes, strlen((const char *)bytes));
        if (!json_object_object_get_ex(object, json_object_get_string(name), NULL)) {
            json_object_object_add(object, json_object_get_string(name),
                                   is_own ? write_member(input, (const char *)bytes, depth + 1)
                                          : write_keyed(input, (const char *)bytes, depth + 1));
        }
        json_object_put(name);
        free(bytes);
    }
    chat_json_object_end(input->json);
    return object;
}

static json_object *write_array(input_t *input, int depth)
{
    json_object *array = json_object_new_array();

    chat_json_array_begin(input->json);
    while (next(input) & 1)
        json_object_array_add(array, write_value(input, depth + 1));
    chat_json_array_end(input->json);
    return array;
}

static json_object *write_text(input_t *input)
{
    json_object *value;
    apr_size_t length;
    uint8_t *bytes = next_bytes(input, &length);

    chat_json_text(input->json, (const char *)bytes, length);
    value = expect(bytes, length);
    free(bytes);
    return value;
}

static json_object *write_integer(input_t *input)
{
    apr_int64_t number = next_integer(input);

    chat_json_integer(input->json, number);
    return json_object_new_int64(number);
}

/* What is JSON already: here an array of one number. */
static json_object *write_raw(input_t *input)
{
    unsigned number = next(input);
    json_object *array = json_object_new_array();
    char text[16];

    chat_json_raw(input->json, text, (apr_size_t)snprintf(text, sizeof(text), "[%u]", number));
    json_object_array_add(array, json_object_new_int64(number));
    return array;
}

static json_object *write_value(input_t *input, int depth)
{
    unsigned kind = next(input) % 8;

    if (kind < 2 && depth < CHAT_JSON_DEPTH_MAX)
        return kind ? write_object(input, depth) : write_array(input, depth);
    if (kind == 2)
        return write_integer(input);
    if (kind == 3) {
        kind = next(input) & 1;
        chat_json_boolean(input->json, (int)kind);
        return json_object_new_boolean((json_bool)kind);
    }
    if (kind == 4) {
        chat_json_null(input->json);
        return NULL;
    }
    if (kind == 5)
        return write_raw(input);
    return write_text(input);
}

static void check(const char *bytes, apr_size_t length, json_object *expected)
{
    json_tokener *tokener = json_tokener_new_ex(CHAT_JSON_DEPTH_MAX + 2);
    json_object *found;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    found = json_tokener_parse_ex(tokener, bytes, (int)length + 1); /* its NUL ends a number */
    REQUIRE(json_tokener_get_error(tokener) == json_tokener_success);
    REQUIRE(json_tokener_get_parse_end(tokener) == length);
    REQUIRE(json_object_equal(found, expected));
    REQUIRE(chat_text_is_utf8(bytes, length));
    REQUIRE(strcspn(bytes, "<>&") == length);
    REQUIRE(!strstr(bytes, "\xe2\x80\xa8") && !strstr(bytes, "\xe2\x80\xa9"));
    json_object_put(found);
    json_tokener_free(tokener);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int is_ready;
    input_t input = {.at = data, .end = data + size};
    json_object *expected;
    apr_size_t length;
    char *bytes;

    if (!is_ready)
        apr_initialize();
    is_ready = 1;
    apr_pool_create(&input.pool, NULL);
    input.json = chat_json_create(next(&input), input.pool);
    expected = write_value(&input, 0);
    check(chat_json_bytes(input.json, &length), length, expected);
    bytes = chat_json_take(input.json, &length);
    check(bytes, length, expected);
    free(bytes);
    json_object_put(expected);
    apr_pool_destroy(input.pool);
    return 0;
}
