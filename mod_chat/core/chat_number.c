#include "core/chat_number.h"

#include <string.h>

#define DIGITS_MAX 19 /* of the largest 64-bit integer */

apr_status_t chat_number_read(apr_int64_t *pnumber, const char *digits)
{
    apr_uint64_t number = 0; /* holds any 19 digits */
    int count;

    *pnumber = 0;
    for (count = 0; digits[count] >= '0' && digits[count] <= '9'; count++) {
        if (count == DIGITS_MAX)
            return APR_EINVAL;
        number = number * 10 + (apr_uint64_t)(digits[count] - '0');
    }
    if (count == 0 || digits[count] != '\0' || number > APR_INT64_MAX)
        return APR_EINVAL;
    *pnumber = (apr_int64_t)number;
    return APR_SUCCESS;
}

apr_size_t chat_number_format(char *out, apr_int64_t number)
{
    char digits[CHAT_NUMBER_BYTES_MAX]; /* filled from its end */
    char *at = digits + sizeof(digits);
    apr_uint64_t rest = number < 0 ? 0 - (apr_uint64_t)number : (apr_uint64_t)number;
    apr_size_t length;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        *--at = '-';
    length = (apr_size_t)(digits + sizeof(digits) - at);
    memcpy(out, at, length);
    out[length] = '\0';
    return length;
}
