/*
 * A form. Its first byte sets the sizes of the pieces that it is read in: the parts are the same as
 * of all at once; what came out is never more than what went in, and each part that was begun is
 * ended, unless the body is refused.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/chat_multipart.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

#define OUT_MAX 16384

typedef struct out_t {
    char bytes[OUT_MAX];
    size_t length;
    int is_open; /* a part is */
    int parts;
} out_t;

static void put(out_t *out, const char *bytes, size_t count)
{
    REQUIRE(count <= OUT_MAX - out->length);
    memcpy(out->bytes + out->length, bytes, count);
    out->length += count;
}

static apr_status_t begin(void *data, const chat_multipart_part_t *part)
{
    out_t *out = data;

    REQUIRE(!out->is_open && part->name);
    REQUIRE(++out->parts <= CHAT_MULTIPART_PARTS_MAX);
    out->is_open = 1;
    put(out, part->name, strlen(part->name) + 1);
    if (part->filename)
        put(out, part->filename, strlen(part->filename) + 1);
    return APR_SUCCESS;
}

static apr_status_t content(void *data, const char *bytes, apr_size_t count)
{
    out_t *out = data;

    REQUIRE(out->is_open && count > 0);
    put(out, bytes, count);
    return APR_SUCCESS;
}

static apr_status_t end(void *data)
{
    out_t *out = data;

    REQUIRE(out->is_open);
    out->is_open = 0;
    return APR_SUCCESS;
}

static apr_status_t read_all(out_t *out, const char *body, size_t length, size_t piece)
{
    static const chat_multipart_handler_t handler = {begin, content, end};
    chat_multipart_t multipart;
    size_t at;
    apr_status_t rv =
        chat_multipart_begin(&multipart, "multipart/form-data; boundary=\"B\"", &handler, out);

    memset(out, 0, sizeof *out);
    for (at = 0; at < length && rv == APR_SUCCESS; at += piece) {
        size_t count = length - at < piece ? length - at : piece;
        char *copy = malloc(count); /* so that AddressSanitizer sees what reads beyond it */

        REQUIRE(copy);
        memcpy(copy, body + at, count);
        rv = chat_multipart_read(&multipart, copy, count);
        free(copy);
    }
    if (rv == APR_SUCCESS)
        rv = chat_multipart_end(&multipart);
    REQUIRE((rv == APR_SUCCESS) == (chat_multipart_fault(&multipart) == NULL));
    REQUIRE(rv != APR_SUCCESS || (!out->is_open && out->parts));
    return rv;
}

/* As a Content-Type it is read, too. */
static void try_type(const char *text, size_t length)
{
    static const chat_multipart_handler_t handler = {begin, content, end};
    char *type = malloc(length + 1);
    chat_multipart_t multipart;

    REQUIRE(type);
    memcpy(type, text, length);
    type[length] = '\0';
    if (chat_multipart_begin(&multipart, type, &handler, NULL) == APR_SUCCESS)
        REQUIRE(chat_multipart_is_type(type));
    free(type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static out_t whole;
    static out_t pieces;
    const char *body = (const char *)data + 1;
    apr_status_t rv;

    if (size < 2 || size > OUT_MAX / 2)
        return 0;
    try_type(body, size - 1);
    rv = read_all(&whole, body, size - 1, size);
    REQUIRE(rv == read_all(&pieces, body, size - 1, data[0] ? data[0] : 1));
    REQUIRE(rv != APR_SUCCESS || (whole.length == pieces.length &&
                                  memcmp(whole.bytes, pieces.bytes, whole.length) == 0));
    return 0;
}
