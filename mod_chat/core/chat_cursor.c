#include "core/chat_cursor.h"

#include <stdlib.h>
#include <string.h>

#include <apr_encode.h>

#include "core/chat_time.h"

#define VERSION 2       /* the first byte; another layout takes another number */
#define CURSOR_BYTES 25 /* the version, the time, the id and the epoch, the highest byte first */

static void put_number(unsigned char *out, apr_int64_t number)
{
    int i;

    for (i = 0; i < 8; i++)
        out[i] = (unsigned char)((apr_uint64_t)number >> (56 - 8 * i));
}

static apr_int64_t get_number(const unsigned char *bytes)
{
    apr_uint64_t number = 0;
    int i;

    for (i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return (apr_int64_t)number;
}

static void encode(char text[CHAT_CURSOR_CHARS + 1], const chat_cursor_t *cursor)
{
    unsigned char bytes[CURSOR_BYTES] = {VERSION};

    put_number(bytes + 1, cursor->updated_at);
    put_number(bytes + 9, cursor->id);
    put_number(bytes + 17, (apr_int64_t)cursor->epoch);
    apr_encode_base64_binary(text, bytes, sizeof(bytes), APR_ENCODE_BASE64URL, NULL);
}

const char *chat_cursor_write(const chat_cursor_t *cursor, apr_pool_t *p)
{
    char *text = apr_palloc(p, CHAT_CURSOR_CHARS + 1);

    encode(text, cursor);
    return text;
}

apr_status_t chat_cursor_read(chat_cursor_t *cursor, const char *text)
{
    unsigned char bytes[CURSOR_BYTES] = {0}; /* padding characters would leave some unset */
    char canonical[CHAT_CURSOR_CHARS + 1];
    chat_cursor_t found;

    memset(cursor, 0, sizeof *cursor);
    if (strlen(text) != CHAT_CURSOR_CHARS ||
        apr_decode_base64_binary(bytes, text, CHAT_CURSOR_CHARS, APR_ENCODE_NONE, NULL) !=
            APR_SUCCESS)
        return APR_EINVAL;
    found.updated_at = get_number(bytes + 1);
    found.id = get_number(bytes + 9);
    found.epoch = (apr_uint64_t)get_number(bytes + 17);
    encode(canonical, &found); /* settles the version, the alphabet and the spare bits */
    if (strcmp(canonical, text) != 0 || found.id < 1 || found.updated_at < CHAT_TIME_MIN ||
        found.updated_at > CHAT_TIME_MAX)
        return APR_EINVAL;
    *cursor = found;
    return APR_SUCCESS;
}

apr_uint64_t chat_cursor_epoch(const char *epoch)
{
    return epoch ? strtoull(epoch, NULL, 16) : 0;
}
