#include "chat_unit.h"

#include <malloc.h>
#include <stdio.h>

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "core/chat_media_type.h"

#define WORD "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#define MEMORY_MAX (1024 * 1024) /* of a detector; libmagic's database is mapped, and shared */
#define THREADS 8
#define TURNS 200

static chat_media_type_t *open_detector(apr_pool_t *p)
{
    chat_media_type_t *detector;
    const char *error;

    assert_int_equal(chat_media_type_open(&detector, &error, p), APR_SUCCESS);
    assert_null(error);
    return detector;
}

typedef struct {
    const char *type;
    const char *bytes;
    apr_size_t length;
} case_t;

#define CASE(type, bytes)                                                                          \
    {                                                                                              \
        type, bytes, sizeof(bytes) - 1                                                             \
    }

/* What browsers run or show if they are told to must not have the type of something harmless. */
static const case_t cases[] = {
    CASE("text/plain", "Just a note.\n"),
    CASE("text/plain", "a"),
    CASE("application/octet-stream", "\1"),
    CASE("text/plain", "\xc3\x9c"
                       "bersicht f\xc3\xbcr alle\n"),
    CASE("text/plain", "\xff\xfeH\0i\0\n\0"),
    CASE("text/plain", "From: Ada\nTo: Bob\nSubject: tea\n\nAt four.\n"),
    CASE("text/plain", "/* a list */\n#include <stdio.h>\nint main(void) { return 0; }\n"),
    CASE("text/plain", "{\"a\": 1}"),
    CASE("text/plain", "--- a\n+++ b\n@@ -1 +1 @@\n-a\n+b\n"),
    CASE("text/csv", "name,age\nAda,36\nBob,12\n"),
    CASE("application/pdf", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"),
    CASE("application/pdf", "junk\n%PDF-1.7\n"),
    CASE("image/gif", "GIF89a/*    */=1;alert(1)//"),
    CASE("image/png", "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"),
    CASE("image/png", "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90\x77\x53\xde"
                      "\0\0\0\x08"
                      "acTL\0\0\0\1\0\0\0\0"),
    CASE("image/jpeg", "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1"),
    CASE("image/webp", "RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0"),
    CASE("image/svg+xml",
         "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>"),
    CASE("image/svg+xml", "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
    CASE("text/html", "<!DOCTYPE html><title>a</title>"),
    CASE("text/html", "<script>alert(1)</script>"),
    CASE("text/html", "hello <b>you</b> <script>alert(1)</script>"),
    CASE("text/xml", "<?xml version=\"1.0\"?><a/>"),
    CASE("text/x-shellscript", "#!/bin/sh\nrm -rf ~\n"),
    CASE("text/x-script.python", "#!/usr/bin/python3\nprint(1)\n"),
    CASE("text/x-msdos-batch", "@echo off\r\ndel *.*\r\n"),
    CASE("text/x-php", "<?php echo 1; ?>"),
    CASE("application/gzip", "\x1f\x8b\x08\0\0\0\0\0\0\3"),
    CASE("application/octet-stream", "\0\0\0\0\0\0\0\0"),
};

static void types_are_detected_by_the_bytes(void **state)
{
    chat_media_type_t *detector = open_detector(*state);
    const char *type;
    apr_size_t i;

    for (i = 0; i < UNIT_COUNT(cases); i++) {
        assert_int_equal(
            chat_media_type_detect(&type, detector, cases[i].bytes, cases[i].length, *state),
            APR_SUCCESS);
        if (strcmp(type, cases[i].type) != 0)
            fail_msg("case %d is %s, not %s", (int)i, type, cases[i].type);
    }
}

static void a_type_is_two_words(void **state)
{
    static const char *const good[] = {"image/png", "application/vnd.ms-excel", "image/svg+xml",
                                       "text/x-c++", WORD};
    static const char *const bad[] = {"",           "image",      "image/*",    "*/*",
                                      "/png",       "image/",     "image/png/", "Image/PNG",
                                      "image/ png", "image/.png", "image/a;b",  "image/png\n"};
    apr_size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(good); i++)
        assert_true(chat_media_type_is_valid(good[i]));
    for (i = 0; i < UNIT_COUNT(bad); i++)
        assert_false(chat_media_type_is_valid(bad[i]));
}

/* The processor time for so many bytes of line ends, also in UTF-16: the shortest of some runs. */
static clock_t time_for(apr_size_t length, int is_wide, chat_media_type_t *detector, apr_pool_t *p)
{
    char *lines = apr_palloc(p, length);
    clock_t shortest = 0, start, taken;
    const char *type;
    apr_size_t i;
    int turn;

    memset(lines, '\n', length);
    for (i = 1; is_wide && i < length; i += 2)
        lines[i] = '\0';
    if (is_wide)
        memcpy(lines, "\xff\xfe", 2);
    for (turn = 0; turn < 5; turn++) {
        start = clock();
        assert_int_equal(chat_media_type_detect(&type, detector, lines, length, p), APR_SUCCESS);
        taken = clock() - start;
        if (turn == 0 || taken < shortest)
            shortest = taken;
    }
    return shortest;
}

/* libmagic takes five times as long for eight times as many of these: 300 ms for 32 kB. */
static void a_long_text_takes_no_longer_than_its_beginning(void **state)
{
    chat_media_type_t *detector = open_detector(*state);
    int is_wide;

    for (is_wide = 0; is_wide <= 1; is_wide++) {
        clock_t beginning = time_for(4096, is_wide, detector, *state);
        clock_t all = time_for(32768, is_wide, detector, *state);

        print_message("# %ld us and %ld us\n", (long)beginning, (long)all);
        assert_true(all < 3 * beginning);
    }
}

static void the_memory_of_a_detector_is_small(void **state)
{
    struct mallinfo2 before = mallinfo2(), after;

    open_detector(*state);
    after = mallinfo2();
    print_message("# %zu kB\n",
                  (after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / 1024);
    assert_true(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd < MEMORY_MAX);
}

static void *detect_often(apr_thread_t *thread, void *data)
{
    chat_media_type_t *detector = data;
    apr_pool_t *p = apr_thread_pool_get(thread);
    const char *type;
    apr_size_t i;
    int turn;

    for (turn = 0; turn < TURNS; turn++) {
        i = (apr_size_t)turn % UNIT_COUNT(cases);
        if (chat_media_type_detect(&type, detector, cases[i].bytes, cases[i].length, p) !=
                APR_SUCCESS ||
            strcmp(type, cases[i].type) != 0)
            apr_thread_exit(thread, APR_EGENERAL);
    }
    return NULL;
}

static void threads_share_a_detector(void **state)
{
    apr_pool_t *p = *state;
    chat_media_type_t *detector = open_detector(p);
    apr_thread_t *threads[THREADS];
    apr_status_t result;
    int i;

    for (i = 0; i < THREADS; i++)
        assert_int_equal(apr_thread_create(&threads[i], NULL, detect_often, detector, p),
                         APR_SUCCESS);
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(apr_thread_join(&result, threads[i]), APR_SUCCESS);
        assert_int_equal(result, APR_SUCCESS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(types_are_detected_by_the_bytes),
        UNIT_TEST(a_type_is_two_words),
        UNIT_TEST(a_long_text_takes_no_longer_than_its_beginning),
        UNIT_TEST(the_memory_of_a_detector_is_small),
        UNIT_TEST(threads_share_a_detector),
    };

    return cmocka_run_group_tests_name("media types", tests, NULL, NULL);
}
