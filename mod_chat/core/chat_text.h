/**
 * @file chat_text.h
 * Validates and cleans text that people typed: messages and names.
 *
 * Cleaning a clean text does not change it.
 */
#ifndef MOD_CHAT_CHAT_TEXT_H
#define MOD_CHAT_CHAT_TEXT_H
#include <apr_pools.h>

#include "core/chat_problem.h"

/** Whether the bytes are UTF-8 by RFC 3629: nothing overlong, no surrogates, up to U+10FFFF. */
int chat_text_is_utf8(const char *bytes, apr_size_t length);

/**
 * The length of the UTF-8 character that `bytes` begins with, or 0 if it is invalid or incomplete
 * after `length` bytes (at least 1).
 */
apr_size_t chat_text_char_bytes(const char *bytes, apr_size_t length);

/**
 * A message as it is stored: normal form C, CR LF and CR as LF, without control characters
 * except LF and TAB, trimmed by Unicode's White_Space; empty if no visible character is in it;
 * otherwise invisible characters are kept. `pchars` (or NULL) is the number of code points. 400
 * `invalid_utf8` if the bytes are not UTF-8 or contain a NUL.
 */
chat_problem_t *chat_text_clean(const char **ptext, apr_size_t *pchars, const char *bytes,
                                apr_size_t length, apr_pool_t *p);

/**
 * A display or file name that is safe in an HTML attribute even unescaped: normal form C, without
 * control and invisible characters except joiners and selectors where they shape what is seen;
 * `<`, `>`, `"` and `'` as the look-alikes U+2039, U+203A, U+2033 and U+2019, each run of white
 * space and blank glyphs as one blank, trimmed, at most `chars_max` code points, cut between
 * grapheme clusters (inside one only where the first alone is too long). Bytes that are not UTF-8
 * are dropped. Empty if nothing visible is left. chat.clean_name() in SQL gives the same.
 */
const char *chat_text_clean_name(const char *bytes, apr_size_t chars_max, apr_pool_t *p);

/**
 * Fold a user name, for directories that compare names without regard to case: Unicode's
 * NFKC_Casefold, independent of the locale. Upper and lower case, full-width and ordinary, composed
 * and decomposed letters become the same, and invisible characters are removed. Blanks are trimmed,
 * and several in a row become one. Folding a folded name does not change it. The result may be
 * empty. NULL: not UTF-8.
 */
const char *chat_text_fold_name(const char *name, apr_pool_t *p);
#endif
