#include "core/chat_cursor.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <apr_encode.h>

#include "core/chat_time.h"

#define VERSION 2       /* the first byte; another layout takes another number */
#define CURSOR_BYTES 25 /* the version, the time, the id and the epoch, the highest byte first */

static void encode(char text[CHAT_CURSOR_CHARS + 1], const chat_cursor_t *cursor)
{
    const apr_uint64_t numbers[] = {htobe64((apr_uint64_t)cursor->updated_at),
                                    htobe64((apr_uint64_t)cursor->id), htobe64(cursor->epoch)};
    unsigned char bytes[CURSOR_BYTES] = {VERSION};

    memcpy(bytes + 1, numbers, sizeof numbers);
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
    apr_uint64_t numbers[3];
    chat_cursor_t found;

    memset(cursor, 0, sizeof *cursor);
    if (strlen(text) != CHAT_CURSOR_CHARS ||
        apr_decode_base64_binary(bytes, text, CHAT_CURSOR_CHARS, APR_ENCODE_NONE, NULL) !=
            APR_SUCCESS)
        return APR_EINVAL;
    memcpy(numbers, bytes + 1, sizeof numbers);
    found.updated_at = (apr_time_t)be64toh(numbers[0]);
    found.id = (apr_int64_t)be64toh(numbers[1]);
    found.epoch = be64toh(numbers[2]);
    encode(canonical, &found); /* checks the version, the alphabet and the unused bits */
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
