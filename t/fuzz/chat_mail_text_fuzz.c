/*
 * A name, text or address. What is written is printable ASCII in lines of at most 78 bytes, words
 * without blanks excepted, and reads back as it was; an address that passes has nothing that ends a
 * command.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_base64.h>
#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>

#include "notify/chat_mail_text.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

#define LINE_MAX_BYTES 78

static void check_lines(const char *header)
{
    apr_size_t length = 0;

    for (; *header; header++) {
        if (*header == '\r') {
            REQUIRE(header[1] == '\n' && header[2] == ' ');
            header++;
            length = 0;
            continue;
        }
        REQUIRE(*header >= ' ' && *header <= '~');
        REQUIRE(++length <= LINE_MAX_BYTES);
    }
}

/* What the encoded words hold, or the text after the name. */
static const char *read_back(const char *header, apr_pool_t *p)
{
    const char *word = strstr(header, "\r\n =?UTF-8?B?");
    const char *text = "";

    if (!word)
        return strchr(header, ' ') + 1;
    while (word) {
        const char *from = word + sizeof "\r\n =?UTF-8?B?" - 1;
        const char *to = strstr(from, "?=");
        char *decoded;

        REQUIRE(to);
        decoded = apr_pcalloc(p, (apr_size_t)(to - from) + 1);
        apr_base64_decode(decoded, apr_pstrmemdup(p, from, (apr_size_t)(to - from)));
        text = apr_pstrcat(p, text, decoded, NULL);
        word = to[2] ? to + 2 : NULL;
    }
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int is_begun;
    apr_pool_t *p;
    char *text;
    char *c;
    const char *header;

    if (!is_begun) {
        apr_initialize();
        atexit(apr_terminate);
        is_begun = 1;
    }
    if (size > 4096)
        return 0;
    apr_pool_create(&p, NULL);
    text = apr_pstrmemdup(p, (const char *)data, size);
    check_lines(chat_mail_text_mailbox("From", text, "ada@example.org", p));
    header = chat_mail_text_header("Subject", text, p);
    check_lines(header);
    for (c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    REQUIRE(strcmp(read_back(header, p), text) == 0);
    if (chat_mail_text_is_address(text))
        REQUIRE(!strpbrk(text, "<> \t\r\n\"(),:;") && strchr(text, '@') == strrchr(text, '@'));
    header = chat_mail_text_crlf(text, p);
    REQUIRE(strlen(header) >= strlen(text));
    apr_pool_destroy(p);
    return 0;
}
