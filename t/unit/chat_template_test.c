#include "chat_unit.h"

#include "notify/chat_template.h"

static const char *const values[] = {"name", "text", NULL};
static const char *const sections[] = {"lines", "more", NULL};
static const chat_template_names_t names = {values, sections};

static const char *error_of(const char *text, apr_pool_t *p)
{
    const char *error = NULL;

    assert_null(chat_template_read(&error, text, &names, 0, p));
    assert_non_null(error);
    return error;
}

/* With name, and lines of text; `count` of them. */
static const char *written(const char *text, int is_html, int count, apr_pool_t *p)
{
    const char *error = NULL;
    chat_template_t *source = chat_template_read(&error, text, &names, is_html, p);
    apr_array_header_t *records = apr_array_make(p, 1, sizeof(apr_table_t *));
    const chat_template_section_t lines = {"lines", records};
    apr_table_t *outside = apr_table_make(p, 1);
    int i;

    assert_non_null(source);
    assert_null(error);
    apr_table_setn(outside, "name", "A & <b>\n{{text}}");
    apr_table_setn(outside, "text", "outside");
    for (i = 0; i < count; i++) {
        apr_table_t *record = apr_table_make(p, 1);

        apr_table_setn(record, "text", i ? "two" : "one");
        APR_ARRAY_PUSH(records, apr_table_t *) = record;
    }
    return chat_template_write(source, outside, &lines, 1, p);
}

static void values_are_not_read_again(void **state)
{
    assert_string_equal(written("x{{name}}y", 0, 0, *state), "xA & <b>\n{{text}}y");
    assert_string_equal(written("", 0, 0, *state), "");
    assert_string_equal(written("a } } { {b}", 0, 0, *state), "a } } { {b}");
}

static void values_are_escaped_in_html(void **state)
{
    assert_string_equal(written("<p>{{name}}</p>", 1, 0, *state),
                        "<p>A &amp; &lt;b&gt;<br>\n{{text}}</p>");
}

static void a_section_is_repeated_for_each_record(void **state)
{
    const char *text = "[{{#lines}}{{text}}, {{/lines}}]{{text}}{{#more}}never{{/more}}";

    assert_string_equal(written(text, 0, 2, *state), "[one, two, ]outside");
    assert_string_equal(written(text, 0, 0, *state), "[]outside");
}

static void what_is_not_known_is_an_error_with_its_line(void **state)
{
    apr_pool_t *p = *state;

    assert_string_equal(error_of("a\nb {{other}}", p), "line 2: {{other}}: no such name is known");
    assert_string_equal(error_of("{{#name}}{{/name}}", p),
                        "line 1: {{#name}}: no such section is known");
    assert_string_equal(error_of("{{#lines}}", p), "the section {{#lines}} has no end");
    assert_string_equal(error_of("{{/lines}}", p),
                        "line 1: {{/lines}}: this section was not begun");
    assert_string_equal(error_of("{{#lines}}{{#more}}", p),
                        "line 1: {{#more}}: a section cannot contain another one");
    assert_string_equal(error_of("{{#lines}}{{/more}}", p),
                        "line 1: {{/more}}: this section was not begun");
    assert_string_equal(error_of("\n\n{{name", p), "line 3: \"{{\" has no \"}}\"");
    error_of("{{}}", p);
    error_of("{{ name }}", p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(values_are_not_read_again),
        UNIT_TEST(values_are_escaped_in_html),
        UNIT_TEST(a_section_is_repeated_for_each_record),
        UNIT_TEST(what_is_not_known_is_an_error_with_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
