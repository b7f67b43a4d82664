/* Cleaning twice is cleaning once, and what comes out keeps the promises of chat_text.h. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>
#include <utf8proc.h>

#include "core/chat_text.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

/* RFC 3629 by another reader: byte for byte what utf8proc finds. */
static int is_utf8(const uint8_t *data, size_t size)
{
    utf8proc_ssize_t taken;
    utf8proc_int32_t point;
    size_t at;

    for (at = 0; at < size; at += (size_t)taken) {
        taken = utf8proc_iterate(data + at, (utf8proc_ssize_t)(size - at), &point);
        if (taken <= 0)
            return 0;
    }
    return 1;
}

/* Whether it is in normal form C by utf8proc's judgement, which is not asked about U+11A7: version
 * 2.8 drops that after a Hangul syllable. */
static int is_normal(const char *text)
{
    utf8proc_uint8_t *normal = utf8proc_NFC((const utf8proc_uint8_t *)text);
    int is_same = normal && strcmp((const char *)normal, text) == 0;

    is_same = is_same || strstr(text, "\xe1\x86\xa7");
    free(normal);
    return is_same;
}

static int is_white_space(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);

    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP || (point >= 9 && point <= 13) || point == 0x85;
}

/* Count the characters; none may be a control character, the outer ones no white space. */
static apr_size_t check_characters(const char *text, int may_break)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    utf8proc_int32_t point = 'x';
    apr_size_t count;

    for (count = 0; *at; count++) {
        at += utf8proc_iterate(at, -1, &point);
        REQUIRE(utf8proc_category(point) != UTF8PROC_CATEGORY_CC ||
                (may_break && (point == '\n' || point == '\t')));
        REQUIRE(count > 0 || !is_white_space(point));
    }
    REQUIRE(!is_white_space(point));
    return count;
}

static void check_message(const char *bytes, size_t size, apr_pool_t *p)
{
    const char *once, *twice;
    apr_size_t chars, chars_again;
    chat_problem_t *problem = chat_text_clean(&once, &chars, bytes, size, p);

    REQUIRE((problem == NULL) ==
            (is_utf8((const uint8_t *)bytes, size) && !memchr(bytes, '\0', size)));
    if (problem)
        return;
    REQUIRE(!chat_text_clean(&twice, &chars_again, once, strlen(once), p));
    REQUIRE(strcmp(once, twice) == 0 && chars == chars_again);
    REQUIRE(chars == check_characters(once, 1));
    REQUIRE(is_normal(once));
}

static void check_name(const char *bytes, size_t size, apr_size_t chars_max, apr_pool_t *p)
{
    const char *once = chat_text_clean_name(apr_pstrmemdup(p, bytes, size), chars_max, p);

    REQUIRE(strcmp(chat_text_clean_name(once, chars_max, p), once) == 0);
    REQUIRE(is_utf8((const uint8_t *)once, strlen(once)));
    REQUIRE(check_characters(once, 0) <= chars_max);
    REQUIRE(strcspn(once, "<>\"") == strlen(once) && !strstr(once, "  "));
    REQUIRE(is_normal(once));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int is_ready;
    apr_size_t chars_max;
    apr_pool_t *p;
    char *bytes;

    if (!is_ready)
        apr_initialize();
    is_ready = 1;
    if (size == 0)
        return 0;
    chars_max = *data++;
    size--;
    bytes = malloc(size > 0 ? size : 1); /* ends where the input does */
    memcpy(bytes, data, size);
    apr_pool_create(&p, NULL);
    REQUIRE(chat_text_is_utf8(bytes, size) == is_utf8((const uint8_t *)bytes, size));
    check_message(bytes, size, p);
    check_name(bytes, size, chars_max, p);
    apr_pool_destroy(p);
    free(bytes);
    return 0;
}
