/*
 * A template, as text and as HTML, with values that look like templates. One that is read is
 * written with no value read again, and with none unescaped in HTML.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>

#include "notify/chat_template.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

#define VALUE "{{a}}<\x01>" /* no template may hold its bytes here */

static const char *const values[] = {"a", "b", NULL};
static const char *const sections[] = {"s", "t", NULL};
static const chat_template_names_t names = {values, sections};

static int count_of(const char *text, const char *part)
{
    int count = 0;

    for (text = strstr(text, part); text; text = strstr(text + 1, part))
        count++;
    return count;
}

static void try(const char *text, int is_html, apr_pool_t *p)
{
    const char *error = NULL;
    chat_template_t *source = chat_template_read(&error, text, &names, is_html, p);
    apr_array_header_t *records = apr_array_make(p, 2, sizeof(apr_table_t *));
    const chat_template_section_t section = {"s", records};
    apr_table_t *outside = apr_table_make(p, 2);
    const char *written;
    int i;

    REQUIRE(!source == (error != NULL));
    if (!source)
        return;
    apr_table_setn(outside, "a", VALUE);
    for (i = 0; i < 2; i++)
        APR_ARRAY_PUSH(records, apr_table_t *) = outside;
    written = chat_template_write(source, outside, &section, 1, p);
    REQUIRE(count_of(written, is_html ? "{{a}}&lt;\x01&gt;" : VALUE) == count_of(written, "\x01"));
    REQUIRE(count_of(written, "{{") == count_of(written, "\x01"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int is_begun;
    apr_pool_t *p;
    char *text;

    if (!is_begun) {
        apr_initialize();
        atexit(apr_terminate);
        is_begun = 1;
    }
    if (size > 4096 || memchr(data, 1, size))
        return 0;
    apr_pool_create(&p, NULL);
    text = apr_pstrmemdup(p, (const char *)data, size);
    if (!strstr(text, "{{{") && !strstr(text, "{ {")) {
        try(text, 0, p);
        try(text, 1, p);
    }
    apr_pool_destroy(p);
    return 0;
}
