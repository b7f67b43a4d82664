#include "chat_unit.h"

#include <string.h>
#include <time.h>

#include <apr_strings.h>

#include "guard/chat_pattern.h"

#define LONG_CHARS 6000 /* more than are tried in one call */

static chat_pattern_t *pattern_of(const char *text, apr_pool_t *p)
{
    chat_pattern_t *pattern = NULL;
    const char *error = chat_pattern_make(&pattern, text, p);

    if (error)
        fail_msg("%s: %s", text, error);
    return pattern;
}

/* The same pattern, only ever tried carefully. */
static chat_pattern_t *careful_pattern_of(const char *text, apr_pool_t *p)
{
    return pattern_of(apr_pstrcat(p, "(*NO_JIT)", text, NULL), p);
}

static chat_pattern_result_t match(const char *pattern, const char *text, apr_size_t length,
                                   apr_pool_t *p)
{
    chat_pattern_tools_t *tools = chat_pattern_tools(p);
    chat_pattern_result_t result = chat_pattern_match(pattern_of(pattern, p), text, length, tools);

    assert_int_equal(chat_pattern_match(careful_pattern_of(pattern, p), text, length, tools),
                     result);
    return result;
}

/* Of `text`, as often as there is room, with `end` behind it. */
static char *repeat(const char *text, apr_size_t bytes, const char *end, apr_pool_t *p)
{
    apr_size_t each = strlen(text), at;
    char *long_text = apr_palloc(p, bytes + strlen(end) + 1);

    for (at = 0; at + each <= bytes; at += each)
        memcpy(long_text + at, text, each);
    memcpy(long_text + at, end, strlen(end) + 1);
    return long_text;
}

static void a_pattern_is_found_anywhere(void **state)
{
    static const char *const patterns[] = {"needle",       "(?<=[^n]{9})n(e)\\1dle",
                                           "\\bneedle\\b", "n[a-z]+e(?!d)",
                                           "^.*needle.*$", "(?s)^.*needle"};
    const char *hay = repeat("h\xc3\xa4y \xf0\x9f\x98\x80 ", LONG_CHARS, "", *state);
    apr_size_t i, at;

    if (unit_is_valgrind())
        skip();
    for (i = 0; i < UNIT_COUNT(patterns); i++) {
        chat_pattern_t *pattern = pattern_of(patterns[i], *state);
        apr_pool_t *p;

        assert_int_equal(match(patterns[i], hay, strlen(hay), *state), CHAT_PATTERN_NO_MATCH);
        apr_pool_create(&p, *state);
        for (at = 40; at < strlen(hay); at += 37) {
            const char *text;

            if ((hay[at] & 0xc0) == 0x80)
                continue; /* within a character */
            text = apr_pstrcat(p, apr_pstrndup(p, hay, at), " Needle ", hay + at, NULL);
            if (chat_pattern_match(pattern, text, strlen(text), chat_pattern_tools(p)) !=
                CHAT_PATTERN_MATCH)
                fail_msg("%s is not found at %d", patterns[i], (int)at);
            apr_pool_clear(p);
        }
        apr_pool_destroy(p);
    }
}

static void an_end_is_found_wherever_it_is(void **state)
{
    chat_pattern_t *pattern = pattern_of("(?<=x)y$", *state);
    chat_pattern_tools_t *tools = chat_pattern_tools(*state);
    char *text = repeat("x", LONG_CHARS, "y", *state);
    apr_size_t length;

    for (length = 2; length <= LONG_CHARS; length++)
        assert_int_equal(chat_pattern_match(pattern, text + LONG_CHARS + 1 - length, length, tools),
                         CHAT_PATTERN_MATCH);
    assert_int_equal(chat_pattern_match(pattern, text, LONG_CHARS, tools), CHAT_PATTERN_NO_MATCH);
}

static void the_length_decides_not_a_nul(void **state)
{
    assert_int_equal(match("a\\x{0}b", "xa\0b", 4, *state), CHAT_PATTERN_MATCH);
    assert_int_equal(match("ab", "xa\0b", 4, *state), CHAT_PATTERN_NO_MATCH);
    assert_int_equal(match("a", "xa", 1, *state), CHAT_PATTERN_NO_MATCH);
    assert_int_equal(match("a", "", 0, *state), CHAT_PATTERN_NO_MATCH);
}

static void a_character_is_more_than_a_byte(void **state)
{
    assert_int_equal(match("^.{3}$", "\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80", 9, *state),
                     CHAT_PATTERN_MATCH);
    assert_int_equal(match("stra\xc3\x9f"
                           "e",
                           "STRA\xe1\xba\x9e"
                           "E",
                           8, *state),
                     CHAT_PATTERN_MATCH);
    assert_int_equal(match("\\d", "\xd9\xa3", 2, *state), CHAT_PATTERN_MATCH); /* Arabic three */
}

/* They forbid the JIT, or depend on where a try begins; a text longer than one call takes. */
static void verbs_do_what_they_do(void **state)
{
    const char *text = repeat("ab", LONG_CHARS, "needle", *state);

    if (unit_is_valgrind())
        skip();
    assert_int_equal(match("(*NO_JIT)needle", text, strlen(text), *state), CHAT_PATTERN_MATCH);
    assert_int_equal(match("needle(*COMMIT)", text, strlen(text), *state), CHAT_PATTERN_MATCH);
    assert_int_equal(match("b(*COMMIT)x|needle", text, strlen(text), *state),
                     CHAT_PATTERN_NO_MATCH);
    assert_int_equal(match("(?:ab)+(*SKIP)x|needle", text, strlen(text), *state),
                     CHAT_PATTERN_MATCH);
    assert_int_equal(match("\\Gneedle", text, strlen(text), *state), CHAT_PATTERN_NO_MATCH);
    assert_int_equal(match("(?!\\G)needle", text, strlen(text), *state), CHAT_PATTERN_MATCH);
    assert_int_equal(match("(*LIMIT_MATCH=1)(a|b)+$", text, strlen(text), *state),
                     CHAT_PATTERN_EXHAUSTED);
}

/* From one position, from all of them, or in one long item. */
static void a_pattern_that_takes_too_long_is_exhausted(void **state)
{
    static const char *const patterns[] = {"(a+)+$",          "(a|aa)+$",
                                           ".*.*.*[xy]",      "[^x]*+[xy]",
                                           "(?=(a+))\\1[bc]", "(?:(?=.*+(?<=[bc]))a|a)+[bc]"};
    const char *text = repeat("a", 50000, "!", *state);
    chat_pattern_tools_t *tools = chat_pattern_tools(*state);
    struct timespec start, end;
    size_t i;

    for (i = 0; i < UNIT_COUNT(patterns); i++) {
        chat_pattern_t *pattern = pattern_of(patterns[i], *state);

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
        if (chat_pattern_match(pattern, text, strlen(text), tools) != CHAT_PATTERN_EXHAUSTED)
            fail_msg("%s is not exhausted", patterns[i]);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        print_message("# %-32s %.1f ms\n", patterns[i],
                      (double)(end.tv_sec - start.tv_sec) * 1e3 +
                          (double)(end.tv_nsec - start.tv_nsec) / 1e6);
        assert_true(end.tv_sec - start.tv_sec < 10); /* under valgrind */
    }
}

static void what_takes_long_but_not_too_long_has_its_answer(void **state)
{
    const char *text = repeat("a", 600, "!", *state);

    if (unit_is_valgrind())
        skip();
    assert_int_equal(match("((a)|b)+!", text, strlen(text), *state), CHAT_PATTERN_MATCH);
    assert_int_equal(match("^((a)|b)+!.", text, strlen(text), *state), CHAT_PATTERN_NO_MATCH);
}

static void exhausted_tools_are_as_good_as_new(void **state)
{
    chat_pattern_tools_t *tools = chat_pattern_tools(*state);
    const char *text = repeat("a", LONG_CHARS, "!", *state);

    if (unit_is_valgrind())
        skip();
    assert_int_equal(chat_pattern_match(pattern_of("(a+)+$", *state), text, strlen(text), tools),
                     CHAT_PATTERN_EXHAUSTED);
    assert_int_equal(chat_pattern_match(pattern_of("a!", *state), text, strlen(text), tools),
                     CHAT_PATTERN_MATCH);
    assert_int_equal(chat_pattern_match(pattern_of("b!", *state), text, strlen(text), tools),
                     CHAT_PATTERN_NO_MATCH);
}

static void what_is_no_pattern_is_told(void **state)
{
    chat_pattern_t *pattern = NULL;

    assert_string_equal(chat_pattern_make(&pattern, "a\xc3\xa4(", *state),
                        "the pattern \"a\xc3\xa4(\" cannot be used: missing closing parenthesis, "
                        "after 3 characters");
    assert_string_equal(chat_pattern_make(&pattern, "a*", *state),
                        "the pattern \"a*\" matches an empty text, thus every message");
    assert_string_equal(chat_pattern_make(&pattern, "\xc3", *state),
                        "the pattern is not valid UTF-8");
    assert_null(pattern);
}

/* Where only one comes to an answer, there is nothing to compare. */
static void compare(const char *text, apr_size_t length, const char *words, apr_pool_t *p)
{
    chat_pattern_tools_t *tools = chat_pattern_tools(p);
    chat_pattern_t *pattern;
    chat_pattern_result_t result, careful;

    if (chat_pattern_make(&pattern, words, p))
        return;
    result = chat_pattern_match(pattern, text, length, tools);
    careful = chat_pattern_match(careful_pattern_of(words, p), text, length, tools);
    if (result != careful && result != CHAT_PATTERN_EXHAUSTED && careful != CHAT_PATTERN_EXHAUSTED)
        fail_msg("%s: %d, and carefully %d, with: %s", words, result, careful, text);
}

/* What the JIT of PCRE2 10.42 passes over when it may search for the beginning by itself. */
static void what_begins_with_an_atomic_group_is_found(void **state)
{
    assert_int_equal(match("(?>\\w+?)a", "ba", 2, *state), CHAT_PATTERN_MATCH);
    assert_int_equal(match("(?>[a-z]+?)ab", "xyab", 4, *state), CHAT_PATTERN_MATCH);
    assert_int_equal(match("(?>\\w+?)a", "bb", 2, *state), CHAT_PATTERN_NO_MATCH);
}

static void the_quick_way_never_says_otherwise(void **state)
{
    static const char *const parts[] = {
        "a",   "b*",  "(a+)", "[xy]", "\\w+?", ".*",  "\\1",     "(",     ")",        "|",
        "{2}", "\\b", "(?=",  "$",    "^",     "\\X", "\\s",     "(?1)",  "\xc3\xa9", "+",
        "?",   "(?!", "(?<=", "(?>",  "[^a]",  "\\B", "\\p{Lu}", "[a-f]", "(?-i)"};
    static const char *const pieces[] = {
        "a",  "b",  "ab ", "\xc3\xa9",        "!", "\xe2\x80\x8b", "X",
        "\n", "ff", "xy",  "\xf0\x9f\x98\x80"};
    uint64_t random = unit_random_start();
    int i, n;

    for (i = 0; i < 3000; i++) {
        const char *words = "", *text = "";
        apr_pool_t *p;

        apr_pool_create(&p, *state);
        for (n = 2 + (int)unit_random(&random, 8); n > 0; n--)
            words = apr_pstrcat(p, words, parts[unit_random(&random, UNIT_COUNT(parts))], NULL);
        for (n = (int)unit_random(&random, 60); n > 0; n--)
            text = apr_pstrcat(p, text, pieces[unit_random(&random, UNIT_COUNT(pieces))], NULL);
        compare(text, strlen(text), words, p);
        if (i % 10 == 0 && *text) {
            text = repeat(text, 3000, "", p);
            compare(text, strlen(text), words, p);
        }
        apr_pool_destroy(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_pattern_is_found_anywhere),
        UNIT_TEST(an_end_is_found_wherever_it_is),
        UNIT_TEST(the_length_decides_not_a_nul),
        UNIT_TEST(a_character_is_more_than_a_byte),
        UNIT_TEST(verbs_do_what_they_do),
        UNIT_TEST(a_pattern_that_takes_too_long_is_exhausted),
        UNIT_TEST(what_takes_long_but_not_too_long_has_its_answer),
        UNIT_TEST(exhausted_tools_are_as_good_as_new),
        UNIT_TEST(what_is_no_pattern_is_told),
        UNIT_TEST(what_begins_with_an_atomic_group_is_found),
        UNIT_TEST(the_quick_way_never_says_otherwise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
