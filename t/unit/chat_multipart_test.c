#include "chat_unit.h"

#include <apr_strings.h>

#include "http/chat_multipart.h"

/* What came out, as text: "<name|file name>content;" for each part. */
typedef struct seen_t {
    char text[8192];
    apr_size_t length;
    int stops_at; /* the part whose content is refused; 0: none */
    int parts;
} seen_t;

static void note(seen_t *seen, const char *bytes, apr_size_t count)
{
    assert_true(seen->length + count < sizeof seen->text);
    memcpy(seen->text + seen->length, bytes, count);
    seen->length += count;
    seen->text[seen->length] = '\0';
}

static apr_status_t begin(void *data, const chat_multipart_part_t *part)
{
    seen_t *seen = data;

    seen->parts++;
    note(seen, "<", 1);
    note(seen, part->name, strlen(part->name));
    if (part->filename) {
        note(seen, "|", 1);
        note(seen, part->filename, strlen(part->filename));
    }
    note(seen, ">", 1);
    return APR_SUCCESS;
}

static apr_status_t content(void *data, const char *bytes, apr_size_t count)
{
    seen_t *seen = data;

    assert_true(count > 0);
    if (seen->stops_at == seen->parts)
        return APR_ENOSPC;
    note(seen, bytes, count);
    return APR_SUCCESS;
}

static apr_status_t end(void *data)
{
    note(data, ";", 1);
    return APR_SUCCESS;
}

static const chat_multipart_handler_t handler = {begin, content, end};

/* The status after all of the body, in pieces of `piece` bytes. */
static apr_status_t feed(seen_t *seen, const char **pfault, const char *body, apr_size_t length,
                         apr_size_t piece)
{
    chat_multipart_t multipart;
    apr_size_t at;
    apr_status_t rv =
        chat_multipart_begin(&multipart, "multipart/form-data; boundary=B", &handler, seen);

    assert_int_equal(rv, APR_SUCCESS);
    for (at = 0; at < length && rv == APR_SUCCESS; at += piece)
        rv = chat_multipart_read(&multipart, body + at, length - at < piece ? length - at : piece);
    if (rv == APR_SUCCESS)
        rv = chat_multipart_end(&multipart);
    *pfault = chat_multipart_fault(&multipart);
    return rv;
}

/* At every size of the pieces the same. */
static const char *read_all(const char *body, apr_size_t length)
{
    static seen_t seen;
    const char *fault;
    apr_status_t rv;
    apr_size_t piece;
    seen_t again;
    const char *fault_again;

    memset(&seen, 0, sizeof seen);
    rv = feed(&seen, &fault, body, length, length + 1);
    assert_true((rv == APR_SUCCESS) == (fault == NULL));
    for (piece = 1; piece <= length; piece++) {
        memset(&again, 0, sizeof again);
        assert_int_equal(feed(&again, &fault_again, body, length, piece), rv);
        assert_ptr_equal(fault_again, fault);
        if (rv == APR_SUCCESS)
            assert_string_equal(again.text, seen.text);
    }
    return fault ? fault : seen.text;
}

#define READ(body) read_all(body, sizeof(body) - 1)
#define PART(parameters, content)                                                                  \
    "--B\r\nContent-Disposition: form-data; " parameters "\r\n\r\n" content "\r\n"
#define END "--B--\r\n"

static void parts_come_with_their_names_and_content(void **state)
{
    (void)state;
    assert_string_equal(READ(PART("name=\"a\"", "one") END), "<a>one;");
    assert_string_equal(READ(PART("name=a", "") END), "<a>;");
    assert_string_equal(READ(PART("name=\"a\"", "1") PART("name=\"b\"; filename=\"c d\"", "2") END),
                        "<a>1;<b|c d>2;");
    assert_string_equal(READ(PART("name=\"b\"; filename=\"\"", "") END), "<b|>;");
    assert_string_equal(READ(PART("NAME=a;filename=x", "y") END), "<a|x>y;");
    assert_string_equal(
        READ("--B\r\ncontent-type: text/plain\r\nCONTENT-DISPOSITION:form-data;name=a"
             "\r\nContent-Transfer-Encoding: 8bit\r\n\r\nx\r\n--B--"),
        "<a>x;");
    assert_string_equal(READ(PART("name=a", "x") END " \t\r\n"), "<a>x;");
}

static void content_may_look_like_a_boundary(void **state)
{
    (void)state;
    assert_string_equal(READ(PART("name=a", "\r\n--A\r\n--\r\r\n-\r\n--b") END),
                        "<a>\r\n--A\r\n--\r\r\n-\r\n--b;");
    assert_string_equal(READ(PART("name=a", "x--B") END), "<a>x--B;");
    assert_string_equal(READ(PART("name=a", "\r\n") END), "<a>\r\n;");
    assert_string_equal(READ(PART("name=a", "\r\r\n") END), "<a>\r\r\n;");
    assert_string_equal(READ(PART("name=a", "\n--B") END), "<a>\n--B;");
}

static void names_are_decoded_as_browsers_encode_them(void **state)
{
    (void)state;
    assert_string_equal(READ(PART("name=\"a\"; filename=\"%22%0D%0a%25%41\"", "") END),
                        "<a|\"\r\n%25%41>;");
    assert_string_equal(READ(PART("name=\"a\"; filename=\"c:\\dir\\x\"", "") END),
                        "<a|c:\\dir\\x>;");
    assert_string_equal(READ(PART("name=\"a\"; filename=\"x\\\"y\"", "") END), "<a|x\"y>;");
    /* Busboy drops such a part, and undici refuses the body. */
    assert_string_equal(READ(PART("name=\"a\"; filename=\"x\\\"", "") END),
                        "A part of the body has no Content-Disposition: form-data with one name.");
    assert_string_equal(READ(PART("name=\"a\"; filename*=UTF-8''z; filename=\"y\"", "") END),
                        "<a|y>;");
    assert_string_equal(READ(PART("name=\"a\"; filename=\"\xc3\xbc; name=b\"", "") END),
                        "<a|\xc3\xbc; name=b>;");
}

static void what_is_malformed_is_refused(void **state)
{
    static const struct {
        const char *body;
        const char *fault;
    } cases[] = {
        {"", "The body ends before its closing boundary."},
        {PART("name=a", "x"), "The body ends before its closing boundary."},
        {PART("name=a", "x") "--B-", "The body ends before its closing boundary."},
        {"x" PART("name=a", "x") END, "The body does not begin with its boundary."},
        {"\r\n" PART("name=a", "x") END, "The body does not begin with its boundary."},
        {END, "The body has no parts."},
        {"--B\n", "A boundary in the body is followed by something else."},
        {"--BB\r\n", "A boundary in the body is followed by something else."},
        {PART("name=a", "x") END "x", "A boundary in the body is followed by something else."},
        {PART("name=a", "x") "--B--x", "A boundary in the body is followed by something else."},
        {PART("name=a", "x") "--Bx", "A boundary in the body is followed by something else."},
        {PART("name=a", "x") "--B-x", "A boundary in the body is followed by something else."},
        {PART("name=a", "x") "--B \r\n", "A boundary in the body is followed by something else."},
        {"--B\r\nContent-Disposition: form-data; name=a\r\n--Bx: y\r\n\r\n",
         "A part of the body has a malformed header."},
        {PART("name=a", "x") "--B\rx", "A boundary in the body is followed by something else."},
        {PART("name=a", "--B"), "A part of the body has no line for its content."},
        {"--B\r\n\r\nx\r\n" END, "A part of the body has no Content-Disposition."},
        {"--B\r\nContent-Type: text/plain\r\n\r\n",
         "A part of the body has no Content-Disposition."},
        {PART("", "x") END,
         "A part of the body has no Content-Disposition: form-data with one name."},
        {PART("filename=a", "x"),
         "A part of the body has no Content-Disposition: form-data with one name."},
        {PART("name=a; name=b", "x"),
         "A part of the body has no Content-Disposition: form-data with one name."},
        {PART("name=a; filename=b; filename=c", ""),
         "A part of the body has no Content-Disposition: form-data with one name."},
        {PART("name=\"a", "x"),
         "A part of the body has no Content-Disposition: form-data with one name."},
        {PART("name=\"a\"b", "x"),
         "A part of the body has no Content-Disposition: form-data with one name."},
        {"--B\r\nContent-Disposition: attachment; name=a\r\n\r\n",
         "A part of the body has no Content-Disposition: form-data with one name."},
        {"--B\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; "
         "name=b\r\n\r\n",
         "A part of the body has no Content-Disposition: form-data with one name."},
        {"--B\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: "
         "base64\r\n\r\n",
         "A part of the body has a Content-Transfer-Encoding."},
        {"--B\r\nContent-Disposition: form-data; name=a\n\r\n\r\n",
         "A part of the body has a malformed header."},
        {"--B\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\n",
         "A part of the body has no Content-Disposition: form-data with one name."},
        {"--B\r\nContent-Disposition : form-data; name=a\r\n\r\n",
         "A part of the body has a malformed header."},
        {"--B\r\nx\r\n\r\n", "A part of the body has a malformed header."},
        {"--B\r\n\x01: x\r\n\r\n", "A part of the body has a malformed header."},
    };
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(cases); i++)
        assert_string_equal(read_all(cases[i].body, strlen(cases[i].body)), cases[i].fault);
    assert_string_equal(READ("--B\r\na\0b: x\r\n\r\n"),
                        "A part of the body has a malformed header.");
}

static void parts_and_headers_have_limits(void **state)
{
    apr_pool_t *p = *state;
    char *header = apr_palloc(p, CHAT_MULTIPART_HEADER_BYTES_MAX + 1);
    const char *begin_of_part = "--B\r\nContent-Disposition: form-data; name=a; filename=";
    apr_size_t fixed = strlen(begin_of_part) - strlen("--B\r\n") + strlen("\r\n\r\n");
    const char *body = "";
    const char *fault;
    seen_t seen = {.length = 0};
    int i;

    for (i = 0; i < CHAT_MULTIPART_PARTS_MAX; i++)
        body = apr_pstrcat(p, body, PART("name=a", ""), NULL);
    fault = apr_pstrcat(p, body, END, NULL);
    assert_string_equal(read_all(fault, strlen(fault)),
                        "<a>;<a>;<a>;<a>;<a>;<a>;<a>;<a>;<a>;<a>;<a>;<a>;<a>;<a>;<a>;<a>;");
    body = apr_pstrcat(p, body, PART("name=a", "") END, NULL);
    assert_string_equal(read_all(body, strlen(body)), "The body has too many parts.");

    memset(header, 'x', CHAT_MULTIPART_HEADER_BYTES_MAX);
    header[CHAT_MULTIPART_HEADER_BYTES_MAX - fixed] = '\0';
    body = apr_pstrcat(p, begin_of_part, header, "\r\n\r\n\r\n" END, NULL);
    assert_int_equal(feed(&seen, &fault, body, strlen(body), 100), APR_SUCCESS);
    body = apr_pstrcat(p, begin_of_part, header, "x\r\n\r\n\r\n" END, NULL);
    seen.length = 0;
    assert_int_equal(feed(&seen, &fault, body, strlen(body), 100), APR_EGENERAL);
    assert_string_equal(fault, "A part of the body has too large a header.");
}

static void a_handler_can_end_it(void **state)
{
    static const char body[] = PART("name=a", "x") PART("name=b", "y") PART("name=c", "z") END;
    seen_t seen = {.stops_at = 2};
    const char *fault;

    (void)state;
    assert_int_equal(feed(&seen, &fault, body, sizeof body - 1, 7), APR_ENOSPC);
    assert_string_equal(seen.text, "<a>x;<b>");
    assert_null(fault);
}

static void the_boundary_is_that_of_the_content_type(void **state)
{
    static const char *const good[] = {
        "multipart/form-data; boundary=B",
        "Multipart/Form-Data;boundary=\"B\"",
        "multipart/form-data; charset=utf-8; BOUNDARY=B",
        "multipart/form-data ; boundary=B ",
        "multipart/form-data; boundary=\"a b'()+_,-./:=?\"",
        "multipart/form-data; "
        "boundary=0123456789012345678901234567890123456789012345678901234567890123456789"};
    static const char *const bad[] = {
        "multipart/form-data",
        "multipart/form-data; boundary = B",
        "multipart/form-data; boundary=B;",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=a; boundary=a",
        "multipart/form-data; boundary=\"a",
        "multipart/form-data; boundary=a\xc3\xbc",
        "multipart/form-data; boundary=\"a\\b\"",
        "multipart/mixed; boundary=B",
        "application/json",
        "multipart/form-datax; boundary=B",
        "multipart/form-data, boundary=B",
        "multipart/form-data; "
        "boundary=01234567890123456789012345678901234567890123456789012345678901234567890"};
    chat_multipart_t multipart;
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(good); i++)
        assert_int_equal(chat_multipart_begin(&multipart, good[i], &handler, NULL), APR_SUCCESS);
    for (i = 0; i < UNIT_COUNT(bad); i++)
        assert_int_equal(chat_multipart_begin(&multipart, bad[i], &handler, NULL), APR_EINVAL);
    assert_int_equal(chat_multipart_begin(&multipart, NULL, &handler, NULL), APR_EINVAL);
    assert_true(chat_multipart_is_type("multipart/form-data"));
    assert_false(chat_multipart_is_type("multipart/mixed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_with_their_names_and_content),
        cmocka_unit_test(content_may_look_like_a_boundary),
        cmocka_unit_test(names_are_decoded_as_browsers_encode_them),
        cmocka_unit_test(what_is_malformed_is_refused),
        UNIT_TEST(parts_and_headers_have_limits),
        cmocka_unit_test(a_handler_can_end_it),
        cmocka_unit_test(the_boundary_is_that_of_the_content_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
