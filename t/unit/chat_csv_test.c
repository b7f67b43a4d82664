#include "chat_unit.h"

#include <string.h>

#include "core/chat_csv.h"

/* A text, and its cell. */
static void becomes(void **state, const char *text, const char *wanted)
{
    apr_pool_t *p = *state;
    apr_size_t length;
    const char *cell = chat_csv_text(&length, text, strlen(text), p);

    assert_string_equal(cell, wanted);
    assert_int_equal(length, strlen(wanted));
}

static void text_is_left_as_it_is(void **state)
{
    becomes(state, "", "");
    becomes(state, "Ada Miller", "Ada Miller");
    becomes(state, "J\303\266rg", "J\303\266rg");
    becomes(state, "a=b", "a=b");
}

static void separators_quotes_and_line_ends_are_in_quotes(void **state)
{
    becomes(state, "Miller, Ada", "\"Miller, Ada\"");
    becomes(state, "say \"hi\"", "\"say \"\"hi\"\"\"");
    becomes(state, "two\nlines", "\"two\nlines\"");
    becomes(state, "two\rlines", "\"two\rlines\"");
    becomes(state, "\"", "\"\"\"\"");
}

static void a_formula_is_text(void **state)
{
    becomes(state, "=1+1", "'=1+1");
    becomes(state, "+49", "'+49");
    becomes(state, "-5", "'-5");
    becomes(state, "@home", "'@home");
    becomes(state, "\tx", "'\tx");
    becomes(state, "\rx", "\"'\rx\"");
    becomes(state, "=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(text_is_left_as_it_is),
        UNIT_TEST(separators_quotes_and_line_ends_are_in_quotes),
        UNIT_TEST(a_formula_is_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
