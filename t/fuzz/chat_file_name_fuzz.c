/*
 * A name of a file, as a client sends it. What is stored is a short name that is UTF-8, without
 * separators, control characters and hiding dots; cleaning it again does not change it. The header
 * with it is one line of ASCII, and the name in it reads back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_escape.h>
#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>

#include "core/chat_file_name.h"
#include "core/chat_text.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

static void check_name(const char *name, apr_pool_t *p)
{
    apr_size_t length = strlen(name);
    const char *at;

    REQUIRE(length > 0 && length <= CHAT_FILE_NAME_BYTES_MAX);
    REQUIRE(chat_text_is_utf8(name, length));
    REQUIRE(name[0] != '.' && name[0] != ' ');
    REQUIRE(name[length - 1] != '.' && name[length - 1] != ' ');
    for (at = name; *at; at++)
        REQUIRE((unsigned char)*at >= ' ' && *at != 0x7f && !strchr("/\\<>\"'", *at));
    REQUIRE(!strstr(name, "\xe2\x80\xae")); /* U+202E */
    REQUIRE(strcmp(chat_file_name_clean(name, p), name) == 0);
}

static void check_header(const char *name, apr_pool_t *p)
{
    const char *header = chat_file_name_disposition(name, 0, p), *at;
    const char *encoded = strstr(header, "\"; filename*=UTF-8''");

    for (at = header; *at; at++)
        REQUIRE(*at >= ' ' && *at <= '~' && *at != '\\');
    REQUIRE(strncmp(header, "attachment; filename=\"", 22) == 0 && encoded);
    REQUIRE(strchr(header + 22, '"') == encoded && !strchr(encoded + 1, '"'));
    encoded += strlen("\"; filename*=UTF-8''");
    REQUIRE(strcmp(apr_punescape_url(p, encoded, NULL, NULL, 0), name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int is_begun;
    apr_pool_t *p;
    const char *name;

    if (!is_begun) {
        apr_initialize();
        atexit(apr_terminate);
        is_begun = 1;
    }
    if (size > 4096)
        return 0;
    apr_pool_create(&p, NULL);
    name = chat_file_name_clean(apr_pstrmemdup(p, (const char *)data, size), p);
    check_name(name, p);
    check_header(name, p);
    apr_pool_destroy(p);
    return 0;
}
