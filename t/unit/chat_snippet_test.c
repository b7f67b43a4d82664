#include "chat_unit.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_snippet.h"

/* In snippets: where a mark begins and ends. */
#define M "<mark>"
#define N "</mark>"

static const char *snippet_of(const char *query, const char *content, const char *name,
                              apr_pool_t *p)
{
    chat_terms_t terms;

    chat_terms_read(&terms, query, p);
    return chat_snippet(&terms, content, name, p);
}

static void assert_snippet(const char *query, const char *content, const char *expected,
                           apr_pool_t *p)
{
    assert_string_equal(snippet_of(query, content, NULL, p), expected);
}

/* A snippet as a browser shows it. */
static const char *shown(const char *html, apr_pool_t *p)
{
    static const struct {
        const char *html, *text;
    } all[] = {{M, ""},        {N, ""},          {"&lt;", "<"}, {"&gt;", ">"},
               {"&amp;", "&"}, {"&quot;", "\""}, {"&#39;", "'"}};
    char *text = apr_palloc(p, strlen(html) + 1), *to = text;
    apr_size_t i;

    while (*html) {
        for (i = 0; i < UNIT_COUNT(all); i++)
            if (strncmp(html, all[i].html, strlen(all[i].html)) == 0)
                break;
        if (i < UNIT_COUNT(all)) {
            to = apr_cpystrn(to, all[i].text, strlen(all[i].text) + 1);
            html += strlen(all[i].html);
        } else {
            assert_true(*html != '<' && *html != '>' && *html != '&');
            *to++ = *html++;
        }
    }
    *to = '\0';
    return text;
}

static apr_size_t chars_of(const char *text)
{
    apr_size_t chars = 0;

    for (; *text; text++)
        chars += (*text & 0xc0) != 0x80;
    return chars;
}

static void words_are_marked(void **state)
{
    apr_pool_t *p = *state;

    assert_snippet("ada ", "Hello, Ada!", "Hello, " M "Ada" N "!", p);
    assert_snippet("ada ", "Adam and ada", "Adam and " M "ada" N, p);
    assert_snippet("ad", "Adam and ada", M "Ad" N "am and " M "ad" N "a", p);
    assert_snippet("-hello ada", "Hello, Ada", "Hello, " M "Ada" N, p);
    assert_snippet("ada or bob ", "bob, ada", M "bob" N ", " M "ada" N, p);
    assert_snippet("\"ada byron\"", "byron ada  byron ada", "byron " M "ada byron" N " ada", p);
    assert_snippet("a.b@example.org ", "to a.b@example.org or a b",
                   "to " M "a.b@example.org" N " or a b", p);
    assert_snippet("example", "a.b@example.org", "a.b@" M "example" N ".org", p);
    assert_snippet("1.234,50 ", "it is 1.234,50 EUR", "it is " M "1.234,50" N " EUR", p);
    assert_snippet("x ", "no such word", "no such word", p);
}

static void words_are_marked_as_they_are_written(void **state)
{
    apr_pool_t *p = *state;

    assert_snippet("cafe ", "Caf\xc3\xa9, CAFE\xcc\x81!",
                   M "Caf\xc3\xa9" N ", " M "CAFE\xcc\x81" N "!", p);
    assert_snippet("caf\xc3\xa9 ", "cafe", M "cafe" N, p);
    assert_snippet("strasse ",
                   "Stra\xc3\x9f"
                   "e",
                   M "Stra\xc3\x9f"
                     "e" N,
                   p);
    assert_snippet("donaudampf", "Donaudampfschiff", M "Donaudampf" N "schiff", p);
    assert_snippet("isik ", "I\xc5\x9f\xc4\xb1k", M "I\xc5\x9f\xc4\xb1k" N, p);
    assert_snippet("\xe6\xa4\x9c\xe7\xb4\xa2",
                   "\xe5\x85\xa8\xe6\x96\x87\xe6\xa4\x9c\xe7\xb4\xa2\xe3\x81\x99",
                   "\xe5\x85\xa8\xe6\x96\x87" M "\xe6\xa4\x9c\xe7\xb4\xa2" N "\xe3\x81\x99", p);
    assert_snippet("\xe7\xb4\xa2\xe6\xa4\x9c", "\xe6\xa4\x9c\xe7\xb4\xa2",
                   "\xe6\xa4\x9c\xe7\xb4\xa2", p);
    /* ka is not ga, composed or not; ga of half width is ga */
    assert_snippet("\xe3\x81\x8b", "\xe3\x81\x8c\xe3\x81\x8b", "\xe3\x81\x8c" M "\xe3\x81\x8b" N,
                   p);
    assert_snippet("\xe3\x82\xac", "\xef\xbd\xb6\xef\xbe\x9e", M "\xef\xbd\xb6\xef\xbe\x9e" N, p);
    /* Seoul, with a particle; Thai with a tone mark */
    assert_snippet("\xec\x84\x9c\xec\x9a\xb8", "\xec\x84\x9c\xec\x9a\xb8\xec\x97\x90\xec\x84\x9c",
                   M "\xec\x84\x9c\xec\x9a\xb8" N "\xec\x97\x90\xec\x84\x9c", p);
    assert_snippet("\xe0\xb8\x97\xe0\xb8\xb5\xe0\xb9\x88",
                   "\xe0\xb8\x97\xe0\xb8\xb5\xe0\xb9\x88\xe0\xb8\x99",
                   M "\xe0\xb8\x97\xe0\xb8\xb5\xe0\xb9\x88" N "\xe0\xb8\x99", p);
    /* Arabic with and without vowels; Hebrew with points */
    assert_snippet("\xd9\x85\xd8\xad\xd9\x85\xd8\xaf", "\xd9\x85\xd9\x8f\xd8\xad\xd9\x85\xd8\xaf!",
                   M "\xd9\x85\xd9\x8f\xd8\xad\xd9\x85\xd8\xaf" N "!", p);
    assert_snippet("ada ", "ada\xf0\x9f\x91\x8d", M "ada" N "\xf0\x9f\x91\x8d", p);
}

static void everything_else_is_escaped(void **state)
{
    apr_pool_t *p = *state;

    assert_snippet("script ", "a <script>alert(1)</script> & <b>Rabat</b>",
                   "a &lt;" M "script" N "&gt;alert(1)&lt;/" M "script" N
                   "&gt; &amp; &lt;b&gt;Rabat&lt;/b&gt;",
                   p);
    assert_snippet("b ", "\"a\" 'b' &lt;mark&gt;",
                   "&quot;a&quot; &#39;" M "b" N "&#39; &amp;lt;mark&amp;gt;", p);
    assert_snippet("mark ", "<mark>x</mark>", "&lt;" M "mark" N "&gt;x&lt;/" M "mark" N "&gt;", p);
    assert_snippet("a ", "a\n\n\tb", M "a" N " b", p);
    assert_snippet("a ",
                   "a \xe2\x80\xae"
                   "b\xe2\x81\xa7",
                   M "a" N " b", p); /* directions */
}

static void the_name_of_a_file_is_shown(void **state)
{
    apr_pool_t *p = *state;

    assert_string_equal(snippet_of("report ", "", "Report <1>.pdf", p),
                        M "Report" N " &lt;1&gt;.pdf");
    assert_string_equal(snippet_of("report ", "see this", "report_1.pdf", p),
                        "see this \xc2\xb7 " M "report" N "_1.pdf");
    assert_string_equal(snippet_of("see ", "see this", "report.pdf", p), M "see" N " this");
    assert_string_equal(snippet_of("other ", "", "report.pdf", p), "report.pdf");
}

static void a_long_text_is_cut_around_the_first_mark(void **state)
{
    apr_pool_t *p = *state;
    const char *words = "", *html, *text;
    int i, far;

    for (i = 0; i < 200; i++)
        words = apr_pstrcat(p, words, i ? " " : "", "word", apr_itoa(p, i), NULL);
    for (far = 0; far < 200; far++) {
        html = snippet_of(apr_psprintf(p, "word%d ", far), words, NULL, p);
        text = shown(html, p);
        assert_non_null(strstr(html, apr_psprintf(p, M "word%d" N, far)));
        assert_in_range(chars_of(text), 150, CHAT_SNIPPET_CHARS_MAX);
        assert_int_equal(strncmp(text, "\xe2\x80\xa6", 3) == 0, far > 10);
    }
    html = snippet_of("nothing ", words, NULL, p);
    assert_int_equal(strncmp(html, "word0 word1 ", 12), 0);
    assert_true(chars_of(html) <= CHAT_SNIPPET_CHARS_MAX);
}

/* Whatever is searched in whatever: the snippet is a part of the text, and no longer than allowed.
 */
static void a_snippet_is_true(void **state)
{
    static const char *const parts[] = {
        "ada",
        " ",
        "<",
        "&lt;",
        "\n",
        "e\xcc\x81",
        "\xe6\xa4\x9c",
        "\xe3\x81\x8b\xe3\x82\x99",
        "or",
        "\"",
        "-",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
        "\xef\xb7\xba",
        "\xe2\x81\xa7",
        "\xe0\xa4\x95\xe0\xa5\x8d\xe0\xa4\xb7",
        "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa",
        "x",
        "'",
        "\xc2\xad",
    };
    uint64_t seed = unit_random_start();
    int i, n, length;

    for (i = 0; i < 3000; i++) {
        apr_pool_t *p;
        const char *query = "", *content = "", *html;

        apr_pool_create(&p, *state);
        for (n = 0, length = (int)unit_random(&seed, 12); n < length; n++)
            query = apr_pstrcat(p, query, parts[unit_random(&seed, UNIT_COUNT(parts))], NULL);
        for (n = 0, length = (int)unit_random(&seed, 150); n < length; n++)
            content = apr_pstrcat(p, content, parts[unit_random(&seed, UNIT_COUNT(parts))], NULL);
        html = snippet_of(query, content, i % 3 ? NULL : "ada x.pdf", p);
        assert_true(chars_of(shown(html, p)) <= CHAT_SNIPPET_CHARS_MAX);
        assert_null(strstr(html, M N));
        apr_pool_destroy(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(words_are_marked),
        UNIT_TEST(words_are_marked_as_they_are_written),
        UNIT_TEST(everything_else_is_escaped),
        UNIT_TEST(the_name_of_a_file_is_shown),
        UNIT_TEST(a_long_text_is_cut_around_the_first_mark),
        UNIT_TEST(a_snippet_is_true),
    };

    return cmocka_run_group_tests_name("snippets", tests, NULL, NULL);
}
