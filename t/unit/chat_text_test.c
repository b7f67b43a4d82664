#include "chat_unit.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "chat_table.h"
#include "core/chat_excerpt.h"
#include "core/chat_text.h"

/* The cleaned text; fails the test when it is refused. */
static const char *clean(const char *text, apr_pool_t *p)
{
    const char *cleaned, *again;
    apr_size_t chars, chars_again;

    assert_null(chat_text_clean(&cleaned, &chars, text, strlen(text), p));
    assert_null(chat_text_clean(&again, &chars_again, cleaned, strlen(cleaned), p));
    assert_string_equal(again, cleaned);
    assert_int_equal(chars_again, chars);
    return cleaned;
}

static apr_size_t count_chars(const char *text, apr_pool_t *p)
{
    const char *cleaned;
    apr_size_t chars;

    assert_null(chat_text_clean(&cleaned, &chars, text, strlen(text), p));
    return chars;
}

static const char *clean_name(const char *name, apr_size_t chars_max, apr_pool_t *p)
{
    const char *cleaned = chat_text_clean_name(name, chars_max, p);

    assert_string_equal(chat_text_clean_name(cleaned, chars_max, p), cleaned);
    return cleaned;
}

/* A code point as UTF-8, by the table of RFC 3629 section 3; surrogates and more as well. */
static size_t encode(unsigned char *out, uint32_t point)
{
    if (point < 0x80) {
        out[0] = (unsigned char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (unsigned char)(0xc0 | point >> 6);
        out[1] = (unsigned char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (unsigned char)(0xe0 | point >> 12);
        out[1] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
        out[2] = (unsigned char)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (unsigned char)(0xf0 | point >> 18);
    out[1] = (unsigned char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
    out[3] = (unsigned char)(0x80 | (point & 0x3f));
    return 4;
}

static void every_code_point_but_surrogates_is_utf8(void **state)
{
    unsigned char bytes[4];
    uint32_t point;
    size_t length;
    int is_good;

    (void)state;
    for (point = 0; point < 0x200000; point++) {
        length = encode(bytes, point);
        is_good = point < 0xd800 || (point > 0xdfff && point < 0x110000);
        if (chat_text_is_utf8((char *)bytes, length) != is_good ||
            chat_text_char_bytes((char *)bytes, length) != (is_good ? length : 0))
            fail_msg("U+%04X", point);
    }
}

static void overlong_forms_and_stray_bytes_are_no_utf8(void **state)
{
    /* All of one to three bytes: good exactly when they are what encode() gives for something. */
    unsigned char bytes[3], expected[4];
    uint32_t n, point;
    size_t length;

    (void)state;
    for (n = 0; n < 0x1000000; n++) {
        bytes[0] = (unsigned char)(n >> 16);
        bytes[1] = (unsigned char)(n >> 8);
        bytes[2] = (unsigned char)n;
        length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : 3;
        point = length == 1 ? bytes[0]
                : length == 2
                    ? (bytes[0] & 0x1fu) << 6 | (bytes[1] & 0x3fu)
                    : (bytes[0] & 0x0fu) << 12 | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
        if (encode(expected, point) != length || memcmp(expected, bytes, length) != 0 ||
            (point >= 0xd800 && point <= 0xdfff))
            length = 0;
        if (chat_text_char_bytes((char *)bytes, 3) != length)
            fail_msg("%02x %02x %02x", bytes[0], bytes[1], bytes[2]);
    }
}

static void malformed_bytes_are_found_wherever_they_stand(void **state)
{
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc3",
        "\xc3(",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xe2\x82",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x9f\x98",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfc\x84\x80\x80\x80\x80",
        "\xfe",
        "\xff",
    };
    size_t i, before, after;

    for (i = 0; i < UNIT_COUNT(bad); i++) {
        for (before = 0; before < 20; before++) {
            for (after = 0; after < 20; after++) {
                const char *text =
                    apr_psprintf(*state, "%.*s%s%.*s", (int)before, "aaaaaaaaaaaaaaaaaaaa", bad[i],
                                 (int)after, "bbbbbbbbbbbbbbbbbbbb");

                assert_false(chat_text_is_utf8(text, strlen(text)));
            }
        }
    }
    assert_true(chat_text_is_utf8("", 0));
    assert_true(chat_text_is_utf8("\0", 1));
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    const char *cleaned;
    apr_size_t chars;
    chat_problem_t *problem = chat_text_clean(&cleaned, &chars, "a\xff", 2, *state);

    assert_non_null(problem);
    assert_int_equal(problem->http_status, 400);
    assert_string_equal(problem->code, "invalid_utf8");
    assert_null(problem->errors);
    assert_null(cleaned);
    assert_non_null(chat_text_clean(&cleaned, &chars, "a\0b", 3, *state));
    assert_non_null(chat_text_clean(&cleaned, &chars, "\0", 1, *state));
    assert_null(chat_text_clean(&cleaned, NULL, "", 0, *state));
    assert_string_equal(cleaned, "");
}

static void a_message_is_cleaned(void **state)
{
    static const struct {
        const char *text, *cleaned;
    } cases[] = {
        {"", ""},
        {"hello", "hello"},
        {" \t\r\n ", ""},
        {"\xc2\xa0\xe2\x80\x83\xe3\x80\x80\xe2\x80\xa8\xe2\x80\xa9\xe1\x9a\x80\xc2\x85", ""},
        {"  a  b  ", "a  b"},
        {"a\r\nb\rc\nd", "a\nb\nc\nd"},
        {"a\r\r\nb", "a\n\nb"},
        {"a\n\rb", "a\n\nb"},
        {"a\tb", "a\tb"},
        {"a\x01\x02\x0b\x0c\x1f\x7f"
         "b",
         "ab"},
        {"a\xc2\x80\xc2\x85\xc2\x9f"
         "b",
         "ab"},
        {"\x01 a \x01", "a"},
        {"e\xcc\x81", "\xc3\xa9"},     /* composed */
        {"e\x01\xcc\x81", "\xc3\xa9"}, /* what was between them is gone */
        {"\xe2\x84\xab", "\xc3\x85"},  /* the Angstrom sign is Å */
        {"a\xcc\xa3\xcc\x87", "\xe1\xba\xa1\xcc\x87"},
        {"a\xcc\x87\xcc\xa3", "\xe1\xba\xa1\xcc\x87"},            /* marks in canonical order */
        {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c"}, /* Hangul */
        {"\xea\xb0\x80\xe1\x86\xa7", "\xea\xb0\x80\xe1\x86\xa7"}, /* U+11A7 stays */
        {"\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa7\xe1\x86\xa8",
         "\xea\xb0\x80\xe1\x86\xa7\xe1\x86\xa8"},
        {"\xe0\xa5\x98", "\xe0\xa4\x95\xe0\xa4\xbc"}, /* excluded from composition */
        {"\xef\xac\x81", "\xef\xac\x81"},             /* a ligature is only compatible */
        {"<b>\"&'\\", "<b>\"&'\\"},
        {"\xe2\x80\xaeTXT", "\xe2\x80\xaeTXT"}, /* bidi controls are the writer's */
        {"\xef\xbb\xbfx", "\xef\xbb\xbfx"},     /* U+FEFF is no white space */
        {"\xe2\x80\x8b", ""},                   /* nothing is seen of it */
        {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
         "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"},
        {"\xef\xbf\xbf\xf4\x8f\xbf\xbf", "\xef\xbf\xbf\xf4\x8f\xbf\xbf"}, /* noncharacters */
    };
    size_t i;

    for (i = 0; i < UNIT_COUNT(cases); i++)
        assert_string_equal(clean(cases[i].text, *state), cases[i].cleaned);
}

static void length_is_counted_in_code_points_after_cleaning(void **state)
{
    assert_int_equal(count_chars("", *state), 0);
    assert_int_equal(count_chars(" ab ", *state), 2);
    assert_int_equal(count_chars("a\r\nb", *state), 3);
    assert_int_equal(count_chars("e\xcc\x81", *state), 1);
    assert_int_equal(count_chars("\xf0\x9f\x98\x80\xf0\x9f\x98\x80", *state), 2);
    assert_int_equal(count_chars("\xe2\x82\xac", *state), 1);
}

static void a_megabyte_of_accents_takes_no_long_time(void **state)
{
    const apr_size_t marks = 300000;
    apr_time_t start = apr_time_now();
    char *text = apr_palloc(*state, marks * 4 + 2);
    apr_size_t i;

    text[0] = 'a';
    for (i = 0; i < marks; i++) /* each pair is out of order */
        memcpy(text + 1 + 4 * i, "\xcc\x81\xcc\xa3", 4);
    text[1 + 4 * marks] = '\0';
    assert_int_equal(count_chars(text, *state), 2 * marks);      /* the first of each composes */
    assert_true(apr_time_now() - start < apr_time_from_sec(20)); /* not minutes, even in valgrind */
}

static void a_name_is_cleaned(void **state)
{
    static const struct {
        const char *name, *cleaned;
    } cases[] = {
        {"", ""},
        {"Ada Lovelace", "Ada Lovelace"},
        {"  Ada \t\r\n Lovelace ", "Ada Lovelace"},
        {"Ada\xc2\xa0\xe2\x80\xa8Lovelace", "Ada Lovelace"},
        {"A\x01\x7f\xc2\x9f"
         "da",
         "Ada"},
        {"a \xe2\x80\x8e b", "a b"},
        {"\xe2\x80\xaegpj.exe", "gpj.exe"},
        {"\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad"
         "\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9x",
         "x"},
        {"<b a=\"1\">", "\xe2\x80\xb9"
                        "b a=\xe2\x80\xb3"
                        "1\xe2\x80\xb3\xe2\x80\xba"},
        {"<\xcc\xb8", "\xe2\x80\xb9\xcc\xb8"},
        {"O'Brien & Sons", "O\xe2\x80\x99"
                           "Brien & Sons"},
        {"e\xcc\x81", "\xc3\xa9"},
        {"e\xe2\x80\x8e\xcc\x81", "\xc3\xa9"},
        {"a\xff\xc3"
         "b\xed\xa0\x80",
         "ab"},
        {"\xc3\xff\xa9", ""}, /* nothing new arises from what stood around a dropped byte */
        {"\xd0\x90\xd0\xb4\xd0\xb0", "\xd0\x90\xd0\xb4\xd0\xb0"},
        {"\xff", ""},
    };
    size_t i;

    for (i = 0; i < UNIT_COUNT(cases); i++)
        assert_string_equal(clean_name(cases[i].name, 100, *state), cases[i].cleaned);
}

static void a_long_name_is_cut_between_grapheme_clusters(void **state)
{
    const char *family = "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"; /* three code points */
    const char *flags = "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab\xf0\x9f\x87\xb7";

    assert_string_equal(clean_name("abcdef", 3, *state), "abc");
    assert_string_equal(clean_name("ab cdef", 3, *state), "ab");
    assert_string_equal(clean_name("abcdef", 6, *state), "abcdef");
    assert_string_equal(clean_name("abx\xcc\x81y", 3, *state), "ab");
    assert_string_equal(clean_name("abx\xcc\x81y", 4, *state), "abx\xcc\x81");
    assert_string_equal(clean_name("abx\xcc\x81", 4, *state), "abx\xcc\x81");
    assert_string_equal(clean_name(apr_pstrcat(*state, "a", family, "b", NULL), 3, *state), "a");
    assert_string_equal(clean_name(apr_pstrcat(*state, "a", family, "b", NULL), 4, *state),
                        apr_pstrcat(*state, "a", family, NULL));
    assert_string_equal(clean_name(flags, 3, *state), apr_pstrndup(*state, flags, 8));
    assert_string_equal(clean_name("x\xcc\x81\xcc\x81\xcc\x81", 2, *state), "x\xcc\x81");
    assert_string_equal(clean_name("abc", 0, *state), "");
}

/* Random bytes, most of them from characters that cleaning has an opinion on. */
static char *random_text(uint64_t *random, apr_size_t *plength, apr_pool_t *p)
{
    static const uint32_t ranges[][2] = {
        {1, 0x7f},
        {0x80, 0xa0},
        {0xc0, 0x180},
        {0x300, 0x370},
        {0x5b0, 0x5c8},
        {0x900, 0x97f},
        {0x1100, 0x11ff},
        {0x1e00, 0x2070},
        {0x2126, 0x212b},
        {0x3040, 0x3100},
        {0xac00, 0xad00},
        {0xf900, 0xfb50},
        {0xfe00, 0xfe30},
        {0x1d15e, 0x1d1c0},
        {0x1f1e6, 0x1f200},
        {0x1f3fb, 0x1f470},
        {0x2f800, 0x2fa1e},
        {0xe000, 0x10ffff},
        {9, 14},
        {0x20, 0x21},
    };
    size_t count = unit_random(random, 40), i, which;
    unsigned char *text = apr_palloc(p, count * 4 + 1), *at = text;

    for (i = 0; i < count; i++) {
        which = unit_random(random, UNIT_COUNT(ranges));
        at += encode(at, ranges[which][0] +
                             (uint32_t)unit_random(random, ranges[which][1] - ranges[which][0]));
    }
    *at = '\0';
    *plength = (apr_size_t)(at - text);
    return (char *)text;
}

static void cleaning_twice_is_cleaning_once(void **state)
{
    uint64_t random = unit_random_start();
    apr_size_t length, i;
    char *text;
    int n;

    for (n = 0; n < 100000; n++) {
        apr_pool_t *p;

        apr_pool_create(&p, *state);
        text = random_text(&random, &length, p);
        clean(text, p); /* compares both itself */
        for (i = unit_random(&random, 3); i > 0 && length > 0; i--)
            text[unit_random(&random, length)] = (char)(1 + unit_random(&random, 255));
        clean_name(text, unit_random(&random, 30), p); /* and so does this */
        apr_pool_destroy(p);
    }
}

static void name_is_kept(char **columns, apr_pool_t *p)
{
    const char *cleaned = clean_name(columns[0], 100, p);

    if (strcmp(cleaned, columns[1]) != 0)
        fail_msg("%s: %s, not %s", columns[0], cleaned, columns[1]);
}

static void names_are_cleaned_as_in_sql(void **state)
{
    table_each("names.tsv", name_is_kept, *state);
}

static void is_blank(char **columns, apr_pool_t *p)
{
    if (*clean(columns[0], p) || *clean_name(columns[0], 100, p) ||
        *clean(apr_pstrcat(p, " ", columns[0], "\n", columns[0], NULL), p))
        fail_msg("%s is taken for text", columns[0]);
}

static void text_of_which_nothing_is_seen_is_empty(void **state)
{
    table_each("blank.tsv", is_blank, *state);
}

static void invisible_characters_in_text_stay(void **state)
{
    static const char *const texts[] = {
        "\xd9\x86\xd8\xa7\xd9\x85\xe2\x80\x8c\xd8\xae",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9",
        "co\xc2\xadoperate",
        "\xe2\x9d\xa4\xef\xb8\x8f",
        "\xe2\x80\x8bx\xe2\x80\x8b",
        "\xe2\xa0\x81\xe2\xa0\x80\xe2\xa0\x83",
        "\xcc\x81",
    };
    size_t i;

    for (i = 0; i < UNIT_COUNT(texts); i++)
        assert_string_equal(clean(texts[i], *state), texts[i]);
}

static void excerpt_is(char **columns, apr_pool_t *p)
{
    const char *cut = chat_excerpt(columns[0], (apr_size_t)strtol(columns[1], NULL, 10), p);

    if (strcmp(cut, columns[2]) != 0)
        fail_msg("%s after %s: %s, not %s", columns[0], columns[1], cut, columns[2]);
}

static void an_excerpt_ends_where_a_character_does(void **state)
{
    table_each("excerpts.tsv", excerpt_is, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(every_code_point_but_surrogates_is_utf8),
        UNIT_TEST(overlong_forms_and_stray_bytes_are_no_utf8),
        UNIT_TEST(malformed_bytes_are_found_wherever_they_stand),
        UNIT_TEST(text_that_is_not_utf8_is_refused),
        UNIT_TEST(a_message_is_cleaned),
        UNIT_TEST(length_is_counted_in_code_points_after_cleaning),
        UNIT_TEST(a_megabyte_of_accents_takes_no_long_time),
        UNIT_TEST(a_name_is_cleaned),
        UNIT_TEST(a_long_name_is_cut_between_grapheme_clusters),
        UNIT_TEST(cleaning_twice_is_cleaning_once),
        UNIT_TEST(names_are_cleaned_as_in_sql),
        UNIT_TEST(text_of_which_nothing_is_seen_is_empty),
        UNIT_TEST(invisible_characters_in_text_stay),
        UNIT_TEST(an_excerpt_ends_where_a_character_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
