/*
 * The reader must take exactly what the rules of chat_json_read.h allow. They are written down here
 * a second time, as a plain descent through the grammar of RFC 8259 that builds nothing but the
 * names in each object; and what is taken must be read the same when json-c has written it again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <json-c/json_object.h>
#include <utf8proc.h>

#include "core/chat_json_read.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

typedef struct {
    const uint8_t *at, *end;
    apr_pool_t *pool;
} text_t;

static int is_value(text_t *text, int depth);

static int peek(const text_t *text)
{
    return text->at < text->end ? *text->at : -1;
}

static int skip(text_t *text, int c)
{
    if (peek(text) != c)
        return 0;
    text->at++;
    return 1;
}

static void skip_blanks(text_t *text)
{
    while (skip(text, ' ') || skip(text, '\t') || skip(text, '\n') || skip(text, '\r'))
        ;
}

static int is_word(text_t *text, const char *word)
{
    for (; *word; word++) {
        if (!skip(text, *word))
            return 0;
    }
    return 1;
}

static int is_digits(text_t *text)
{
    const uint8_t *first = text->at;

    while (peek(text) >= '0' && peek(text) <= '9')
        text->at++;
    return text->at > first;
}

static int is_number(text_t *text)
{
    skip(text, '-');
    if (!skip(text, '0') && !is_digits(text))
        return 0;
    if (skip(text, '.') && !is_digits(text))
        return 0;
    if (skip(text, 'e') || skip(text, 'E')) {
        if (!skip(text, '+'))
            skip(text, '-');
        return is_digits(text);
    }
    return 1;
}

static int32_t hex(text_t *text)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    int32_t number = 0;
    const char *digit;
    int i;

    for (i = 0; i < 4; i++, text->at++) {
        if (peek(text) <= 0 || !(digit = strchr(digits, peek(text))))
            return -1;
        number = number * 16 + (int32_t)(digit - digits < 16 ? digit - digits : digit - digits - 6);
    }
    return number;
}

/* One character of a string, escaped or not; -1 when it is none. */
static int32_t character(text_t *text)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    utf8proc_int32_t point;
    utf8proc_ssize_t taken;
    const char *letter;
    int32_t low;

    if (!skip(text, '\\')) {
        taken = text->at < text->end ? utf8proc_iterate(text->at, text->end - text->at, &point) : 0;
        if (taken <= 0 || point < 0x20)
            return -1;
        text->at += taken;
        return point;
    }
    if (!skip(text, 'u')) {
        letter = peek(text) > 0 ? strchr(letters, peek(text)) : NULL;
        text->at += letter != NULL;
        return letter ? meanings[letter - letters] : -1;
    }
    point = hex(text);
    if (point == 0 || (point >= 0xdc00 && point <= 0xdfff))
        return -1;
    if (point < 0xd800 || point > 0xdbff)
        return point;
    if (!skip(text, '\\') || !skip(text, 'u'))
        return -1;
    low = hex(text);
    return low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + ((point - 0xd800) << 10) + low - 0xdc00;
}

/* A string; NULL when it is none. */
static const char *string(text_t *text)
{
    char *decoded = apr_palloc(text->pool, 4 * (apr_size_t)(text->end - text->at) + 1);
    char *out = decoded;
    int32_t point;

    if (!skip(text, '"'))
        return NULL;
    while (!skip(text, '"')) {
        point = character(text);
        if (point < 0)
            return NULL;
        out += utf8proc_encode_char(point, (utf8proc_uint8_t *)out);
    }
    *out = '\0';
    return decoded;
}

static int is_object(text_t *text, int depth)
{
    apr_array_header_t *names = apr_array_make(text->pool, 4, sizeof(const char *));
    const char *name;
    int i;

    skip_blanks(text);
    if (skip(text, '}'))
        return 1;
    do {
        skip_blanks(text);
        name = string(text);
        if (!name)
            return 0;
        for (i = 0; i < names->nelts; i++) {
            if (strcmp(APR_ARRAY_IDX(names, i, const char *), name) == 0)
                return 0;
        }
        APR_ARRAY_PUSH(names, const char *) = name;
        skip_blanks(text);
        if (!skip(text, ':') || !is_value(text, depth))
            return 0;
    } while (skip(text, ','));
    return skip(text, '}');
}

static int is_array(text_t *text, int depth)
{
    skip_blanks(text);
    if (skip(text, ']'))
        return 1;
    do {
        if (!is_value(text, depth))
            return 0;
    } while (skip(text, ','));
    return skip(text, ']');
}

/* A value and the blanks around it; `depth` objects and arrays are open outside it. */
static int is_value(text_t *text, int depth)
{
    int is_good;

    skip_blanks(text);
    if (skip(text, '{'))
        is_good = depth < CHAT_JSON_READ_DEPTH_MAX && is_object(text, depth + 1);
    else if (skip(text, '['))
        is_good = depth < CHAT_JSON_READ_DEPTH_MAX && is_array(text, depth + 1);
    else if (peek(text) == '"')
        is_good = string(text) != NULL;
    else if (peek(text) == 't')
        is_good = is_word(text, "true");
    else if (peek(text) == 'f')
        is_good = is_word(text, "false");
    else if (peek(text) == 'n')
        is_good = is_word(text, "null");
    else
        is_good = is_number(text);
    skip_blanks(text);
    return is_good;
}

static int is_allowed(const uint8_t *data, size_t size, apr_pool_t *p)
{
    text_t text = {.at = data, .end = data + size, .pool = p};

    skip_blanks(&text);
    return peek(&text) == '{' && is_value(&text, 0) && text.at == text.end;
}

/* No field may make a getter fail in another way than by a problem. */
static void read_fields(json_object *object, apr_pool_t *p)
{
    const char *text;
    apr_size_t length;
    apr_int64_t id;
    int value;

    REQUIRE(chat_json_read_id(&id, object, "a", p) ? id == 0 : id > 0);
    REQUIRE(chat_json_read_optional_id(&id, object, "a", p) ? id == 0 : id >= 0);
    REQUIRE(chat_json_read_boolean(&value, object, "a", p) ? value == 0 : value == (value & 1));
    REQUIRE(chat_json_read_string(&text, &length, object, "a", p) ? !text : strlen(text) == length);
    chat_json_read_optional_string(&text, &length, object, "a", p);
}

static void read_again(json_object *object, apr_pool_t *p)
{
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
    json_object *again;

    if (strstr(text, "Infinity"))
        return; /* a number too large for a double, which JSON cannot hold */
    REQUIRE(!chat_json_read(&again, text, strlen(text), p));
    REQUIRE(json_object_equal(object, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int is_ready;
    chat_problem_t *problem;
    json_object *object;
    apr_pool_t *p;
    char *text = malloc(size > 0 ? size : 1); /* ends where the input does */

    if (!is_ready)
        apr_initialize();
    is_ready = 1;
    memcpy(text, data, size);
    apr_pool_create(&p, NULL);
    problem = chat_json_read(&object, text, size, p);
    REQUIRE((problem == NULL) == is_allowed(data, size, p));
    if (!problem) {
        read_fields(object, p);
        read_again(object, p);
    } else {
        REQUIRE(!object && problem->http_status == 400);
    }
    apr_pool_destroy(p);
    free(text);
    return 0;
}
