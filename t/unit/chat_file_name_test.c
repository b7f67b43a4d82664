#include "chat_unit.h"

#include <ctype.h>
#include <stdio.h>

#include <apr_strings.h>

#include "core/chat_file_name.h"
#include "core/chat_text.h"

static void assert_clean(const char *name, const char *expected, apr_pool_t *p)
{
    assert_string_equal(chat_file_name_clean(name, p), expected);
    assert_string_equal(chat_file_name_clean(expected, p), expected);
}

static void names_of_any_script_survive(void **state)
{
    static const char *const names[] = {
        "a",
        "holiday photo (1).JPG",
        "no suffix",
        "archive.tar.gz",
        "100% & more; #1+1=2.txt",
        "\xc3\x9c"
        "bersicht.pdf",                                  /* Übersicht */
        "\xd0\xbe\xd1\x82\xd1\x87\xd1\x91\xd1\x82.docx", /* Cyrillic */
        "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d.txt",          /* Hebrew */
        "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.png",      /* Japanese */
        "\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\xa8\xe0\xa5\x8d\xe0\xa4\xa6\xe0\xa5\x80.odt", /* Hindi */
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb.gif", /* an emoji with a joiner */
        "console.txt",
        "com.txt",
        "com10",
        "nullable"};
    apr_size_t i;

    for (i = 0; i < UNIT_COUNT(names); i++)
        assert_clean(names[i], names[i], *state);
}

static void a_path_is_its_last_segment(void **state)
{
    assert_clean("/etc/passwd", "passwd", *state);
    assert_clean("C:\\fakepath\\photo.jpg", "photo.jpg", *state);
    assert_clean("../../a.txt", "a.txt", *state);
    assert_clean("a/b\\c/", "c", *state);
    assert_clean("///", "file", *state);
}

static void what_hides_or_deceives_is_removed(void **state)
{
    assert_clean(".htaccess", "htaccess", *state);
    assert_clean("... a.txt", "a.txt", *state);
    assert_clean("a.exe. . ", "a.exe", *state);
    assert_clean("a\r\nSet-Cookie: b\t.txt", "a Set-Cookie: b .txt", *state);
    assert_clean("photo\xe2\x80\xaegpj.exe", "photogpj.exe", *state); /* U+202E */
    assert_clean("a\xe2\x81\xa6\x62\xe2\x81\xa9.txt", "ab.txt", *state);
    assert_clean("\xef\xbb\xbf.\xe2\x80\x8b.a", "a", *state);
    assert_clean("a\xff\xc3(b.txt", "a(b.txt", *state); /* not UTF-8 */
    assert_clean("<b onload='x'>\".svg",
                 "\xe2\x80\xb9"
                 "b onload=\xe2\x80\x99x\xe2\x80\x99\xe2\x80\xba\xe2\x80\xb3.svg",
                 *state);
    assert_clean("A\xcc\x88.txt", "\xc3\x84.txt", *state); /* macOS decomposes */
}

static void names_of_devices_are_marked(void **state)
{
    assert_clean("con", "_con", *state);
    assert_clean("NUL.txt", "_NUL.txt", *state);
    assert_clean("Aux .tar.gz", "_Aux .tar.gz", *state);
    assert_clean("COM1.log", "_COM1.log", *state);
    assert_clean("lpt\xc2\xb3", "_lpt\xc2\xb3", *state);
    assert_clean("CONOUT$", "_CONOUT$", *state);
    assert_clean(".con", "_con", *state);
}

static void nothing_becomes_a_file(void **state)
{
    assert_clean("", "file", *state);
    assert_clean("..", "file", *state);
    assert_clean("\xe2\x80\xae\xe2\x80\x8b", "file", *state);
}

static const char *repeat(const char *text, int times, apr_pool_t *p)
{
    char *all = apr_palloc(p, strlen(text) * times + 1);
    int i;

    for (i = 0; i < times; i++)
        memcpy(all + strlen(text) * i, text, strlen(text));
    all[strlen(text) * times] = '\0';
    return all;
}

static void a_long_name_is_cut_before_its_suffix(void **state)
{
    apr_pool_t *p = *state;
    const char *family = "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7";
    const char *name;

    assert_clean(repeat("a", CHAT_FILE_NAME_BYTES_MAX, p), repeat("a", CHAT_FILE_NAME_BYTES_MAX, p),
                 p);
    assert_clean(apr_pstrcat(p, repeat("a", 400, p), ".jpeg", NULL),
                 apr_pstrcat(p, repeat("a", CHAT_FILE_NAME_BYTES_MAX - 5, p), ".jpeg", NULL), p);
    assert_clean(apr_pstrcat(p, repeat("\xc3\xa4", 150, p), ".pdf", NULL),
                 apr_pstrcat(p, repeat("\xc3\xa4", 98, p), ".pdf", NULL), p);
    name = chat_file_name_clean(apr_pstrcat(p, repeat(family, 40, p), ".png", NULL), p);
    assert_string_equal(name, apr_pstrcat(p, repeat(family, 10, p), ".png", NULL));
    name = chat_file_name_clean(apr_pstrcat(p, "a.", repeat("b", 400, p), NULL), p);
    assert_int_equal(strlen(name), CHAT_FILE_NAME_BYTES_MAX);
}

static void content_disposition_has_the_name_twice(void **state)
{
    apr_pool_t *p = *state;

    assert_string_equal(chat_file_name_disposition("photo.jpg", 1, p),
                        "inline; filename=\"photo.jpg\"; filename*=UTF-8''photo.jpg");
    assert_string_equal(chat_file_name_disposition("\xc3\x84 100% \xe2\x82\xac.txt", 0, p),
                        "attachment; filename=\"_ 100_ _.txt\"; "
                        "filename*=UTF-8''%C3%84%20100%25%20%E2%82%AC.txt");
    assert_string_equal(chat_file_name_disposition("a'b(c);d,\"\\.txt", 0, p),
                        "attachment; filename=\"a'b(c);d,__.txt\"; "
                        "filename*=UTF-8''a%27b%28c%29%3Bd%2C%22%5C.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(names_of_any_script_survive),
        UNIT_TEST(a_path_is_its_last_segment),
        UNIT_TEST(what_hides_or_deceives_is_removed),
        UNIT_TEST(names_of_devices_are_marked),
        UNIT_TEST(nothing_becomes_a_file),
        UNIT_TEST(a_long_name_is_cut_before_its_suffix),
        UNIT_TEST(content_disposition_has_the_name_twice),
    };

    return cmocka_run_group_tests_name("file names", tests, NULL, NULL);
}
