#include "core/chat_cursor.h"

#include <string.h>

#include <apr_encode.h>

#include "core/chat_time.h"

#define VERSION 1       /* the first byte; another layout takes another number */
#define CURSOR_BYTES 17 /* the version, the time and the id, the highest byte first */

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

static void encode(char text[CHAT_CURSOR_CHARS + 1], apr_time_t updated_at, apr_int64_t id)
{
    unsigned char bytes[CURSOR_BYTES] = {VERSION};

    put_number(bytes + 1, updated_at);
    put_number(bytes + 9, id);
    apr_encode_base64_binary(text, bytes, sizeof(bytes), APR_ENCODE_BASE64URL, NULL);
}

const char *chat_cursor_write(apr_time_t updated_at, apr_int64_t id, apr_pool_t *p)
{
    char *text = apr_palloc(p, CHAT_CURSOR_CHARS + 1);

    encode(text, updated_at, id);
    return text;
}

apr_status_t chat_cursor_read(apr_time_t *pupdated_at, apr_int64_t *pid, const char *text)
{
    unsigned char bytes[CURSOR_BYTES] = {0}; /* padding characters would leave some unset */
    char canonical[CHAT_CURSOR_CHARS + 1];
    apr_time_t updated_at;
    apr_int64_t id;

    *pupdated_at = 0;
    *pid = 0;
    if (strlen(text) != CHAT_CURSOR_CHARS ||
        apr_decode_base64_binary(bytes, text, CHAT_CURSOR_CHARS, APR_ENCODE_NONE, NULL) !=
            APR_SUCCESS)
        return APR_EINVAL;
    updated_at = get_number(bytes + 1);
    id = get_number(bytes + 9);
    encode(canonical, updated_at, id); /* settles the version, the alphabet and the spare bits */
    if (strcmp(canonical, text) != 0 || id < 1 || updated_at < CHAT_TIME_MIN ||
        updated_at > CHAT_TIME_MAX)
        return APR_EINVAL;
    *pupdated_at = updated_at;
    *pid = id;
    return APR_SUCCESS;
}
