/**
 * @file chat_time.h
 * Reads and writes timestamps of RFC 3339; they are written in UTC with microseconds and `Z`.
 */
#ifndef MOD_CHAT_CHAT_TIME_H
#define MOD_CHAT_CHAT_TIME_H
#include <apr_time.h>

/** Room for "2026-01-02T03:04:05.678901Z" and its NUL. */
#define CHAT_TIME_BYTES_MAX 28

/** The first and the last microsecond that can be written: years 0001 to 9999. */
#define CHAT_TIME_MIN APR_INT64_C(-62135596800000000)
#define CHAT_TIME_MAX APR_INT64_C(253402300799999999)

/** Write `time` into `out`, and return the length without the NUL. Times out of range are clamped.
 */
apr_size_t chat_time_format(char *out, apr_time_t time);

/**
 * Read an RFC 3339 timestamp with `Z` or an offset. Also accepted: lower case, a blank instead of
 * `T`, and a blank where URL decoding has replaced the `+` of an offset. Of up to nine digits of a
 * fraction, six count. A leap second becomes the last microsecond before it. APR_EINVAL otherwise.
 */
apr_status_t chat_time_parse(apr_time_t *ptime, const char *text);
#endif
