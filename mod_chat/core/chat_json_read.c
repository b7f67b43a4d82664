#include "core/chat_json_read.h"

#include <limits.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>
#include <utf8proc.h>

#include "core/chat_number.h"
#include "core/chat_text.h"

/*
 * Two passes. The first looks at the tokens one by one, by RFC 8259 sections 2, 3, 6 and 7, and
 * finds where the object ends; json-c alone would accept numbers with leading zeros, raw control
 * characters, lone surrogates, NaN and other things. The second pass is json-c's, which knows
 * how tokens may follow one another, and decodes them.
 */
typedef struct {
    const char *at;
    const char *end;
    apr_size_t colons; /* outside strings: one for each member */
    apr_size_t pairs;  /* of surrogates, written as escapes */
    int depth;         /* objects and arrays that are open */
} scan_t;

/* A scan_… function moves over what it expects and returns NULL, or says what is wrong at `at`. */

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int is_separator(char c)
{
    return c == ',' || c == ':' || c == ']' || c == '}';
}

static void skip_blanks(scan_t *scan)
{
    while (scan->at < scan->end && is_blank(*scan->at))
        scan->at++;
}

static apr_size_t skip_digits(scan_t *scan)
{
    const char *first = scan->at;

    while (scan->at < scan->end && apr_isdigit(*scan->at))
        scan->at++;
    return (apr_size_t)(scan->at - first);
}

/* Skip one character if it is one of `these`. */
static int skip_one_of(scan_t *scan, const char *these)
{
    if (scan->at == scan->end || *scan->at == '\0' || !strchr(these, *scan->at))
        return 0;
    scan->at++;
    return 1;
}

static const char *scan_number(scan_t *scan)
{
    skip_one_of(scan, "-");
    if (!skip_one_of(scan, "0") && skip_digits(scan) == 0)
        return "a number has no digits where they are required";
    if (skip_one_of(scan, ".") && skip_digits(scan) == 0)
        return "a number has no digits where they are required";
    if (skip_one_of(scan, "eE")) {
        skip_one_of(scan, "+-");
        if (skip_digits(scan) == 0)
            return "a number has no digits where they are required";
    }
    return NULL;
}

static const char *scan_word(scan_t *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    apr_size_t i, length;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        length = strlen(words[i]);
        if ((apr_size_t)(scan->end - scan->at) >= length &&
            memcmp(scan->at, words[i], length) == 0) {
            scan->at += length;
            return NULL;
        }
    }
    return "this is not JSON";
}

/* The four digits of a \u escape; -1: they are not hexadecimal digits. */
static int read_code_unit(scan_t *scan)
{
    int unit = 0, i;
    char c;

    for (i = 0; i < 4; i++, scan->at++) {
        if (scan->at == scan->end || !apr_isxdigit(*scan->at))
            return -1;
        c = *scan->at;
        unit = unit * 16 + (apr_isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return unit;
}

/* What follows `\u`: a character other than NUL, or both halves of a surrogate pair. */
static const char *scan_code_point(scan_t *scan)
{
    int unit = read_code_unit(scan);

    if (unit < 0)
        return "\\u needs four hexadecimal digits";
    if (unit == 0)
        return "NUL characters are not allowed";
    if (unit < 0xd800 || unit > 0xdfff)
        return NULL;
    if (unit <= 0xdbff && skip_one_of(scan, "\\") && skip_one_of(scan, "u")) {
        unit = read_code_unit(scan);
        if (unit >= 0xdc00 && unit <= 0xdfff) {
            scan->pairs++;
            return NULL;
        }
    }
    return "a surrogate is not part of a pair";
}

static const char *scan_escape(scan_t *scan)
{
    scan->at++;
    if (skip_one_of(scan, "\"\\/bfnrt"))
        return NULL;
    if (skip_one_of(scan, "u"))
        return scan_code_point(scan);
    return "an escape sequence is unknown";
}

static const char *scan_string(scan_t *scan)
{
    const char *wrong;
    apr_size_t bytes;

    for (scan->at++; scan->at < scan->end;) {
        unsigned char c = (unsigned char)*scan->at;

        if (c == '"') {
            scan->at++;
            return NULL;
        }
        if (c == '\\') {
            wrong = scan_escape(scan);
            if (wrong)
                return wrong;
            continue;
        }
        if (c < 0x20)
            return "control characters in strings must be escaped";
        bytes = c < 0x80 ? 1 : chat_text_char_bytes(scan->at, (apr_size_t)(scan->end - scan->at));
        if (bytes == 0)
            return "this is not UTF-8";
        scan->at += bytes;
    }
    return "a string is not terminated";
}

static const char *scan_scalar(scan_t *scan)
{
    char c = *scan->at;
    const char *wrong = c == '"'                     ? scan_string(scan)
                        : c == '-' || apr_isdigit(c) ? scan_number(scan)
                                                     : scan_word(scan);

    if (wrong)
        return wrong;
    if (scan->at == scan->end || is_blank(*scan->at) || is_separator(*scan->at))
        return NULL;
    return "a value must end here"; /* 01, 1true, "a""b" */
}

static const char *scan_token(scan_t *scan)
{
    switch (*scan->at) {
    case '{':
    case '[':
        if (scan->depth == CHAT_JSON_READ_DEPTH_MAX)
            return "it is nested too deep";
        scan->depth++;
        break;
    case '}':
    case ']':
        scan->depth--;
        break;
    case ':':
        scan->colons++;
        break;
    case ',':
        break;
    default:
        return scan_scalar(scan);
    }
    scan->at++;
    return NULL;
}

/* Move to the end of the one object, `*pobject_end`, and over the blanks after it. */
static const char *scan_object(scan_t *scan, const char **pobject_end)
{
    const char *wrong;

    skip_blanks(scan);
    if (scan->at == scan->end)
        return "it is empty";
    if (*scan->at != '{')
        return "it must be an object";
    do {
        wrong = scan_token(scan);
        if (wrong)
            return wrong;
        *pobject_end = scan->at;
        skip_blanks(scan);
    } while (scan->depth > 0 && scan->at < scan->end);
    if (scan->depth > 0)
        return "it is not complete";
    if (scan->at < scan->end)
        return "there is more text after the object";
    return NULL;
}

/* The members of all objects in the tree. The depth is bounded, so this may call itself. */
static apr_size_t count_members(json_object *value)
{
    apr_size_t count = 0, i;

    if (json_object_is_type(value, json_type_array)) {
        for (i = 0; i < json_object_array_length(value); i++)
            count += count_members(json_object_array_get_idx(value, i));
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member)
        {
            (void)name;
            count += 1 + count_members(member);
        }
    }
    return count;
}

static chat_problem_t *invalid_json(const char *wrong, apr_pool_t *p)
{
    return chat_problem(p, CHAT_HTTP_BAD_REQUEST, "invalid_json",
                        apr_pstrcat(p, "The JSON cannot be read: ", wrong, ".", NULL));
}

static chat_problem_t *invalid_json_at(apr_size_t offset, const char *wrong, apr_pool_t *p)
{
    return invalid_json(apr_psprintf(p, "%s (byte %" APR_SIZE_T_FMT ")", wrong, offset + 1), p);
}

static apr_status_t put_object(void *object)
{
    json_object_put(object);
    return APR_SUCCESS;
}

/* Copy one escape that was scanned before, or the character that a pair of them stands for. */
static char *copy_escape(char *out, scan_t *scan)
{
    const char *first = scan->at;
    int unit = 0, low;

    scan->at++;
    if (skip_one_of(scan, "u"))
        unit = read_code_unit(scan);
    else
        scan->at++;
    if (unit < 0xd800 || unit > 0xdbff) {
        memcpy(out, first, (apr_size_t)(scan->at - first));
        return out + (scan->at - first);
    }
    scan->at += 2;
    low = read_code_unit(scan);
    return out + utf8proc_encode_char(0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff),
                                      (utf8proc_uint8_t *)out);
}

/* The object with each escaped surrogate pair replaced by its character. json-c 0.16 reads
 * U+1D800, U+2D800 and their like from escapes as U+FFFD (its pull request 893). */
static const char *spell_out_pairs(apr_size_t *plength, const char *text, apr_size_t length,
                                   apr_pool_t *p)
{
    scan_t scan = {.at = text, .end = text + length};
    char *copy = apr_palloc(p, length), *out = copy;

    while (scan.at < scan.end) {
        if (*scan.at == '\\')
            out = copy_escape(out, &scan);
        else
            *out++ = *scan.at++;
    }
    *plength = (apr_size_t)(out - copy);
    return copy;
}

/* json-c's pass. `*pobject` is NULL where the tokens do not follow one another as they should. */
static chat_problem_t *parse(json_object **pobject, const char *text, apr_size_t length,
                             apr_pool_t *p)
{
    json_tokener *tokener = json_tokener_new_ex(CHAT_JSON_READ_DEPTH_MAX + 1);

    *pobject = NULL;
    if (!tokener) {
        chat_problem_t *problem = chat_problem_cause(p, CHAT_HTTP_SERVICE_UNAVAILABLE, "busy",
                                                     "The server is busy. Please try again.",
                                                     APR_ENOMEM, "json_tokener_new_ex");

        problem->retry_after_s = 1;
        return problem;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    *pobject = json_tokener_parse_ex(tokener, text, (int)length);
    if (*pobject)
        apr_pool_cleanup_register(p, *pobject, put_object, apr_pool_cleanup_null);
    json_tokener_free(tokener);
    return NULL;
}

chat_problem_t *chat_json_read(json_object **pobject, const char *text, apr_size_t length,
                               apr_pool_t *p)
{
    scan_t scan = {.at = text, .end = text + length};
    const char *object_end = text, *wrong;
    json_object *object;
    chat_problem_t *problem;

    *pobject = NULL;
    if (length > INT_MAX)
        return invalid_json("it is too long", p);
    wrong = scan_object(&scan, &object_end);
    if (wrong)
        return invalid_json_at((apr_size_t)(scan.at - text), wrong, p);

    length = (apr_size_t)(object_end - text);
    if (scan.pairs > 0)
        text = spell_out_pairs(&length, text, length, p);
    problem = parse(&object, text, length, p);
    if (problem)
        return problem;
    if (!json_object_is_type(object, json_type_object))
        return invalid_json("brackets, commas, colons or values are out of place", p);
    if (count_members(object) != scan.colons) /* of two with one name json-c keeps one */
        return invalid_json("a name occurs twice in one object", p);
    *pobject = object;
    return NULL;
}

json_object *chat_json_read_member(json_object *object, const char *field)
{
    json_object *value;

    return json_object_object_get_ex(object, field, &value) ? value : NULL;
}

/* A number beyond 64 bits arrives as the nearest that fits, hence the look at the unsigned one. */
static int is_id(apr_int64_t *pid, json_object *value)
{
    if (json_object_is_type(value, json_type_string))
        return chat_number_read(pid, json_object_get_string(value)) == APR_SUCCESS && *pid > 0;
    if (!json_object_is_type(value, json_type_int))
        return 0;
    *pid = json_object_get_int64(value);
    return *pid > 0 && json_object_get_uint64(value) <= APR_INT64_MAX;
}

chat_problem_t *chat_json_read_id(apr_int64_t *pid, json_object *object, const char *field,
                                  apr_pool_t *p)
{
    chat_problem_t *problem = chat_json_read_optional_id(pid, object, field, p);

    if (!problem && *pid == 0)
        return chat_problem_field(p, field, "is required");
    return problem;
}

chat_problem_t *chat_json_read_optional_id(apr_int64_t *pid, json_object *object, const char *field,
                                           apr_pool_t *p)
{
    json_object *value = chat_json_read_member(object, field);
    apr_int64_t id;

    *pid = 0;
    if (!value)
        return NULL;
    if (!is_id(&id, value))
        return chat_problem_field(p, field, "must be a positive integer");
    *pid = id;
    return NULL;
}

chat_problem_t *chat_json_read_ids(apr_array_header_t **pids, json_object *object,
                                   const char *field, int count_max, apr_pool_t *p)
{
    json_object *values = chat_json_read_member(object, field);
    apr_size_t count, i;

    *pids = NULL;
    if (!values)
        return chat_problem_field(p, field, "is required");
    if (!json_object_is_type(values, json_type_array))
        return chat_problem_field(p, field, "must be an array");
    count = json_object_array_length(values);
    if (count < 1 || count > (apr_size_t)count_max)
        return chat_problem_field(p, field,
                                  apr_psprintf(p, "must have from 1 to %d entries", count_max));
    *pids = apr_array_make(p, (int)count, sizeof(apr_int64_t));
    for (i = 0; i < count; i++)
        if (!is_id(&APR_ARRAY_PUSH(*pids, apr_int64_t), json_object_array_get_idx(values, i)))
            return chat_problem_field(p, field, "must hold positive integers only");
    return NULL;
}

chat_problem_t *chat_json_read_boolean(int *pvalue, json_object *object, const char *field,
                                       apr_pool_t *p)
{
    json_object *value = chat_json_read_member(object, field);

    *pvalue = 0;
    if (!value)
        return chat_problem_field(p, field, "is required");
    if (!json_object_is_type(value, json_type_boolean))
        return chat_problem_field(p, field, "must be true or false");
    *pvalue = json_object_get_boolean(value) ? 1 : 0;
    return NULL;
}

chat_problem_t *chat_json_read_string(const char **ptext, apr_size_t *plength, json_object *object,
                                      const char *field, apr_pool_t *p)
{
    chat_problem_t *problem = chat_json_read_optional_string(ptext, plength, object, field, p);

    if (!problem && !*ptext)
        return chat_problem_field(p, field, "is required");
    return problem;
}

chat_problem_t *chat_json_read_optional_string(const char **ptext, apr_size_t *plength,
                                               json_object *object, const char *field,
                                               apr_pool_t *p)
{
    json_object *value = chat_json_read_member(object, field);

    *ptext = NULL;
    *plength = 0;
    if (!value)
        return NULL;
    if (!json_object_is_type(value, json_type_string))
        return chat_problem_field(p, field, "must be a string");
    *ptext = json_object_get_string(value);
    *plength = (apr_size_t)json_object_get_string_len(value);
    return NULL;
}

int chat_json_read_has(json_object *object, const char *field)
{
    return json_object_object_get_ex(object, field, NULL);
}

chat_problem_t *chat_json_read_scalar(const char **ptext, json_object *object, const char *field,
                                      apr_pool_t *p)
{
    json_object *value = chat_json_read_member(object, field);

    *ptext = NULL;
    if (!json_object_is_type(value, json_type_string) &&
        !json_object_is_type(value, json_type_int) &&
        !json_object_is_type(value, json_type_boolean))
        return chat_problem_field(p, field, "must be a string, a number or a boolean");
    *ptext = apr_pstrdup(p, json_object_get_string(value));
    return NULL;
}

int chat_json_read_count(json_object *object, const char *field)
{
    json_object *members = chat_json_read_member(object, field);

    return json_object_is_type(members, json_type_object) ? json_object_object_length(members) : -1;
}

int chat_json_read_each(json_object *object, const char *field, chat_json_read_visit_t *visit,
                        void *data)
{
    json_object *members = chat_json_read_member(object, field);

    json_object_object_foreach(members, name, value)
    {
        if (!json_object_is_type(value, json_type_int) ||
            !visit(data, name, json_object_get_int64(value)))
            return 0;
    }
    return 1;
}

void chat_json_read_texts(json_object *object, chat_json_read_text_t *visit, void *data)
{
    json_object_object_foreach(object, name, value)
    {
        int is_string = json_object_is_type(value, json_type_string);
        const char *text = !value ? NULL
                           : is_string
                               ? json_object_get_string(value)
                               : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);

        visit(data, name, text,
              is_string ? (apr_size_t)json_object_get_string_len(value)
              : text    ? strlen(text)
                        : 0,
              is_string);
    }
}

void chat_json_read_copy(chat_json_t *json, json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        chat_json_text(json, json_object_get_string(value),
                       (apr_size_t)json_object_get_string_len(value));
        break;
    case json_type_int:
        chat_json_integer(json, json_object_get_int64(value));
        break;
    case json_type_double: /* as it was written */
        chat_json_raw(json, json_object_to_json_string(value),
                      strlen(json_object_to_json_string(value)));
        break;
    default:
        chat_json_null(json);
    }
}

json_object *chat_json_read_ref(json_object *value)
{
    return json_object_get(value);
}

void chat_json_read_unref(json_object *value)
{
    json_object_put(value);
}
