/*
 * What http/chat_multipart.c makes of bodies, for t/multipart/compare.mjs. On stdin comes for each body: its length
 * and the size of the pieces that it is read in, each of four bytes with the lowest first, and its bytes. On stdout
 * a line for each: "refused", or of each part its name, its file name or "-", and its content, in hexadecimal digits.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/chat_multipart.h"

typedef struct text_t {
    char *bytes;
    size_t length;
    size_t room;
} text_t;

static void put(text_t *text, const char *bytes, size_t count)
{
    while (text->room - text->length < count + 1) {
        text->room = text->room ? 2 * text->room : 4096;
        text->bytes = realloc(text->bytes, text->room);
        if (!text->bytes)
            abort();
    }
    memcpy(text->bytes + text->length, bytes, count);
    text->length += count;
}

static void put_hex(text_t *text, const char *bytes, size_t count)
{
    char digits[3];

    for (; count > 0; bytes++, count--) {
        snprintf(digits, sizeof digits, "%02x", (unsigned char)*bytes);
        put(text, digits, 2);
    }
}

static apr_status_t begin(void *text, const chat_multipart_part_t *part)
{
    put_hex(text, part->name, strlen(part->name));
    put(text, ",", 1);
    if (part->filename)
        put_hex(text, part->filename, strlen(part->filename));
    else
        put(text, "-", 1);
    put(text, ",", 1);
    return APR_SUCCESS;
}

static apr_status_t content(void *text, const char *bytes, apr_size_t count)
{
    put_hex(text, bytes, count);
    return APR_SUCCESS;
}

static apr_status_t end(void *text)
{
    put(text, ";", 1);
    return APR_SUCCESS;
}

static int read_number(uint32_t *pnumber)
{
    unsigned char bytes[4];

    if (fread(bytes, 1, sizeof bytes, stdin) != sizeof bytes)
        return 0;
    *pnumber = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return 1;
}

int main(int argc, char **argv)
{
    static const chat_multipart_handler_t handler = {begin, content, end};
    chat_multipart_t multipart;
    text_t text = {NULL, 0, 0};
    uint32_t length;
    uint32_t piece;

    if (argc != 2)
        return 2;
    while (read_number(&length) && read_number(&piece)) {
        char *body = malloc(length + 1);
        uint32_t at;
        apr_status_t rv;

        if (!body || piece == 0 || fread(body, 1, length, stdin) != length)
            return 2;
        text.length = 0;
        rv = chat_multipart_begin(&multipart, argv[1], &handler, &text);
        for (at = 0; at < length && rv == APR_SUCCESS; at += piece)
            rv = chat_multipart_read(&multipart, body + at, length - at < piece ? length - at : piece);
        if (rv == APR_SUCCESS)
            rv = chat_multipart_end(&multipart);
        if (rv == APR_SUCCESS)
            printf("%.*s\n", (int)text.length, text.length ? text.bytes : "");
        else
            printf("refused\n");
        free(body);
    }
    free(text.bytes);
    return 0;
}
