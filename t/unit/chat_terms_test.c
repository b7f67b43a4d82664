#include "chat_unit.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_terms.h"

/* A search, and what of it is sent to the database; NULL: nothing. */
typedef struct case_t {
    const char *text;
    const char *sql;
} case_t;

static void assert_sql(const case_t *cases, apr_size_t count, apr_pool_t *p)
{
    chat_terms_t terms;
    const char *sql;
    apr_size_t i;

    for (i = 0; i < count; i++) {
        chat_terms_read(&terms, cases[i].text, p);
        assert_false(terms.too_many);
        sql = chat_terms_sql(&terms, p);
        if (!cases[i].sql)
            assert_null(sql);
        else
            assert_string_equal(sql ? sql : "nothing", cases[i].sql);
    }
}

static void each_word_must_occur(void **state)
{
    static const case_t cases[] = {
        {"ada ", "+ ada"},
        {"ada byron ", "+ ada\n+ byron"},
        {"  ada\t\n byron\xe3\x80\x80x ", "+ ada\n+ byron\n+ x"}, /* U+3000 */
        {"& ada - byron ! ", "+ ada\n+ byron"},
        {"a.b@example.org ", "+ a.b@example.org"},
    };

    assert_sql(cases, UNIT_COUNT(cases), *state);
}

static void the_last_word_may_be_a_beginning(void **state)
{
    static const case_t cases[] = {
        {"ada", "+*ada"},
        {"ada by", "+ ada\n+*by"},
        {"ada b", "+ ada\n+ b"},
        {"ada ", "+ ada"},
        {"ada.", "+ ada."},
        {"a.by", "+*a.by"},
        {"ada -by", "+ ada\n- by"},
        {"\"ada by\"", "+ ada by"},
        {"\"ada by", "+*ada by"},
        {"\xe6\xa4\x9c\xe7\xb4\xa2", "+ \xe6\xa4\x9c\xe7\xb4\xa2"}, /* two words of one letter */
        {"\xc3\xa9\xcc\x81", "+ \xc3\xa9\xcc\x81"},                 /* accents are not letters */
        {"\xc3\x9f", "+*\xc3\x9f"},                                 /* but this is ss */
    };

    assert_sql(cases, UNIT_COUNT(cases), *state);
}

static void quotes_hold_words_together(void **state)
{
    static const case_t cases[] = {
        {"\"ada byron\" x ", "+ ada byron\n+ x"},
        {"ada\"byron x\"y ", "+ ada\n+ byron x\n+ y"},
        {"\xe2\x80\x9e"
         "ada byron\xe2\x80\x9c x ",
         "+ ada byron\n+ x"}, /* German ones */
        {"\xc2\xab"
         "ada byron\xc2\xbb ",
         "+ ada byron"},
        {"\"ada\nbyron\" ", "+ ada byron"},
        {"\"\" ada \"", "+ ada"},
        {"\"or\" ", "+ or"},
        {"\"ada -byron\" ", "+ ada -byron"},
    };

    assert_sql(cases, UNIT_COUNT(cases), *state);
}

static void a_dash_means_without(void **state)
{
    static const case_t cases[] = {
        {"ada -byron ", "+ ada\n- byron"},
        {"ada --byron ", "+ ada\n- byron"},
        {"-x ada ", "- x\n+ ada"},
        {"ada -\"b c\" ", "+ ada\n- b c"},
        {"ada-byron ", "+ ada-byron"},
        {"ada - byron ", "+ ada\n+ byron"},
        {"-ada -byron", NULL},
        {"-", NULL},
    };

    assert_sql(cases, UNIT_COUNT(cases), *state);
}

static void or_stands_between_two(void **state)
{
    static const case_t cases[] = {
        {"ada or byron ", "+ ada\n| byron"},
        {"ada OR \"b c\" or d x ", "+ ada\n| b c\n| d\n+ x"},
        {"or ada ", "+ or\n+ ada"},
        {"ada or ", "+ ada"},
        {"ada or", "+ ada\n+*or"},
        {"or", "+*or"},
        {"ada or -byron ", "+ ada\n- byron"},
        {"-ada or byron ", "- ada\n+ or\n+ byron"},
        {"ada or or byron ", "+ ada\n| or\n+ byron"},
        {"ada or & byron ", "+ ada\n| byron"},
    };

    assert_sql(cases, UNIT_COUNT(cases), *state);
}

static void nothing_is_found_by_nothing(void **state)
{
    static const case_t cases[] = {
        {"", NULL}, {" ", NULL}, {"!?", NULL}, {"\"", NULL}, {"\xe2\x80\x8b", NULL}, {"---", NULL},
    };

    assert_sql(cases, UNIT_COUNT(cases), *state);
}

static int is_too_much(const char *text, apr_pool_t *p)
{
    chat_terms_t terms;

    chat_terms_read(&terms, text, p);
    return terms.too_many;
}

static void words_have_a_limit(void **state)
{
    apr_pool_t *p = *state;

    assert_false(is_too_much("1 2 3 4 5 6 7 8", p));
    assert_true(is_too_much("1 2 3 4 5 6 7 8 9", p));
    assert_true(is_too_much("-1 -2 -3 -4 5 6 7 8 9", p));
    assert_true(is_too_much("1 2 \"3 4 5 6 7 8 9\"", p));
    assert_false(is_too_much("1 or 2 or 3 or 4 & 5 ! 6 \"7 8\"", p));
    assert_false(is_too_much("a.b.c.d.e.f.g.h.i.j@example.org", p)); /* what has no blanks is one */
}

static void bytes_that_are_not_utf8_separate_words(void **state)
{
    chat_terms_t terms;

    chat_terms_read(&terms, "ada \xff byron\xc3", *state);
    assert_int_equal(terms.wanted, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(each_word_must_occur),       UNIT_TEST(the_last_word_may_be_a_beginning),
        UNIT_TEST(quotes_hold_words_together), UNIT_TEST(a_dash_means_without),
        UNIT_TEST(or_stands_between_two),      UNIT_TEST(nothing_is_found_by_nothing),
        UNIT_TEST(words_have_a_limit),         UNIT_TEST(bytes_that_are_not_utf8_separate_words),
    };

    return cmocka_run_group_tests_name("terms of a search", tests, NULL, NULL);
}
