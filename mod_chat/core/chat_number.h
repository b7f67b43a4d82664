/**
 * @file chat_number.h
 * Reads and writes decimal integers, as in paths, queries and JSON.
 */
#ifndef MOD_CHAT_CHAT_NUMBER_H
#define MOD_CHAT_CHAT_NUMBER_H
#include <apr.h>
#include <apr_errno.h>

/** Room for the longest 64-bit integer, its sign and its NUL. */
#define CHAT_NUMBER_BYTES_MAX 21

/** Read 1 to 19 decimal digits. APR_EINVAL: anything else, or more than 64 bits. */
apr_status_t chat_number_read(apr_int64_t *pnumber, const char *digits);

/** Write `number` into `out`, and return the length without the NUL. */
apr_size_t chat_number_format(char *out, apr_int64_t number);
#endif
