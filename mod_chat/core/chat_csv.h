/**
 * @file chat_csv.h
 * The cells of a CSV file (RFC 4180), for spreadsheets.
 *
 * Text that begins with a character by which spreadsheets know a formula gets an apostrophe before
 * it, as OWASP advises. Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_CSV_H
#define MOD_CHAT_CHAT_CSV_H
#include <apr_pools.h>

#define CHAT_CSV_BOM "\xef\xbb\xbf" /**< begins a file, so that its text is read as UTF-8 */
#define CHAT_CSV_END "\r\n"         /**< ends a row */

/** A cell of text, with quotes where it needs them. `*plength` is its length. */
const char *chat_csv_text(apr_size_t *plength, const char *text, apr_size_t length, apr_pool_t *p);
#endif
