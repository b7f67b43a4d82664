/**
 * @file chat_file_name.h
 * The names of files that people send: as they are stored, and in Content-Disposition.
 *
 * A name of any script survives. Threads: any.
 */
#ifndef MOD_CHAT_CHAT_FILE_NAME_H
#define MOD_CHAT_CHAT_FILE_NAME_H
#include <apr_pools.h>

/** In a name; file systems have 255, and programs add to names. */
#define CHAT_FILE_NAME_BYTES_MAX 200

/**
 * A name that is safe as the last segment of a path, in a page, and on the systems of those who
 * save the file: the last segment of the given one ("/" and "\" separate), cleaned as
 * chat_text_clean_name() does (no control characters, no bidirectional overrides), without dots and
 * blanks at its ends, with "_" before names that Windows reserves ("con.txt"), and at most
 * CHAT_FILE_NAME_BYTES_MAX bytes, cut before its suffix between grapheme clusters. "file" if
 * nothing is left. Cleaning a clean name does not change it.
 */
const char *chat_file_name_clean(const char *bytes, apr_pool_t *p);

/** The value of Content-Disposition (RFC 6266 section 4) for a cleaned name: the name in ASCII,
 * with
 * "_" for other characters, and in UTF-8 (RFC 8187). */
const char *chat_file_name_disposition(const char *name, int is_inline, apr_pool_t *p);
#endif
