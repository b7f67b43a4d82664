#include "chat_unit.h"

#include <string.h>

#include <apr_strings.h>

#include <json-c/json_object.h>

#include "core/chat_json.h"
#include "core/chat_json_read.h"
#include "core/chat_text.h"

/* A text that holds a NUL needs its length. */
typedef struct {
    const char *text;
    apr_size_t length;
} sample_t;

#define SAMPLE(literal)                                                                            \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

/* By RFC 8259, an object, and within our own limits. */
static const sample_t good[] = {
    SAMPLE("{}"),
    SAMPLE(" \t\r\n{ \t\r\n} \t\r\n"),
    SAMPLE("{\"a\":1}"),
    SAMPLE("{ \"a\" : 1 , \"b\" : [ ] }"),
    SAMPLE("{\"\":0}"),
    SAMPLE("{\"a\":{},\"b\":[],\"c\":[{}],\"d\":[[],[]]}"),
    SAMPLE("{\"a\":{\"a\":{\"a\":1}}}"), /* the same name, but not in one object */
    SAMPLE("{\"a\":[{\"b\":1},{\"b\":1}]}"),
    SAMPLE("{\"a\":1,\"A\":2}"),
    SAMPLE("{\"a\":1,\"a \":2}"),
    SAMPLE("{\"a:b,c\":\"{:}[,]\"}"),
    SAMPLE("{\"a\":true,\"b\":false,\"c\":null}"),
    SAMPLE("{\"a\":0}"),
    SAMPLE("{\"a\":-0}"),
    SAMPLE("{\"a\":-1}"),
    SAMPLE("{\"a\":10}"),
    SAMPLE("{\"a\":0.0}"),
    SAMPLE("{\"a\":-0.0}"),
    SAMPLE("{\"a\":1.5}"),
    SAMPLE("{\"a\":0e0}"),
    SAMPLE("{\"a\":0e+1}"),
    SAMPLE("{\"a\":1e5}"),
    SAMPLE("{\"a\":1E5}"),
    SAMPLE("{\"a\":1e+05}"),
    SAMPLE("{\"a\":1E-2}"),
    SAMPLE("{\"a\":123.456e78}"),
    SAMPLE("{\"a\":1e400}"),
    SAMPLE("{\"a\":-1e400}"),
    SAMPLE("{\"a\":1e-10000}"),
    SAMPLE("{\"a\":0.4e006699999999999999999999999999999999999999999999999999999999999999969999}"),
    SAMPLE("{\"a\":-0.000000000000000000000000000000000000000000000000000000000000000000000001}"),
    SAMPLE("{\"a\":100000000000000000000000000000000000000000000000000000000000000000000000}"),
    SAMPLE("{\"a\":-123123123123123123123123123123123123}"),
    SAMPLE("{\"min\":-1.0e+28,\"max\":1.0e+28}"),
    SAMPLE("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}"),
    SAMPLE("{\"a\":\"\\u0060\\u012a\\u12AB\\uABCD\\uabcd\"}"),
    SAMPLE("{\"a\":\"\\uD801\\udc37\"}"),
    SAMPLE("{\"a\":\"\\ud83d\\ude39\\ud83d\\udc8d\"}"),
    SAMPLE("{\"a\":\"\\uDBFF\\uDFFF\"}"),
    SAMPLE("{\"a\":\"\\\\u0000\"}"), /* a backslash, then letters */
    SAMPLE("{\"a\":\"\\\\ud800\"}"),
    SAMPLE("{\"a\":\"\\\\\\\\\"}"),
    SAMPLE("{\"a\":\"\\uFFFE\\uFFFF\\uFDD0\\uFEFF\\u200B\\u2028\\u007F\\u0001\\u001f\"}"),
    SAMPLE("{\"a\":\"\x7f\"}"),
    SAMPLE("{\"a\":\"/*c*/ // #\"}"),
    SAMPLE("{\"a\":\"'\"}"),
    SAMPLE("{\"a\":\"\xc2\x80\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\xef\xbf\xbf\xf4\x8f\xbf\xbf\"}"),
    SAMPLE("{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}"),
    SAMPLE("{\"\\ud83d\\ude00\":1,\"\\ud83d\\ude01\":2}"),
    SAMPLE("{\"a\":[1,2,3,\"4\",null,{\"b\":[true]}]}"),
    SAMPLE("{\"a\":[[[[[[[]]]]]]]}"), /* eight deep */
    SAMPLE("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}"),
};

/* Not JSON, or more than a client may say. */
static const sample_t bad[] = {
    SAMPLE(""),
    SAMPLE(" "),
    SAMPLE("\n"),
    /* another top level */
    SAMPLE("[]"),
    SAMPLE("[{}]"),
    SAMPLE("1"),
    SAMPLE("\"a\""),
    SAMPLE("null"),
    SAMPLE("true"),
    /* before and after */
    SAMPLE("\xef\xbb\xbf{}"),
    SAMPLE("\xef\xbb\xbf"),
    SAMPLE("\xff\xfe{\0}\0"),
    SAMPLE("{\0}\0"),
    SAMPLE("\0{\0}"),
    SAMPLE("{}\0"),
    SAMPLE("{}{}"),
    SAMPLE("{},"),
    SAMPLE("{}}"),
    SAMPLE("{}]"),
    SAMPLE("{} x"),
    SAMPLE("{}#"),
    SAMPLE("{}/**/"),
    SAMPLE("{}//"),
    SAMPLE("/**/{}"),
    SAMPLE("// x\n{}"),
    SAMPLE("{\"a\":1}\x0c"),
    SAMPLE("\x0b{}"),
    SAMPLE("\xc2\xa0{}"),
    SAMPLE("{}\xe2\x81\xa0"),
    SAMPLE(")]}',\n{}"),
    /* structure */
    SAMPLE("{"),
    SAMPLE("}"),
    SAMPLE("{]"),
    SAMPLE("{["),
    SAMPLE("{\"a\""),
    SAMPLE("{\"a\":"),
    SAMPLE("{\"a\":1"),
    SAMPLE("{\"a\":1,"),
    SAMPLE("{\"a\":\"b"),
    SAMPLE("{\"a\":[}"),
    SAMPLE("{\"a\":[1}"),
    SAMPLE("{\"a\":[1}]"),
    SAMPLE("{\"a\":{]"),
    SAMPLE("{\"a\"}"),
    SAMPLE("{\"a\":}"),
    SAMPLE("{:1}"),
    SAMPLE("{,}"),
    SAMPLE("{,\"a\":1}"),
    SAMPLE("{\"a\":1,}"),
    SAMPLE("{\"a\":1,,}"),
    SAMPLE("{\"a\":1,,\"b\":2}"),
    SAMPLE("{\"a\":1 \"b\":2}"),
    SAMPLE("{\"a\" \"b\"}"),
    SAMPLE("{\"a\",\"b\"}"),
    SAMPLE("{\"a\"::1}"),
    SAMPLE("{\"a\":1:2}"),
    SAMPLE("{\"a\":1 2}"),
    SAMPLE("{\"a\":\"b\"\"c\"}"),
    SAMPLE("{\"a\":\"b\" \"c\"}"),
    SAMPLE("{\"a\":[1,]}"),
    SAMPLE("{\"a\":[,1]}"),
    SAMPLE("{\"a\":[,]}"),
    SAMPLE("{\"a\":[1,,2]}"),
    SAMPLE("{\"a\":[1 2]}"),
    SAMPLE("{\"a\":[1:2]}"),
    SAMPLE("{\"a\":[\"b\":2]}"),
    SAMPLE("{\"a\":{}{}}"),
    SAMPLE("{\"a\":[][]}"),
    SAMPLE("{\"a\":1true}"),
    SAMPLE("{\"a\":true1}"),
    SAMPLE("{\"a\":truefalse}"),
    SAMPLE("{\"a\":\"b\"1}"),
    SAMPLE("{\"a\":[\"\",]}"),
    SAMPLE("{\"a\";1}"),
    SAMPLE("{\"a\"=1}"),
    SAMPLE("{\"a\"=>1}"),
    SAMPLE("{{}}"),
    SAMPLE("{[]}"),
    SAMPLE("{{}:1}"),
    SAMPLE("{[]:1}"),
    SAMPLE("{1:1}"),
    SAMPLE("{null:1}"),
    SAMPLE("{true:1}"),
    SAMPLE("{a:1}"),
    SAMPLE("{'a':1}"),
    SAMPLE("{\"a\":'b'}"),
    SAMPLE("{\"a\":`b`}"),
    SAMPLE("{\"a\":b}"),
    SAMPLE("{\"a\":(1)}"),
    SAMPLE("{\"a\":/**/1}"),
    SAMPLE("{\"a\":1/**/}"),
    SAMPLE("{\"a\":1 // b\n}"),
    SAMPLE("{\"a\":1 # b\n}"),
    SAMPLE("{\"a\":\x0b"
           "1}"),
    SAMPLE("{\"a\":\x0c"
           "1}"),
    SAMPLE("{\"a\":\xc2\xa0"
           "1}"),
    SAMPLE("{\"a\":\xe2\x80\xa8"
           "1}"),
    SAMPLE("{\"a\":\xef\xbb\xbf"
           "1}"),
    SAMPLE("{\"a\":\0"
           "1}"),
    SAMPLE("{\"a\":1\0}"),
    SAMPLE("{\"a\":\x7f}"),
    SAMPLE("{\"a\":\\u0031}"),
    SAMPLE("{\\u0022a\":1}"),
    SAMPLE("{\"a\":\\n}"),
    SAMPLE("{\"a\":*}"),
    SAMPLE("{\"a\":@}"),
    SAMPLE("{\"a\":<null>}"),
    SAMPLE("{\"a\":\xe5}"),
    /* words */
    SAMPLE("{\"a\":True}"),
    SAMPLE("{\"a\":TRUE}"),
    SAMPLE("{\"a\":tru}"),
    SAMPLE("{\"a\":fals}"),
    SAMPLE("{\"a\":nul}"),
    SAMPLE("{\"a\":nulll}"),
    SAMPLE("{\"a\":Null}"),
    SAMPLE("{\"a\":nan}"),
    SAMPLE("{\"a\":NaN}"),
    SAMPLE("{\"a\":-NaN}"),
    SAMPLE("{\"a\":Infinity}"),
    SAMPLE("{\"a\":-Infinity}"),
    SAMPLE("{\"a\":+Infinity}"),
    SAMPLE("{\"a\":Inf}"),
    SAMPLE("{\"a\":-inf}"),
    SAMPLE("{\"a\":undefined}"),
    /* numbers */
    SAMPLE("{\"a\":-}"),
    SAMPLE("{\"a\":+1}"),
    SAMPLE("{\"a\":++1}"),
    SAMPLE("{\"a\":--1}"),
    SAMPLE("{\"a\":- 1}"),
    SAMPLE("{\"a\":1-}"),
    SAMPLE("{\"a\":1+2}"),
    SAMPLE("{\"a\":00}"),
    SAMPLE("{\"a\":01}"),
    SAMPLE("{\"a\":-01}"),
    SAMPLE("{\"a\":-00}"),
    SAMPLE("{\"a\":012.5}"),
    SAMPLE("{\"a\":.5}"),
    SAMPLE("{\"a\":-.5}"),
    SAMPLE("{\"a\":.}"),
    SAMPLE("{\"a\":1.}"),
    SAMPLE("{\"a\":-1.}"),
    SAMPLE("{\"a\":0.}"),
    SAMPLE("{\"a\":1.e5}"),
    SAMPLE("{\"a\":1..5}"),
    SAMPLE("{\"a\":1.2.3}"),
    SAMPLE("{\"a\":0.e1}"),
    SAMPLE("{\"a\":.2e-3}"),
    SAMPLE("{\"a\":1e}"),
    SAMPLE("{\"a\":1E}"),
    SAMPLE("{\"a\":1e+}"),
    SAMPLE("{\"a\":1e-}"),
    SAMPLE("{\"a\":1.5e}"),
    SAMPLE("{\"a\":1e5.5}"),
    SAMPLE("{\"a\":1ee5}"),
    SAMPLE("{\"a\":1e+-5}"),
    SAMPLE("{\"a\":e5}"),
    SAMPLE("{\"a\":0x1}"),
    SAMPLE("{\"a\":0x}"),
    SAMPLE("{\"a\":0o7}"),
    SAMPLE("{\"a\":0b1}"),
    SAMPLE("{\"a\":1_000}"),
    SAMPLE("{\"a\":1,000}"),
    SAMPLE("{\"a\":1 000}"),
    SAMPLE("{\"a\":1a}"),
    SAMPLE("{\"a\":1L}"),
    SAMPLE("{\"a\":1f}"),
    SAMPLE("{\"a\":1n}"),
    SAMPLE("{\"a\":\xef\xbc\x91}"), /* a fullwidth digit */
    SAMPLE("{\"a\":1\xe5}"),
    SAMPLE("{\"a\":1e1\xe5}"),
    /* strings and escapes */
    SAMPLE("{\"a\":\"}"),
    SAMPLE("{\"a\":\"\\\"}"),
    SAMPLE("{\"a\":\"\\"),
    SAMPLE("{\"a\":\"\t\"}"),
    SAMPLE("{\"a\":\"\n\"}"),
    SAMPLE("{\"a\":\"\r\"}"),
    SAMPLE("{\"a\":\"\x01\"}"),
    SAMPLE("{\"a\":\"\x1f\"}"),
    SAMPLE("{\"a\":\"\0\"}"),
    SAMPLE("{\"a\tb\":1}"),
    SAMPLE("{\"a\0b\":1}"),
    SAMPLE("{\"a\":\"\\a\"}"),
    SAMPLE("{\"a\":\"\\v\"}"),
    SAMPLE("{\"a\":\"\\0\"}"),
    SAMPLE("{\"a\":\"\\x41\"}"),
    SAMPLE("{\"a\":\"\\'\"}"),
    SAMPLE("{\"a\":\"\\ \"}"),
    SAMPLE("{\"a\":\"\\\n\"}"),
    SAMPLE("{\"a\":\"\\\0\"}"),
    SAMPLE("{\"a\":\"\\U0041\"}"),
    SAMPLE("{\"a\":\"\\u\"}"),
    SAMPLE("{\"a\":\"\\u0\"}"),
    SAMPLE("{\"a\":\"\\u004\"}"),
    SAMPLE("{\"a\":\"\\u00g1\"}"),
    SAMPLE("{\"a\":\"\\u{41}\"}"),
    SAMPLE("{\"a\":\"\\u+041\"}"),
    SAMPLE("{\"a\":\"\\u 041\"}"),
    SAMPLE("{\"a\":\"\\u00"),
    SAMPLE("{\"a\":\"\\\xf0\x9f\x98\x80\"}"),
    SAMPLE("{\"a\":\"\\u\xc3\xa9\xc3\xa9\"}"),
    /* NUL and surrogates */
    SAMPLE("{\"a\":\"\\u0000\"}"),
    SAMPLE("{\"a\":\"b\\u0000c\"}"),
    SAMPLE("{\"a\\u0000b\":1}"),
    SAMPLE("{\"a\":\"\\ud800\"}"),
    SAMPLE("{\"a\":\"\\uDBFF\"}"),
    SAMPLE("{\"a\":\"\\udc00\"}"),
    SAMPLE("{\"a\":\"\\uDFFF\"}"),
    SAMPLE("{\"a\":\"\\ud800x\"}"),
    SAMPLE("{\"a\":\"\\ud800\\n\"}"),
    SAMPLE("{\"a\":\"\\ud800\\u0041\"}"),
    SAMPLE("{\"a\":\"\\ud800\\ud800\"}"),
    SAMPLE("{\"a\":\"\\ud800\\ue000\"}"),
    SAMPLE("{\"a\":\"\\udc00\\ud800\"}"),
    SAMPLE("{\"a\":\"\\ud800\\udc0\"}"),
    SAMPLE("{\"a\":\"\\ud800\\u\"}"),
    SAMPLE("{\"a\":\"\\ud800\\\"}"),
    SAMPLE("{\"a\":\"\\ud83d\\ude00\\ude00\"}"),
    SAMPLE("{\"\\ud800\":1}"),
    /* UTF-8 */
    SAMPLE("{\"a\":\"\xff\"}"),
    SAMPLE("{\"a\":\"\x80\"}"),
    SAMPLE("{\"a\":\"\xe9\"}"),
    SAMPLE("{\"a\":\"\xc3\"}"),
    SAMPLE("{\"a\":\"\xe2\x82\"}"),
    SAMPLE("{\"a\":\"\xf0\x9f\x98\"}"),
    SAMPLE("{\"a\":\"\xc0\xaf\"}"),
    SAMPLE("{\"a\":\"\xe0\x80\xaf\"}"),
    SAMPLE("{\"a\":\"\xf0\x80\x80\xaf\"}"),
    SAMPLE("{\"a\":\"\xfc\x80\x80\x80\x80\xaf\"}"),
    SAMPLE("{\"a\":\"\xed\xa0\x80\"}"),
    SAMPLE("{\"a\":\"\xed\xa0\xbd\xed\xb8\x80\"}"),
    SAMPLE("{\"a\":\"\xf4\x90\x80\x80\"}"),
    SAMPLE("{\"a\":\"\xc0\x80\"}"),
    SAMPLE("{\"\xff\":1}"),
    SAMPLE("{\"a\":\"\xc3"),
    /* names given twice */
    SAMPLE("{\"a\":1,\"a\":1}"),
    SAMPLE("{\"a\":1,\"b\":2,\"a\":3}"),
    SAMPLE("{\"a\":1,\"\\u0061\":2}"),
    SAMPLE("{\"\\n\":1,\"\\u000A\":2}"),
    SAMPLE("{\"/\":1,\"\\/\":2}"),
    SAMPLE("{\"\":1,\"\":2}"),
    SAMPLE("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}"),
    SAMPLE("{\"\xf0\x9d\xa0\x80\":1,\"\\ud836\\udc00\":2}"),
    SAMPLE("{\"a\":{\"b\":1,\"b\":2}}"),
    SAMPLE("{\"a\":[{\"b\":1,\"b\":2}]}"),
    SAMPLE("{\"a\":{\"b\":{\"c\":1}},\"a\":null}"),
    SAMPLE("{\"a\":null,\"a\":{\"b\":1}}"),
    /* nine deep */
    SAMPLE("{\"a\":[[[[[[[[]]]]]]]]}"),
    SAMPLE("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}"),
    SAMPLE("{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
};

/* The bytes end where the memory does, so that reading on is seen by the sanitizers. */
static chat_problem_t *read_exactly(json_object **pobject, const char *text, apr_size_t length,
                                    apr_pool_t *p)
{
    char *copy = malloc(length > 0 ? length : 1);
    chat_problem_t *problem;

    memcpy(copy, text, length);
    problem = chat_json_read(pobject, copy, length, p);
    free(copy);
    return problem;
}

static json_object *read_good(const char *text, apr_pool_t *p)
{
    json_object *object;
    chat_problem_t *problem = read_exactly(&object, text, strlen(text), p);

    if (problem)
        fail_msg("%s: %s", text, problem->detail);
    return object;
}

static void what_rfc_8259_allows_is_read(void **state)
{
    json_object *object;
    chat_problem_t *problem;
    size_t i;

    for (i = 0; i < UNIT_COUNT(good); i++) {
        problem = read_exactly(&object, good[i].text, good[i].length, *state);
        if (problem)
            fail_msg("%s: %s", good[i].text, problem->detail);
        assert_true(json_object_is_type(object, json_type_object));
    }
}

static void what_must_not_be_read_is_refused(void **state)
{
    json_object *object;
    chat_problem_t *problem;
    size_t i;

    for (i = 0; i < UNIT_COUNT(bad); i++) {
        problem = read_exactly(&object, bad[i].text, bad[i].length, *state);
        if (!problem)
            fail_msg("%s is taken", bad[i].text);
        assert_null(object);
        assert_int_equal(problem->http_status, 400);
        assert_string_equal(problem->code, "invalid_json");
        assert_null(problem->errors);
        assert_null(problem->cause);
        assert_true(chat_text_is_utf8(problem->detail, strlen(problem->detail)));
    }
}

static void a_text_cut_off_anywhere_is_refused(void **state)
{
    json_object *object;
    size_t i, length, last;

    for (i = 0; i < UNIT_COUNT(good); i++) {
        last = good[i].length;
        while (good[i].text[last - 1] != '}')
            last--;
        for (length = 0; length < last; length++)
            assert_non_null(read_exactly(&object, good[i].text, length, *state));
    }
}

static void every_character_is_read_from_its_escape(void **state)
{
    char text[32];
    const char *found;
    apr_size_t length;
    uint32_t point, decoded;
    apr_pool_t *p;

    apr_pool_create(&p, *state);
    for (point = 1; point < 0x110000; point++) {
        if (point >= 0xd800 && point <= 0xdfff)
            continue;
        if (point < 0x10000)
            apr_snprintf(text, sizeof(text), "{\"a\":\"\\u%04x\"}", point);
        else
            apr_snprintf(text, sizeof(text), "{\"a\":\"\\u%04X\\u%04x\"}", 0xd7c0 + (point >> 10),
                         0xdc00 + (point & 0x3ff));
        assert_null(chat_json_read_string(&found, &length, read_good(text, p), "a", p));
        decoded = (unsigned char)found[0];
        if (length > 1) {
            decoded &= 0x7fu >> length;
            for (const char *at = found + 1; *at; at++)
                decoded = decoded << 6 | ((unsigned char)*at & 0x3fu);
        }
        if (decoded != point || !chat_text_is_utf8(found, length) || strlen(found) != length)
            fail_msg("U+%04X is read as U+%04X", point, decoded);
        if (point % 1024 == 0)
            apr_pool_clear(p);
    }
}

static void what_the_writer_wrote_is_read_back(void **state)
{
    uint64_t random = unit_random_start();
    const char *found;
    apr_size_t length, count, i;
    json_object *object;
    char bytes[64];
    int n;

    for (n = 0; n < 20000; n++) {
        chat_json_t *json;
        const char *text;
        apr_pool_t *p;

        apr_pool_create(&p, *state);
        json = chat_json_create(0, p);
        count = unit_random(&random, sizeof(bytes));
        for (i = 0; i < count; i++)
            bytes[i] = (char)(1 + unit_random(&random, 127));
        chat_json_object_begin(json);
        chat_json_key(json, "text");
        chat_json_text(json, bytes, count);
        chat_json_key(json, "other\n");
        chat_json_null(json);
        chat_json_object_end(json);
        text = chat_json_bytes(json, &length);
        assert_null(read_exactly(&object, text, length, p));
        assert_null(chat_json_read_string(&found, &length, object, "text", p));
        assert_int_equal(length, count);
        assert_memory_equal(found, bytes, count);
        apr_pool_destroy(p);
    }
}

static void assert_field_problem(const chat_problem_t *problem, const char *detail)
{
    const chat_field_error_t *error;

    assert_non_null(problem);
    assert_int_equal(problem->http_status, 400);
    assert_string_equal(problem->code, "invalid_field");
    assert_int_equal(problem->errors->nelts, 1);
    error = &((const chat_field_error_t *)problem->errors->elts)[0];
    assert_string_equal(error->field, "f");
    assert_string_equal(error->detail, detail);
}

static void an_id_is_a_positive_integer_or_its_digits(void **state)
{
    static const struct {
        const char *text;
        apr_int64_t id;
    } ids[] = {
        {"{\"f\":1}", 1},
        {"{\"f\":\"1\"}", 1},
        {"{\"f\":\"007\"}", 7},
        {"{\"f\":9223372036854775807}", APR_INT64_MAX},
        {"{\"f\":\"9223372036854775807\"}", APR_INT64_MAX},
    };
    static const char *const others[] = {
        "{\"f\":0}",
        "{\"f\":-0}",
        "{\"f\":-1}",
        "{\"f\":1.0}",
        "{\"f\":1e0}",
        "{\"f\":1.5}",
        "{\"f\":\"0\"}",
        "{\"f\":\"-1\"}",
        "{\"f\":\"+1\"}",
        "{\"f\":\"\"}",
        "{\"f\":\" 1\"}",
        "{\"f\":\"1 \"}",
        "{\"f\":\"1.0\"}",
        "{\"f\":\"x\"}",
        "{\"f\":\"null\"}",
        "{\"f\":true}",
        "{\"f\":false}",
        "{\"f\":[]}",
        "{\"f\":[1]}",
        "{\"f\":{}}",
        "{\"f\":9223372036854775808}",
        "{\"f\":18446744073709551615}",
        "{\"f\":18446744073709551616}",
        "{\"f\":18446744073709551617}",
        "{\"f\":99999999999999999999999}",
        "{\"f\":-99999999999999999999999}",
        "{\"f\":\"9223372036854775808\"}",
        "{\"f\":\"18446744073709551617\"}",
        "{\"f\":1e400}",
    };
    apr_int64_t id;
    size_t i;

    for (i = 0; i < UNIT_COUNT(ids); i++) {
        assert_null(chat_json_read_id(&id, read_good(ids[i].text, *state), "f", *state));
        assert_int_equal(id, ids[i].id);
        assert_null(chat_json_read_optional_id(&id, read_good(ids[i].text, *state), "f", *state));
        assert_int_equal(id, ids[i].id);
    }
    for (i = 0; i < UNIT_COUNT(others); i++) {
        json_object *object = read_good(others[i], *state);

        id = 7;
        assert_field_problem(chat_json_read_id(&id, object, "f", *state),
                             "must be a positive integer");
        assert_int_equal(id, 0);
        assert_field_problem(chat_json_read_optional_id(&id, object, "f", *state),
                             "must be a positive integer");
    }
}

static void ids_are_an_array_of_as_many_as_may_be(void **state)
{
    static const struct {
        const char *text;
        const char *detail;
    } others[] = {
        {"{}", "is required"},
        {"{\"f\":null}", "is required"},
        {"{\"f\":7}", "must be an array"},
        {"{\"f\":{\"0\":7}}", "must be an array"},
        {"{\"f\":[]}", "must have from 1 to 3 entries"},
        {"{\"f\":[1,2,3,4]}", "must have from 1 to 3 entries"},
        {"{\"f\":[1,0]}", "must hold positive integers only"},
        {"{\"f\":[null]}", "must hold positive integers only"},
        {"{\"f\":[[1]]}", "must hold positive integers only"},
        {"{\"f\":[1,9223372036854775808]}", "must hold positive integers only"},
    };
    apr_array_header_t *ids;
    size_t i;

    assert_null(
        chat_json_read_ids(&ids, read_good("{\"f\":[7,\"008\",7]}", *state), "f", 3, *state));
    assert_int_equal(ids->nelts, 3);
    assert_int_equal(APR_ARRAY_IDX(ids, 0, apr_int64_t), 7);
    assert_int_equal(APR_ARRAY_IDX(ids, 1, apr_int64_t), 8);
    assert_int_equal(APR_ARRAY_IDX(ids, 2, apr_int64_t), 7);
    for (i = 0; i < UNIT_COUNT(others); i++)
        assert_field_problem(
            chat_json_read_ids(&ids, read_good(others[i].text, *state), "f", 3, *state),
            others[i].detail);
}

static void a_missing_field_is_told(void **state)
{
    static const char *const texts[] = {"{}", "{\"f\":null}", "{\"F\":1,\"f \":1}"};
    const char *string = "x";
    apr_size_t length = 7, i;
    apr_int64_t id = 7;
    int value = 7;

    for (i = 0; i < UNIT_COUNT(texts); i++) {
        json_object *object = read_good(texts[i], *state);

        assert_field_problem(chat_json_read_id(&id, object, "f", *state), "is required");
        assert_field_problem(chat_json_read_boolean(&value, object, "f", *state), "is required");
        assert_field_problem(chat_json_read_string(&string, &length, object, "f", *state),
                             "is required");
        id = 7;
        length = 7;
        assert_null(chat_json_read_optional_id(&id, object, "f", *state));
        assert_int_equal(id, 0);
        assert_null(chat_json_read_optional_string(&string, &length, object, "f", *state));
        assert_null(string);
        assert_int_equal(length, 0);
    }
}

static void a_boolean_is_true_or_false_and_nothing_else(void **state)
{
    static const char *const others[] = {"{\"f\":1}",    "{\"f\":0}",  "{\"f\":\"true\"}",
                                         "{\"f\":\"\"}", "{\"f\":[]}", "{\"f\":{}}"};
    int value;
    size_t i;

    assert_null(chat_json_read_boolean(&value, read_good("{\"f\":true}", *state), "f", *state));
    assert_int_equal(value, 1);
    assert_null(chat_json_read_boolean(&value, read_good("{\"f\":false}", *state), "f", *state));
    assert_int_equal(value, 0);
    for (i = 0; i < UNIT_COUNT(others); i++)
        assert_field_problem(
            chat_json_read_boolean(&value, read_good(others[i], *state), "f", *state),
            "must be true or false");
}

static void a_string_is_a_string(void **state)
{
    static const char *const others[] = {"{\"f\":1}", "{\"f\":true}", "{\"f\":[\"a\"]}",
                                         "{\"f\":{\"a\":\"b\"}}"};
    const char *text;
    apr_size_t length, i;
    json_object *object = read_good("{\"f\":\"a\\u00e9\\n\",\"g\":\"\"}", *state);

    assert_null(chat_json_read_string(&text, &length, object, "f", *state));
    assert_string_equal(text, "a\xc3\xa9\n");
    assert_int_equal(length, 4);
    assert_null(chat_json_read_string(&text, &length, object, "g", *state));
    assert_string_equal(text, "");
    assert_int_equal(length, 0);
    for (i = 0; i < UNIT_COUNT(others); i++) {
        object = read_good(others[i], *state);
        assert_field_problem(chat_json_read_string(&text, &length, object, "f", *state),
                             "must be a string");
        assert_field_problem(chat_json_read_optional_string(&text, &length, object, "f", *state),
                             "must be a string");
        assert_null(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(what_rfc_8259_allows_is_read),
        UNIT_TEST(what_must_not_be_read_is_refused),
        UNIT_TEST(a_text_cut_off_anywhere_is_refused),
        UNIT_TEST(every_character_is_read_from_its_escape),
        UNIT_TEST(what_the_writer_wrote_is_read_back),
        UNIT_TEST(an_id_is_a_positive_integer_or_its_digits),
        UNIT_TEST(ids_are_an_array_of_as_many_as_may_be),
        UNIT_TEST(a_missing_field_is_told),
        UNIT_TEST(a_boolean_is_true_or_false_and_nothing_else),
        UNIT_TEST(a_string_is_a_string),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
