/**
 * @file chat_snippet.h
 * The part of a message in which a search has found something, as HTML.
 *
 * Everything but `<mark>` is escaped, so that it is the text of the message and nothing else,
 * whatever that contains. A run of white space is one blank; characters that change the direction
 * of the text after them are left out, since the snippet may end before they do.
 * Ownership: lives in the pool given. Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_SNIPPET_H
#define MOD_CHAT_CHAT_SNIPPET_H
#include "core/chat_terms.h"

#define CHAT_SNIPPET_CHARS_MAX 200 /**< code points of text, without marks and escapes */

/** Of `content`, followed by the name of its file where a term is in that or where there is nothing
 * else. `file_name` NULL: it has none. */
const char *chat_snippet(const chat_terms_t *terms, const char *content, const char *file_name,
                         apr_pool_t *p);
#endif
