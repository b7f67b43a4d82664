#include "core/chat_json.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/chat_number.h"
#include "core/chat_text.h"
#include "core/chat_time.h"

#define BYTES_MIN 256 /* the smallest buffer worth a malloc */

struct chat_json_t {
    char *bytes;       /* malloc'ed, NULL until something is written and after it was taken */
    apr_size_t length; /* bytes written */
    apr_size_t size;   /* bytes there is room for */
    unsigned depth;    /* objects and arrays that are open */
    unsigned objects;  /* bit n: the one at depth n is an object */
    int has_key;       /* a key was written, its value was not */
    int needs_comma;   /* a key or value at this depth came before */
    apr_pool_t *pool;
};

/* How an ASCII character inside a string is written: 0: as it is; 'u': as \u00XX; another letter:
 * with the short escape of that letter. */
/* clang-format off */
static const char escapes[128] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
    ['"'] = '"', ['\\'] = '\\', ['<'] = 'u', ['>'] = 'u', ['&'] = 'u',
};
/* clang-format on */

static apr_status_t free_bytes(void *data)
{
    chat_json_t *json = data;

    free(json->bytes);
    json->bytes = NULL;
    return APR_SUCCESS;
}

/* Like APR: the owner of the pool has decided what happens without memory. */
static void out_of_memory(apr_pool_t *p)
{
    apr_abortfunc_t give_up = apr_pool_abort_get(p);

    if (give_up)
        give_up(APR_ENOMEM);
    abort();
}

/* Make room for `more` bytes and a NUL. */
static void grow(chat_json_t *json, apr_size_t more)
{
    apr_size_t size = json->size < BYTES_MIN ? BYTES_MIN : json->size;
    char *bytes;

    while (size - json->length <= more) {
        if (size > APR_SIZE_MAX / 2)
            out_of_memory(json->pool);
        size *= 2;
    }
    bytes = realloc(json->bytes, size);
    if (!bytes)
        out_of_memory(json->pool);
    json->bytes = bytes;
    json->size = size;
}

/* Where the next `most` bytes at most may be written; the caller adds what it wrote to length. */
static inline char *room(chat_json_t *json, apr_size_t most)
{
    if (json->size - json->length <= most)
        grow(json, most);
    return json->bytes + json->length;
}

static inline void put(chat_json_t *json, const char *bytes, apr_size_t length)
{
    memcpy(room(json, length), bytes, length);
    json->length += length;
}

static inline void put_char(chat_json_t *json, char c)
{
    *room(json, 1) = c;
    json->length++;
}

static inline int is_in_object(const chat_json_t *json)
{
    return json->objects >> json->depth & 1;
}

/* Before each value: the comma, unless this value is first or has its key before it. */
static inline void begin_value(chat_json_t *json)
{
    assert(json->has_key == is_in_object(json));  /* a key before each value, and only there */
    assert(json->depth > 0 || json->length == 0); /* one text has one value */
    if (json->needs_comma && !json->has_key)
        put_char(json, ',');
    json->has_key = 0;
    json->needs_comma = 1;
}

static void begin(chat_json_t *json, char bracket, unsigned is_object)
{
    begin_value(json);
    assert(json->depth < CHAT_JSON_DEPTH_MAX);
    json->depth++;
    json->objects = (json->objects & ~(1U << json->depth)) | is_object << json->depth;
    json->needs_comma = 0;
    put_char(json, bracket);
}

static void end(chat_json_t *json, char bracket, int is_object)
{
    assert(json->depth > 0 && is_in_object(json) == is_object && !json->has_key);
    (void)is_object; /* for a build without assertions */
    json->depth--;
    json->needs_comma = 1;
    put_char(json, bracket);
}

/* Whether eight bytes are ASCII characters that are written as they are. May be 0 although they
 * are, because of a borrow from one byte to the next. */
static inline int is_plain_word(const unsigned char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word, suspects;

    memcpy(&word, at, sizeof(word));
    suspects = word                                        /* the top bit is set: not ASCII */
               | (word - ones * 0x20)                      /* below the blank */
               | (((word | ones * 4) ^ ones * '&') - ones) /* '"' and '&' differ in this bit */
               | (((word | ones * 2) ^ ones * '>') - ones) /* and '<' and '>' in this */
               | ((word ^ ones * '\\') - ones);
    return !(suspects & ones * 0x80);
}

/* The end of the run of bytes that are written as they are. */
static const unsigned char *skip_plain(const unsigned char *at, const unsigned char *end)
{
    const unsigned char *start = at;

    while (end - at >= 8 && is_plain_word(at))
        at += 8;
    if (end - at < 8 && end - start >= 8 && is_plain_word(end - 8)) /* again with some before */
        return end;
    while (at < end && *at < 0x80 && !escapes[*at])
        at++;
    return at;
}

/* Write an ASCII character that must be escaped. */
static void put_escape(chat_json_t *json, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    char *out = room(json, 6);

    out[0] = '\\';
    out[1] = escapes[c];
    if (escapes[c] != 'u') {
        json->length += 2;
        return;
    }
    out[2] = '0';
    out[3] = '0';
    out[4] = digits[c >> 4];
    out[5] = digits[c & 15];
    json->length += 6;
}

/* Write the character of several bytes at `at`. Returns its length in the text. */
static apr_size_t put_wide(chat_json_t *json, const unsigned char *at, apr_size_t left)
{
    apr_size_t bytes = chat_text_char_bytes((const char *)at, left);

    if (bytes == 0) {
        put(json, "\xef\xbf\xbd", 3); /* U+FFFD for each byte that is not UTF-8 */
        return 1;
    }
    if (bytes == 3 && memcmp(at, "\xe2\x80\xa8", 3) == 0)
        put(json, "\\u2028", 6); /* line ends for JavaScript before 2019 */
    else if (bytes == 3 && memcmp(at, "\xe2\x80\xa9", 3) == 0)
        put(json, "\\u2029", 6);
    else
        put(json, (const char *)at, bytes);
    return bytes;
}

/* Write the text at once if nothing in it must be escaped. 0: something must. */
static int put_plain(chat_json_t *json, const char *text, apr_size_t length)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    char *out;

    if (skip_plain(at, end) != end)
        return 0;
    out = room(json, length + 2);
    out[0] = '"';
    memcpy(out + 1, text, length);
    out[length + 1] = '"';
    json->length += length + 2;
    return 1;
}

static void put_quoted(chat_json_t *json, const char *text, apr_size_t length)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + length, *plain;

    if (put_plain(json, text, length))
        return;
    put_char(json, '"');
    while (at < end) {
        plain = at;
        at = skip_plain(at, end);
        if (at > plain)
            put(json, (const char *)plain, (apr_size_t)(at - plain));
        if (at == end)
            break;
        if (*at >= 0x80)
            at += put_wide(json, at, (apr_size_t)(end - at));
        else
            put_escape(json, *at++);
    }
    put_char(json, '"');
}

/* JSON as it is, but for what put_quoted() would escape although it need not: it occurs inside
 * strings only, where each character may be an escape (RFC 8259 section 7). */
static void put_foreign(chat_json_t *json, const char *text, apr_size_t length)
{
    const char *end = text + length;

    while (text < end) {
        apr_size_t plain = 0;

        while (text + plain < end && !strchr("<>&\xe2", text[plain]))
            plain++;
        put(json, text, plain);
        text += plain;
        if (text == end)
            return;
        if ((unsigned char)*text >= 0x80)
            text += put_wide(json, (const unsigned char *)text, (apr_size_t)(end - text));
        else
            put_escape(json, (unsigned char)*text++);
    }
}

chat_json_t *chat_json_create(apr_size_t expected_bytes, apr_pool_t *p)
{
    chat_json_t *json = apr_pcalloc(p, sizeof(*json));

    json->pool = p;
    apr_pool_cleanup_register(p, json, free_bytes, apr_pool_cleanup_null);
    if (expected_bytes > 0)
        room(json, expected_bytes);
    return json;
}

void chat_json_object_begin(chat_json_t *json)
{
    begin(json, '{', 1);
}

void chat_json_object_end(chat_json_t *json)
{
    end(json, '}', 1);
}

void chat_json_array_begin(chat_json_t *json)
{
    begin(json, '[', 0);
}

void chat_json_array_end(chat_json_t *json)
{
    end(json, ']', 0);
}

void chat_json_key(chat_json_t *json, const char *name)
{
    assert(is_in_object(json) && !json->has_key);
    if (json->needs_comma)
        put_char(json, ',');
    put_quoted(json, name, strlen(name));
    put_char(json, ':');
    json->has_key = 1;
}

void chat_json_name(chat_json_t *json, const char *name, apr_size_t length)
{
    char *out = room(json, length + 4);
    char *at = out;

    assert(is_in_object(json) && !json->has_key);
    if (json->needs_comma)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, name, length);
    at += length;
    *at++ = '"';
    *at++ = ':';
    json->length += (apr_size_t)(at - out);
    json->has_key = 1;
}

void chat_json_string(chat_json_t *json, const char *text)
{
    if (!text)
        chat_json_null(json);
    else
        chat_json_text(json, text, strlen(text));
}

void chat_json_text(chat_json_t *json, const char *bytes, apr_size_t length)
{
    begin_value(json);
    put_quoted(json, length > 0 ? bytes : "", length);
}

void chat_json_integer(chat_json_t *json, apr_int64_t number)
{
    begin_value(json);
    json->length += chat_number_format(room(json, CHAT_NUMBER_BYTES_MAX), number);
}

void chat_json_boolean(chat_json_t *json, int truth)
{
    begin_value(json);
    if (truth)
        put(json, "true", 4);
    else
        put(json, "false", 5);
}

void chat_json_null(chat_json_t *json)
{
    begin_value(json);
    put(json, "null", 4);
}

void chat_json_time(chat_json_t *json, apr_time_t time)
{
    if (time == 0) {
        chat_json_null(json);
        return;
    }
    begin_value(json);
    put_char(json, '"');
    json->length += chat_time_format(room(json, CHAT_TIME_BYTES_MAX), time);
    put_char(json, '"');
}

void chat_json_raw(chat_json_t *json, const char *text, apr_size_t length)
{
    assert(length > 0);
    begin_value(json);
    put(json, text, length);
}

void chat_json_foreign(chat_json_t *json, const char *text)
{
    begin_value(json);
    put_foreign(json, text, strlen(text));
}

void chat_json_foreign_members(chat_json_t *json, const char *text)
{
    apr_size_t length = strlen(text);

    assert(is_in_object(json) && !json->has_key && length >= 2 && text[0] == '{');
    if (length == 2)
        return;
    if (json->needs_comma)
        put_char(json, ',');
    put_foreign(json, text + 1, length - 2);
    json->needs_comma = 1;
}

const char *chat_json_bytes(chat_json_t *json, apr_size_t *length)
{
    assert(json->depth == 0);
    *room(json, 0) = '\0';
    *length = json->length;
    return json->bytes;
}

char *chat_json_take(chat_json_t *json, apr_size_t *length)
{
    char *bytes;

    chat_json_bytes(json, length);
    bytes = json->bytes;
    json->bytes = NULL;
    json->length = 0;
    json->size = 0;
    json->needs_comma = 0;
    return bytes;
}
