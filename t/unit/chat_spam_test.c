#include "chat_unit.h"

#include <string.h>

#include <apr_strings.h>

#include "guard/chat_regex.h"
#include "chat_table.h"
#include "guard/chat_spam.h"

#define LONG_BYTES 100000
#define ORDINARY_BYTES 4000 /* 1000 characters at most */

static chat_spam_rules_t *rules_of(const char *pattern, const char *action, apr_pool_t *p)
{
    chat_spam_rules_t *rules = chat_spam_create(p);

    assert_null(chat_spam_add_pattern(rules, pattern, action, p));
    return rules;
}

static chat_spam_action_t judge(const chat_spam_rules_t *rules, const char *text, apr_pool_t *p)
{
    chat_spam_report_t report;
    chat_spam_action_t verdict = chat_spam_verdict(&report, rules, text, strlen(text), p);

    assert_int_equal(verdict == CHAT_SPAM_OK, report.rule == NULL);
    assert_int_equal(report.exhausted, 0);
    return verdict;
}

static int matches(const char *pattern, const char *text, apr_pool_t *p)
{
    return judge(rules_of(pattern, "reject", p), text, p) == CHAT_SPAM_REJECT;
}

static void without_rules_nothing_is_spam(void **state)
{
    assert_int_equal(judge(NULL, "buy viagra", *state), CHAT_SPAM_OK);
    assert_int_equal(judge(chat_spam_create(*state), "http://a http://b", *state), CHAT_SPAM_OK);
}

static void a_pattern_flags_or_rejects(void **state)
{
    assert_int_equal(judge(rules_of("viagra", "reject", *state), "buy viagra", *state),
                     CHAT_SPAM_REJECT);
    assert_int_equal(judge(rules_of("viagra", "flag", *state), "buy viagra", *state),
                     CHAT_SPAM_FLAG);
    assert_int_equal(judge(rules_of("viagra", NULL, *state), "buy viagra", *state),
                     CHAT_SPAM_REJECT);
    assert_int_equal(judge(rules_of("viagra", "FLAG", *state), "buy bread", *state), CHAT_SPAM_OK);
    assert_int_equal(judge(rules_of("viagra", "flag", *state), "", *state), CHAT_SPAM_OK);
}

static void a_rejection_wins_wherever_it_stands(void **state)
{
    static const char *const orders[][2] = {{"flag", "reject"}, {"reject", "flag"}};
    chat_spam_report_t report;
    size_t i;

    for (i = 0; i < UNIT_COUNT(orders); i++) {
        chat_spam_rules_t *rules = chat_spam_create(*state);

        assert_null(chat_spam_add_pattern(rules, "buy", orders[i][0], *state));
        assert_null(chat_spam_add_pattern(rules, "viagra", orders[i][1], *state));
        assert_int_equal(chat_spam_verdict(&report, rules, "buy viagra", 10, *state),
                         CHAT_SPAM_REJECT);
        assert_string_equal(report.rule, i == 0 ? "viagra" : "buy");
    }
}

static void the_first_rule_that_flags_is_named(void **state)
{
    chat_spam_rules_t *rules = chat_spam_create(*state);
    chat_spam_report_t report;

    assert_null(chat_spam_add_pattern(rules, "bread", "flag", *state));
    assert_null(chat_spam_add_pattern(rules, "buy", "flag", *state));
    assert_null(chat_spam_add_pattern(rules, "viagra", "flag", *state));
    assert_int_equal(chat_spam_verdict(&report, rules, "buy viagra", 10, *state), CHAT_SPAM_FLAG);
    assert_string_equal(report.rule, "buy");
}

static void a_pattern_is_unicode_and_knows_no_case(void **state)
{
    assert_true(matches("viagra", "VIAgra", *state));
    assert_true(matches("gr\xc3\xbc\xc3\x9f", "GR\xc3\x9c\xe1\xba\x9e", *state)); /* grüß GRÜẞ */
    assert_true(matches("^\\w+$", "\xd0\xbf\xd1\x80\xd0\xb8", *state));
    assert_true(matches("^.$", "\xf0\x9f\x98\x80", *state)); /* one character, not four bytes */
    assert_true(matches("\\p{Han}{3}", "\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97", *state));
    assert_true(matches("\\bcasino\\b", "the casino!", *state));
    assert_false(matches("\\bcasino\\b",
                         "\xc3\xa9"
                         "casino",
                         *state));
}

static void disguises_do_not_help(void **state)
{
    assert_true(matches("viagra", "via\xe2\x80\x8bgra", *state)); /* zero-width space */
    assert_true(matches("viagra",
                        "v\xc2\xadi\xe2\x81\xa0"
                        "agra",
                        *state)); /* soft hyphen, joiner */
    assert_true(matches("viagra", "\xef\xbd\x96\xef\xbd\x89\xef\xbd\x81gra", *state)); /* wide */
    assert_true(matches("viagra", "\xf0\x9d\x93\xa5iagra", *state)); /* a mathematical V */
    assert_true(matches("buy now", "buy\xc2\xa0now", *state));
    assert_true(matches("caf\xc3\xa9 office",
                        "caf\xc3\xa9 o\xef\xac\x83"
                        "ce",
                        *state)); /* ffi */
}

static void a_pattern_may_also_look_for_a_disguise(void **state)
{
    assert_true(matches("\\x{200b}", "via\xe2\x80\x8bgra", *state));
    assert_true(matches("\xef\xbd\x96", "\xef\xbd\x96iagra", *state));
    assert_false(matches("\\x{200b}", "viagra", *state));
}

static void the_length_decides_where_the_text_ends(void **state)
{
    chat_spam_rules_t *rules = rules_of("viagra", "reject", *state);
    chat_spam_report_t report;

    assert_int_equal(chat_spam_verdict(&report, rules, "viagra", 5, *state), CHAT_SPAM_OK);
    assert_int_equal(chat_spam_verdict(&report, rules, "viagra", 6, *state), CHAT_SPAM_REJECT);
}

static void what_is_no_utf8_matches_nothing(void **state)
{
    static const char *const texts[] = {"viagra\xff", "\xc3", "\xed\xa0\x80", "\xf5\x80\x80\x80"};
    size_t i;

    for (i = 0; i < UNIT_COUNT(texts); i++)
        assert_false(matches("viagra|.", texts[i], *state));
}

static void a_bad_pattern_is_told_with_its_place(void **state)
{
    static const struct {
        const char *pattern, *told;
    } cases[] = {
        {"buy(", "missing closing parenthesis, after 4 characters"},
        {"\xc3\xa4\xc3\xb6(", "after 3 characters"},
        {"[a", "missing terminating ]"},
        {"*", "quantifier"},
        {"a**+*", "quantifier"},
        {"\\", "\\ at end of pattern"},
        {"\\p{Nonsense}", "after"},
        {"(?<=a*)b", "lookbehind"},
        {"((((a{1,1000}){1,1000}){1,1000}){1,1000})", "too large"},
        {"a\\Cb", "\\C"},
        {"\xff", "UTF-8"},
        {"", "empty text"},
        {"viagra|", "empty text"},
        {"x*", "empty text"},
    };
    chat_spam_rules_t *rules = chat_spam_create(*state);
    const char *error;
    size_t i;

    for (i = 0; i < UNIT_COUNT(cases); i++) {
        error = chat_spam_add_pattern(rules, cases[i].pattern, "reject", *state);
        assert_non_null(error);
        if (!strstr(error, cases[i].told))
            fail_msg("%s: %s", cases[i].pattern, error);
    }
    assert_int_equal(judge(rules, "buy( viagra", *state), CHAT_SPAM_OK);
}

static void a_bad_action_or_number_is_told(void **state)
{
    static const char *const numbers[] = {"", "-1", "x", "1x", "10001", "99999999999999999999"};
    chat_spam_rules_t *rules = chat_spam_create(*state);
    size_t i;

    assert_non_null(chat_spam_add_pattern(rules, "viagra", "drop", *state));
    assert_non_null(chat_spam_add_pattern(rules, "viagra", "", *state));
    assert_non_null(chat_spam_set_links(rules, "1", "drop", *state));
    for (i = 0; i < UNIT_COUNT(numbers); i++)
        assert_non_null(chat_spam_set_links(rules, numbers[i], NULL, *state));
    assert_int_equal(judge(rules, "viagra http://a http://b", *state), CHAT_SPAM_OK);
}

static void there_is_room_for_so_many_patterns(void **state)
{
    chat_spam_rules_t *rules = chat_spam_create(*state);
    char *pattern = apr_palloc(*state, CHAT_REGEX_BYTES_MAX + 2);
    int i;

    for (i = 0; i < CHAT_SPAM_PATTERNS_MAX; i++)
        assert_null(
            chat_spam_add_pattern(rules, apr_psprintf(*state, "word%d!", i), "flag", *state));
    assert_non_null(chat_spam_add_pattern(rules, "one more", "flag", *state));
    assert_int_equal(judge(rules, "word255!", *state), CHAT_SPAM_FLAG);
    memset(pattern, 'a', CHAT_REGEX_BYTES_MAX + 1);
    pattern[CHAT_REGEX_BYTES_MAX + 1] = '\0';
    rules = chat_spam_create(*state);
    assert_non_null(chat_spam_add_pattern(rules, pattern, "flag", *state));
    assert_null(chat_spam_add_pattern(rules, pattern + 1, "flag", *state));
}

static apr_size_t links(const char *text)
{
    return chat_spam_count_links(text, strlen(text));
}

static void links_are_counted(void **state)
{
    static const struct {
        const char *text;
        apr_size_t links;
    } cases[] = {
        {"", 0},
        {"no link here", 0},
        {"chat.example", 0},
        {"see http://chat.example", 1},
        {"HTTPS://CHAT.EXAMPLE", 1},
        {"www.chat.example", 1},
        {"WWW.chat.example", 1},
        {"http://www.chat.example", 1},
        {"http://a.example https://b.example www.c.example", 3},
        {"http://a.example,http://b.example", 2},
        {"http://a.example/www.page", 1},
        {"(www.a.example)", 1},
        {"\xe8\xaf\xb7www.a.example", 1},
        {"http://\xe4\xbe\x8b.example", 1},
        {"http://[::1]/", 1},
        {"xhttp://a.example", 1},
        {"awww.cute.example", 0},
        {"me@www.a.example", 0},
        {"http://", 0},
        {"http:// a", 0},
        {"https://?", 0},
        {"www.", 0},
        {"www. a", 0},
        {"www..", 0},
        {"http:/a", 0},
        {"ftp://a.example", 0},
        {"httphttp://a", 1},
        {"http://http://a", 2},
    };
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(cases); i++)
        if (links(cases[i].text) != cases[i].links)
            fail_msg("%s: %d links", cases[i].text, (int)links(cases[i].text));
    assert_int_equal(chat_spam_count_links("http://a", 7), 0);
}

static void links_of_row(char **columns, apr_pool_t *p)
{
    apr_size_t counted = links(columns[0]);

    (void)p;
    if (counted != (apr_size_t)strtol(columns[1], NULL, 10))
        fail_msg("%s: %d links", columns[0], (int)counted);
    assert_true(counted >=
                (apr_size_t)strtol(columns[2], NULL, 10)); /* of which none is clickable */
}

static void what_the_widget_makes_a_link_is_one(void **state)
{
    table_each("links.tsv", links_of_row, *state);
}

static void too_many_links_are_spam(void **state)
{
    chat_spam_rules_t *rules = chat_spam_create(*state);
    chat_spam_report_t report;

    assert_null(chat_spam_set_links(rules, "1", "flag", *state));
    assert_int_equal(judge(rules, "http://a.example", *state), CHAT_SPAM_OK);
    assert_int_equal(judge(rules, "http://a.example www.b.example", *state), CHAT_SPAM_FLAG);
    assert_null(chat_spam_set_links(rules, "0", NULL, *state));
    assert_int_equal(chat_spam_verdict(&report, rules, "www.b.example", 13, *state),
                     CHAT_SPAM_REJECT);
    assert_string_equal(report.rule, "links");
    assert_int_equal(judge(rules, "ht\xe2\x80\x8btp://a.example", *state), CHAT_SPAM_REJECT);
}

static void links_and_patterns_are_weighed_together(void **state)
{
    chat_spam_rules_t *rules = rules_of("viagra", "reject", *state);
    chat_spam_report_t report;

    assert_null(chat_spam_set_links(rules, "0", "flag", *state));
    assert_int_equal(chat_spam_verdict(&report, rules, "viagra http://a", 15, *state),
                     CHAT_SPAM_REJECT);
    assert_string_equal(report.rule, "viagra");
    assert_int_equal(chat_spam_verdict(&report, rules, "bread  http://a", 15, *state),
                     CHAT_SPAM_FLAG);
    assert_string_equal(report.rule, "links");
}

/* `length` bytes of `fill` and a last one that nothing expects. */
static char *monotonous(const char *fill, apr_size_t length, apr_pool_t *p)
{
    char *text = apr_palloc(p, length + 1);
    apr_size_t i;

    for (i = 0; i < length; i++)
        text[i] = fill[i % strlen(fill)];
    text[length - 1] = '!';
    text[length] = '\0';
    return text;
}

static apr_int64_t thread_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (apr_int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What makes a matcher slow: repeats in repeats, repeats from every position, long items that fail,
 * alternatives, recursion, look-around. */
static const struct {
    const char *pattern, *fill;
} slow[] = {
    {"(a+)+$", "a"},
    {"(a|aa)+$", "a"},
    {"(a*)*b[c-z]?$", "a"},
    {"^(([a-z])+.)+[A-Z]([a-z])+$", "a"},
    {"(.*)*[xy]$", "a"},
    {"(?:a?){50}a{50}[xy]", "a"},
    {"a*[bc]", "a"},
    {"[^x]*+[xy]", "a"},
    {".{0,900}[xy]", "a"},
    {".*.*.*[xy]", "a"},
    {"\\s+$", " "},
    {"(a{1000,})x?\\1{3}y?[bc]", "a"},
    {"(a{300,})\\1[bc]", "aaaaaaaaaaaaaaaaaaaa"},
    {"a{60000}[bc]", "a"},
    {"(?=(a+))\\1[bc]", "a"},
    {"(?:(?=a*[bc])a|a)+[bc]", "a"},
    {"(a(?1)?a|a)+[bc]", "a"},
    {"(\\((?:[^()]|(?1))*\\))[xy]", "("},
    {"(?<=a{200})(a+)+[bc]", "a"},
    {"(\\X+)+[bc]", "a"},
    {"(\\w+\\s?)+:$", "ab "},
    {"viagra", "v"},
    {"(?:viagra|vicodin)+[xy]", "v"},
};

/* The longest time that one of the slow patterns takes for this text's length, in microseconds. */
static int time_slow_patterns(apr_size_t length, int *pexhausted, apr_pool_t *p)
{
    chat_spam_report_t report;
    apr_int64_t started, taken, longest = 0;
    const char *text, *worst = "";
    size_t i;

    *pexhausted = 0;
    for (i = 0; i < UNIT_COUNT(slow); i++) {
        chat_spam_rules_t *rules = rules_of(slow[i].pattern, "reject", p);

        text = monotonous(slow[i].fill, length, p);
        started = thread_ns();
        assert_int_equal(chat_spam_verdict(&report, rules, text, length, p), CHAT_SPAM_OK);
        taken = thread_ns() - started;
        if (getenv("CHAT_TEST_VERBOSE"))
            print_message("# %-36s %8.2f ms%s\n", slow[i].pattern, (double)taken / 1e6,
                          report.exhausted ? ", exhausted" : "");
        *pexhausted += report.exhausted;
        if (taken > longest) {
            longest = taken;
            worst = slow[i].pattern;
        }
    }
    print_message("# %d bytes: at most %.1f ms, for %s; %d of %d exhausted\n", (int)length,
                  (double)longest / 1e6, worst, *pexhausted, (int)UNIT_COUNT(slow));
    return (int)(longest / 1000);
}

static void no_pattern_is_slow(void **state)
{
    int exhausted;

    /* Generous, as valgrind and the sanitizers make it up to forty times slower. */
    assert_true(time_slow_patterns(ORDINARY_BYTES, &exhausted, *state) < 2000000);
    assert_true(exhausted > 5);
    assert_true(time_slow_patterns(LONG_BYTES, &exhausted, *state) < 10000000);
    assert_true(exhausted > 10);
}

static void a_slow_pattern_counts_as_not_matching_and_is_reported(void **state)
{
    chat_spam_rules_t *rules = rules_of("(a+)+$", "reject", *state);
    char *text = monotonous("a", LONG_BYTES, *state);
    chat_spam_report_t report;

    assert_int_equal(chat_spam_verdict(&report, rules, text, LONG_BYTES, *state), CHAT_SPAM_OK);
    assert_int_equal(report.exhausted, 1);
    assert_null(report.rule);
}

static void a_slow_pattern_does_not_keep_others_from_matching(void **state)
{
    chat_spam_rules_t *rules = rules_of("(a+)+$", "reject", *state);
    char *text = monotonous("a", LONG_BYTES, *state);
    chat_spam_report_t report;

    assert_null(chat_spam_add_pattern(rules, "!$", "flag", *state));
    assert_int_equal(chat_spam_verdict(&report, rules, text, LONG_BYTES, *state), CHAT_SPAM_FLAG);
    assert_int_equal(report.exhausted, 1);
    assert_string_equal(report.rule, "!$");
}

static void ordinary_patterns_are_not_exhausted_by_long_texts(void **state)
{
    static const char *const patterns[] = {
        "viagra",
        "\\b(?:buy|cheap)\\s+(?:pills|watches)\\b",
        "[a-z0-9]+@[a-z0-9]+\\.[a-z]+",
        "(?:earn|make) \\$?[0-9,]+ (?:a|per) (?:day|week)",
        "crypto.{0,40}(?:invest|profit)",
        "(\\w)\\1{9}",
        "(?s)free.*money",
    };
    char *text = monotonous("Good morning, can the service on Sunday be moved? I make free time. ",
                            LONG_BYTES, *state);
    chat_spam_report_t report;
    size_t i;

    for (i = 0; i < UNIT_COUNT(patterns); i++) {
        chat_spam_verdict(&report, rules_of(patterns[i], "reject", *state), text, 1000, *state);
        if (report.exhausted)
            fail_msg("%s is exhausted by 1000 bytes", patterns[i]);
    }
    if (unit_is_valgrind())
        return;
    for (i = 0; i + 1 < UNIT_COUNT(patterns); i++) /* the last one is quadratic */
        judge(rules_of(patterns[i], "reject", *state), text, *state);
}

static void a_message_costs_little(void **state)
{
    static const char *const patterns[] = {
        "viagra", "casino", "\\b(?:buy|cheap)\\s+(?:pills|watches)\\b",
        "(?:earn|make) \\$?[0-9,]+ (?:a|per) (?:day|week)", "crypto.{0,40}(?:invest|profit)"};
    static const char *const texts[] = {
        "Good morning, I would like to ask whether the service on Sunday can be moved.",
        "Guten Morgen, ich m\xc3\xb6"
        "chte fragen, ob der Gottesdienst verlegt werden kann."};
    chat_spam_rules_t *rules = chat_spam_create(*state);
    const int rounds = 200;
    apr_int64_t started;
    size_t i;
    int round;

    for (i = 0; i < UNIT_COUNT(patterns); i++)
        assert_null(chat_spam_add_pattern(rules, patterns[i], "reject", *state));
    assert_null(chat_spam_set_links(rules, "3", "flag", *state));
    for (i = 0; i < UNIT_COUNT(texts); i++) {
        started = thread_ns();
        for (round = 0; round < rounds; round++)
            assert_int_equal(judge(rules, texts[i], *state), CHAT_SPAM_OK);
        print_message("# %d characters, 5 patterns and links: %.2f us\n", (int)strlen(texts[i]),
                      (double)(thread_ns() - started) / rounds / 1e3);
    }
}

static void the_same_content_has_the_same_key(void **state)
{
    static const char *const same[][2] = {
        {"Buy now", "buy NOW"},
        {"Buy now", "  Buy \n\t now "},
        {"Buy now", "Buy\xc2\xa0now"},
        {"Buy now", "B\xe2\x80\x8buy now"},
        {"Buy now", "\xef\xbc\xa2uy now"},
        {"Stra\xc3\x9f"
         "e",
         "STRASSE"},
        {"caf\xc3\xa9", "cafe\xcc\x81"},
        {"caf\xc3\xa9", "CAF\xc3\x89"},
        {"", " \n"},
    };
    static const char *const different[][2] = {
        {"Buy now", "Buynow"}, {"Buy now", "Buy now!"}, {"caf\xc3\xa9", "cafe"}, {"a", ""}};
    size_t i;

    for (i = 0; i < UNIT_COUNT(same); i++)
        assert_string_equal(chat_spam_repeat_key("ada", same[i][0], *state),
                            chat_spam_repeat_key("ada", same[i][1], *state));
    for (i = 0; i < UNIT_COUNT(different); i++)
        assert_string_not_equal(chat_spam_repeat_key("ada", different[i][0], *state),
                                chat_spam_repeat_key("ada", different[i][1], *state));
}

static void each_user_has_keys_of_their_own(void **state)
{
    assert_string_not_equal(chat_spam_repeat_key("ada", "Buy now", *state),
                            chat_spam_repeat_key("ben", "Buy now", *state));
    assert_string_equal(chat_spam_repeat_key("ada", "\xff", *state),
                        chat_spam_repeat_key("ada", "\xff", *state));
}

static void a_key_is_of_one_user_and_one_text(void **state)
{
    assert_string_equal(chat_spam_repeat_key("ada", " Buy \n NOW", *state), "ada\nbuy now");
    assert_string_not_equal(chat_spam_repeat_key("ada", "b:c", *state),
                            chat_spam_repeat_key("ada:b", "c", *state));
}

static void long_texts_are_made_plain_in_linear_time(void **state)
{
    const apr_size_t count = 100000;
    char *text = apr_palloc(*state, 3 * count + 1);
    apr_int64_t started;
    apr_size_t i;

    for (i = 0; i < count; i++)
        memcpy(text + 2 * i, i % 2 ? "\xcc\x81" : "\xcc\xa3", 2); /* marks of two classes */
    text[2 * count] = '\0';
    started = thread_ns();
    chat_spam_repeat_key("ada", text, *state);
    print_message("# %d marks: %.1f ms\n", (int)count, (double)(thread_ns() - started) / 1e6);
    for (i = 0; i < count; i++)
        memcpy(text + 3 * i, "\xef\xb7\xba", 3); /* one that becomes eighteen */
    text[3 * count] = '\0';
    started = thread_ns();
    chat_spam_repeat_key("ada", text, *state);
    print_message("# %d ligatures: %.1f ms\n", (int)count, (double)(thread_ns() - started) / 1e6);
    assert_true(thread_ns() - started < APR_INT64_C(10000000000));
}

static void random_texts_and_patterns_do_no_harm(void **state)
{
    static const char *const parts[] = {"a",   "b*", "(a+)+", "[xy]", "\\w+", ".*",
                                        "\\1", "(",  ")",     "|",    "{2,}", "\\b",
                                        "(?=", "$",  "^",     "\\X",  "(?1)", "\xc3\xa9"};
    static const char *const pieces[] = {"a", "b", "ab ", "\xc3\xa9", "!", "\xe2\x80\x8b", "X"};
    uint64_t random = unit_random_start();
    apr_pool_t *p;
    int i, n;

    for (i = 0; i < 500; i++) {
        const char *pattern = "", *text = "";
        chat_spam_rules_t *rules;
        chat_spam_report_t report;

        apr_pool_create(&p, *state);
        rules = chat_spam_create(p);
        for (n = 1 + (int)unit_random(&random, 8); n > 0; n--)
            pattern = apr_pstrcat(p, pattern, parts[unit_random(&random, UNIT_COUNT(parts))], NULL);
        for (n = (int)unit_random(&random, 40); n > 0; n--)
            text = apr_pstrcat(p, text, pieces[unit_random(&random, UNIT_COUNT(pieces))], NULL);
        if (!chat_spam_add_pattern(rules, pattern, "flag", p))
            chat_spam_verdict(&report, rules, text, strlen(text), p);
        apr_pool_destroy(p);
    }
}

static void the_problem_does_not_name_the_rule(void **state)
{
    chat_problem_t *problem = chat_spam_problem(*state);

    assert_int_equal(problem->http_status, 422);
    assert_string_equal(problem->code, "spam");
    assert_null(problem->cause);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(without_rules_nothing_is_spam),
        UNIT_TEST(a_pattern_flags_or_rejects),
        UNIT_TEST(a_rejection_wins_wherever_it_stands),
        UNIT_TEST(the_first_rule_that_flags_is_named),
        UNIT_TEST(a_pattern_is_unicode_and_knows_no_case),
        UNIT_TEST(disguises_do_not_help),
        UNIT_TEST(a_pattern_may_also_look_for_a_disguise),
        UNIT_TEST(the_length_decides_where_the_text_ends),
        UNIT_TEST(what_is_no_utf8_matches_nothing),
        UNIT_TEST(a_bad_pattern_is_told_with_its_place),
        UNIT_TEST(a_bad_action_or_number_is_told),
        UNIT_TEST(there_is_room_for_so_many_patterns),
        UNIT_TEST(links_are_counted),
        UNIT_TEST(what_the_widget_makes_a_link_is_one),
        UNIT_TEST(too_many_links_are_spam),
        UNIT_TEST(links_and_patterns_are_weighed_together),
        UNIT_TEST(no_pattern_is_slow),
        UNIT_TEST(a_slow_pattern_counts_as_not_matching_and_is_reported),
        UNIT_TEST(a_slow_pattern_does_not_keep_others_from_matching),
        UNIT_TEST(ordinary_patterns_are_not_exhausted_by_long_texts),
        UNIT_TEST(a_message_costs_little),
        UNIT_TEST(the_same_content_has_the_same_key),
        UNIT_TEST(each_user_has_keys_of_their_own),
        UNIT_TEST(a_key_is_of_one_user_and_one_text),
        UNIT_TEST(long_texts_are_made_plain_in_linear_time),
        UNIT_TEST(random_texts_and_patterns_do_no_harm),
        UNIT_TEST(the_problem_does_not_name_the_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
