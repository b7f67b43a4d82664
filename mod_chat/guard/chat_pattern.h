/**
 * @file chat_pattern.h
 * Patterns of Perl (PCRE2), in Unicode and without regard to case, that end in time.
 *
 * Bounded: a pattern has a fixed allowance of steps and memory for each text, however both were
 * chosen. Where that runs out there is no answer, and CHAT_PATTERN_EXHAUSTED says so.
 * Ownership: tools serve one thread, with any number of patterns and texts.
 * Threads: patterns are made while httpd reads its configuration, read by any thread ever after.
 */
#ifndef MOD_CHAT_CHAT_PATTERN_H
#define MOD_CHAT_CHAT_PATTERN_H
#include <apr_pools.h>

#define CHAT_PATTERN_BYTES_MAX 4096 /**< of one pattern */

typedef struct chat_pattern_t chat_pattern_t;
typedef struct chat_pattern_tools_t chat_pattern_tools_t;

typedef enum {
    CHAT_PATTERN_NO_MATCH = 0,
    CHAT_PATTERN_MATCH,
    CHAT_PATTERN_EXHAUSTED /**< it ran out of its allowance, or there is no memory */
} chat_pattern_result_t;

/** Make a pattern, freed with the pool. The result is NULL, or a sentence for whoever wrote it.
 * Refused: what is no pattern, or matches the empty text. */
const char *chat_pattern_make(chat_pattern_t **ppattern, const char *text, apr_pool_t *p);

/** What matching needs besides a pattern and a text. Freed with the pool, or before it: they may
 * have grown to a few MiB. */
chat_pattern_tools_t *chat_pattern_tools(apr_pool_t *p);
void chat_pattern_tools_free(chat_pattern_tools_t *tools);

/** Whether the pattern matches somewhere in the text, which must be UTF-8. */
chat_pattern_result_t chat_pattern_match(const chat_pattern_t *pattern, const char *text,
                                         apr_size_t length, chat_pattern_tools_t *tools);
#endif
