/*
 * A search and a message, with a NUL between them. The lines for the database are as many as the
 * terms, and the snippet is HTML with nothing but <mark>, no longer than allowed, which says what
 * the message says.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>

#include "core/chat_snippet.h"
#include "core/chat_text.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

static int lines_of(const char *sql)
{
    int lines = 1;

    for (; *sql; sql++)
        lines += *sql == '\n';
    return lines;
}

static void check_terms(const chat_terms_t *terms, apr_pool_t *p)
{
    const char *sql = chat_terms_sql(terms, p);
    int wanted = 0, i;

    REQUIRE(terms->count <= CHAT_TERMS_WORDS_MAX);
    for (i = 0; i < terms->count; i++) {
        REQUIRE(terms->terms[i].folded_count > 0);
        wanted += !terms->terms[i].is_without;
    }
    REQUIRE(wanted == terms->wanted && !sql == (wanted == 0));
    REQUIRE(!sql || lines_of(sql) == terms->count);
}

/* Its characters, as a browser counts them. */
static apr_size_t check_html(const char *html)
{
    static const char *const entities[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#39;"};
    apr_size_t chars = 0;
    int is_marked = 0, i;

    while (*html) {
        const char *tag = is_marked ? "</mark>" : "<mark>";

        REQUIRE(*html != '>' && *html != '"' && *html != '\'');
        if (*html == '<') {
            REQUIRE(strncmp(html, tag, strlen(tag)) == 0);
            html += strlen(tag);
            is_marked = !is_marked;
            continue;
        }
        for (i = 0; *html == '&' && strncmp(html, entities[i], strlen(entities[i])) != 0;)
            REQUIRE(++i < 5);
        chars += (*html & 0xc0) != 0x80;
        html += *html == '&' ? strlen(entities[i]) : 1;
    }
    REQUIRE(!is_marked);
    return chars;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int is_begun;
    const char *query, *content, *html;
    chat_terms_t terms;
    apr_pool_t *p;

    if (!is_begun) {
        apr_initialize();
        atexit(apr_terminate);
        is_begun = 1;
    }
    if (size > 4096)
        return 0;
    apr_pool_create(&p, NULL);
    query = apr_pstrmemdup(p, (const char *)data, size);
    content = strlen(query) < size ? query + strlen(query) + 1 : "";
    chat_terms_read(&terms, query, p);
    check_terms(&terms, p);
    html = chat_snippet(&terms, content, size % 2 ? content : NULL, p);
    REQUIRE(check_html(html) <= CHAT_SNIPPET_CHARS_MAX);
    REQUIRE(!chat_text_is_utf8(content, strlen(content)) || chat_text_is_utf8(html, strlen(html)));
    apr_pool_destroy(p);
    return 0;
}
