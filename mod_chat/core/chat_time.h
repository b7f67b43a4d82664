/**
 * @file chat_time.h
 * Timestamps as RFC 3339 writes them: UTC, microseconds, `Z`.
 */
#ifndef MOD_CHAT_CHAT_TIME_H
#define MOD_CHAT_CHAT_TIME_H
#include <apr_time.h>

/** Room for "2026-01-02T03:04:05.678901Z" and its NUL. */
#define CHAT_TIME_BYTES_MAX 28

/** The first and the last microsecond that can be written: years 0001 to 9999. */
#define CHAT_TIME_MIN APR_INT64_C(-62135596800000000)
#define CHAT_TIME_MAX APR_INT64_C(253402300799999999)

/** Write `time` into `out`, and give the length without the NUL. What is out of range is clamped.
 */
apr_size_t chat_time_format(char *out, apr_time_t time);

/**
 * Read an RFC 3339 timestamp with `Z` or an offset. Taken as well: small letters, a blank instead
 * of `T`, and a blank where URL decoding has eaten the `+` of an offset. Of a fraction's one to
 * nine digits, six count. A leap second is the last microsecond before it. Else APR_EINVAL.
 */
apr_status_t chat_time_parse(apr_time_t *ptime, const char *text);
#endif
