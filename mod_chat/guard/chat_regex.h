/**
 * @file chat_regex.h
 * Perl-compatible regular expressions (PCRE2), Unicode and caseless, matched in bounded time.
 *
 * Bounded: each match has a fixed limit of steps and memory, whatever the pattern and the text. A
 * match that exceeds it ends with CHAT_REGEX_EXHAUSTED, which is neither a match nor a mismatch.
 * Ownership: a workspace serves one thread, for any number of patterns and texts.
 * Threads: patterns are compiled while httpd reads its configuration and read-only afterwards.
 */
#ifndef MOD_CHAT_CHAT_REGEX_H
#define MOD_CHAT_CHAT_REGEX_H
#include <apr_pools.h>

#define CHAT_REGEX_BYTES_MAX 4096 /**< of one pattern */

typedef struct chat_regex_t chat_regex_t;
typedef struct chat_regex_workspace_t chat_regex_workspace_t;

typedef enum {
    CHAT_REGEX_NO_MATCH = 0,
    CHAT_REGEX_MATCH,
    CHAT_REGEX_EXHAUSTED /**< the limit was exceeded, or memory is short */
} chat_regex_result_t;

/** Compile a pattern; the pool frees it. Returns NULL, or an error message for the administrator.
 * A pattern that is invalid or matches the empty text is refused. */
const char *chat_regex_compile(chat_regex_t **ppattern, const char *text, apr_pool_t *p);

/** What matching needs besides a pattern and a text. The pool frees it; call the second function
 * to free it earlier, as it may have grown to a few MiB. */
chat_regex_workspace_t *chat_regex_workspace(apr_pool_t *p);
void chat_regex_workspace_free(chat_regex_workspace_t *workspace);

/** Whether the pattern matches somewhere in the text, which must be UTF-8. */
chat_regex_result_t chat_regex_match(const chat_regex_t *pattern, const char *text,
                                     apr_size_t length, chat_regex_workspace_t *workspace);
#endif
