#include "chat_unit.h"

#include <string.h>
#include <time.h>

#include <apr_strings.h>

#include "guard/chat_regex.h"

#define LONG_CHARS 6000

static chat_regex_t *pattern_of(const char *text, apr_pool_t *p)
{
    chat_regex_t *pattern = NULL;
    const char *error = chat_regex_compile(&pattern, text, p);

    if (error)
        fail_msg("%s: %s", text, error);
    return pattern;
}

static chat_regex_result_t match(const char *pattern, const char *text, apr_size_t length,
                                 apr_pool_t *p)
{
    return chat_regex_match(pattern_of(pattern, p), text, length, chat_regex_workspace(p));
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
        chat_regex_t *pattern = pattern_of(patterns[i], *state);
        apr_pool_t *p;

        assert_int_equal(match(patterns[i], hay, strlen(hay), *state), CHAT_REGEX_NO_MATCH);
        apr_pool_create(&p, *state);
        for (at = 40; at < strlen(hay); at += 37) {
            const char *text;

            if ((hay[at] & 0xc0) == 0x80)
                continue; /* within a character */
            text = apr_pstrcat(p, apr_pstrndup(p, hay, at), " Needle ", hay + at, NULL);
            if (chat_regex_match(pattern, text, strlen(text), chat_regex_workspace(p)) !=
                CHAT_REGEX_MATCH)
                fail_msg("%s is not found at %d", patterns[i], (int)at);
            apr_pool_clear(p);
        }
        apr_pool_destroy(p);
    }
}

static void an_end_is_found_wherever_it_is(void **state)
{
    chat_regex_t *pattern = pattern_of("(?<=x)y$", *state);
    chat_regex_workspace_t *workspace = chat_regex_workspace(*state);
    char *text = repeat("x", LONG_CHARS, "y", *state);
    apr_size_t length;

    for (length = 2; length <= LONG_CHARS; length++)
        assert_int_equal(
            chat_regex_match(pattern, text + LONG_CHARS + 1 - length, length, workspace),
            CHAT_REGEX_MATCH);
    assert_int_equal(chat_regex_match(pattern, text, LONG_CHARS, workspace), CHAT_REGEX_NO_MATCH);
}

static void the_length_decides_not_a_nul(void **state)
{
    assert_int_equal(match("a\\x{0}b", "xa\0b", 4, *state), CHAT_REGEX_MATCH);
    assert_int_equal(match("ab", "xa\0b", 4, *state), CHAT_REGEX_NO_MATCH);
    assert_int_equal(match("a", "xa", 1, *state), CHAT_REGEX_NO_MATCH);
    assert_int_equal(match("a", "", 0, *state), CHAT_REGEX_NO_MATCH);
}

static void a_character_is_more_than_a_byte(void **state)
{
    assert_int_equal(match("^.{3}$", "\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80", 9, *state),
                     CHAT_REGEX_MATCH);
    assert_int_equal(match("stra\xc3\x9f"
                           "e",
                           "STRA\xe1\xba\x9e"
                           "E",
                           8, *state),
                     CHAT_REGEX_MATCH);
    assert_int_equal(match("\\d", "\xd9\xa3", 2, *state), CHAT_REGEX_MATCH); /* Arabic three */
}

/* Such as depend on where a match is tried. */
static void verbs_do_what_they_do(void **state)
{
    const char *text = repeat("ab", LONG_CHARS, "needle", *state);

    if (unit_is_valgrind())
        skip();
    assert_int_equal(match("needle(*COMMIT)", text, strlen(text), *state), CHAT_REGEX_MATCH);
    assert_int_equal(match("b(*COMMIT)x|needle", text, strlen(text), *state), CHAT_REGEX_NO_MATCH);
    assert_int_equal(match("(?:ab)+(*SKIP)x|needle", text, strlen(text), *state), CHAT_REGEX_MATCH);
    assert_int_equal(match("\\Gneedle", text, strlen(text), *state), CHAT_REGEX_NO_MATCH);
    assert_int_equal(match("(?!\\G)needle", text, strlen(text), *state), CHAT_REGEX_MATCH);
    assert_int_equal(match("(*LIMIT_MATCH=1)(a|b)+$", text, strlen(text), *state),
                     CHAT_REGEX_EXHAUSTED);
}

/* From one position, from all of them, or in one long item. */
static void a_pattern_that_takes_too_long_is_exhausted(void **state)
{
    static const char *const patterns[] = {"(a+)+$",          "(a|aa)+$",
                                           ".*.*.*[xy]",      "[^x]*+[xy]",
                                           "(?=(a+))\\1[bc]", "(?:(?=.*+(?<=[bc]))a|a)+[bc]"};
    const char *text = repeat("a", 50000, "!", *state);
    chat_regex_workspace_t *workspace = chat_regex_workspace(*state);
    struct timespec start, end;
    size_t i;

    for (i = 0; i < UNIT_COUNT(patterns); i++) {
        chat_regex_t *pattern = pattern_of(patterns[i], *state);

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
        if (chat_regex_match(pattern, text, strlen(text), workspace) != CHAT_REGEX_EXHAUSTED)
            fail_msg("%s is not exhausted", patterns[i]);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        print_message("# %-32s %.1f ms\n", patterns[i],
                      (double)(end.tv_sec - start.tv_sec) * 1e3 +
                          (double)(end.tv_nsec - start.tv_nsec) / 1e6);
        assert_true(end.tv_sec - start.tv_sec < 10); /* under valgrind */
    }
}

/* Also on a machine that is so busy that the time is up before the steps are. */
static int match_at_last(const char *pattern, const char *text, apr_pool_t *p)
{
    int result = CHAT_REGEX_EXHAUSTED;
    int tries;

    for (tries = 0; tries < 100 && result == CHAT_REGEX_EXHAUSTED; tries++)
        result = match(pattern, text, strlen(text), p);
    return result;
}

static void what_takes_long_but_not_too_long_has_its_answer(void **state)
{
    const char *text = repeat("a", 600, "!", *state);

    if (unit_is_valgrind())
        skip();
    assert_int_equal(match_at_last("((a)|b)+!", text, *state), CHAT_REGEX_MATCH);
    assert_int_equal(match_at_last("^((a)|b)+!.", text, *state), CHAT_REGEX_NO_MATCH);
}

static void exhausted_tools_are_as_good_as_new(void **state)
{
    chat_regex_workspace_t *workspace = chat_regex_workspace(*state);
    const char *text = repeat("a", LONG_CHARS, "!", *state);

    if (unit_is_valgrind())
        skip();
    assert_int_equal(chat_regex_match(pattern_of("(a+)+$", *state), text, strlen(text), workspace),
                     CHAT_REGEX_EXHAUSTED);
    assert_int_equal(chat_regex_match(pattern_of("a!", *state), text, strlen(text), workspace),
                     CHAT_REGEX_MATCH);
    assert_int_equal(chat_regex_match(pattern_of("b!", *state), text, strlen(text), workspace),
                     CHAT_REGEX_NO_MATCH);
}

static void what_is_no_pattern_is_told(void **state)
{
    chat_regex_t *pattern = NULL;

    assert_string_equal(chat_regex_compile(&pattern, "a\xc3\xa4(", *state),
                        "the pattern \"a\xc3\xa4(\" cannot be used: missing closing parenthesis, "
                        "after 3 characters");
    assert_string_equal(chat_regex_compile(&pattern, "a*", *state),
                        "the pattern \"a*\" matches an empty text, thus every message");
    assert_string_equal(chat_regex_compile(&pattern, "\xc3", *state),
                        "the pattern is not valid UTF-8");
    assert_null(pattern);
}

/* PCRE2 10.42 with its JIT misses these. */
static void what_begins_with_an_atomic_group_is_found(void **state)
{
    assert_int_equal(match("(?>\\w+?)a", "ba", 2, *state), CHAT_REGEX_MATCH);
    assert_int_equal(match("(?>[a-z]+?)ab", "xyab", 4, *state), CHAT_REGEX_MATCH);
    assert_int_equal(match("(?>\\w+?)a", "bb", 2, *state), CHAT_REGEX_NO_MATCH);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
