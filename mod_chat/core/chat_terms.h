/**
 * @file chat_terms.h
 * What somebody types to search, as terms.
 *
 * Words are separated by white space, and each must occur. "several words" in double quotes of any
 * kind must occur in that order, also without the closing quote; a word with punctuation inside,
 * such as an e-mail address, is several in that order, too. -word must not occur. With `or` between
 * two, one of them is enough; at the beginning or the end it is a word. The last word may be the
 * beginning of one, if it has two letters and nothing follows it.
 * Any text is valid: what is not understood separates words.
 * Ownership: texts live in the pool given. Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_TERMS_H
#define MOD_CHAT_CHAT_TERMS_H
#include "core/chat_fold.h"

#define CHAT_TERMS_CHARS_MAX 200 /**< of a search, in code points */
#define CHAT_TERMS_WORDS_MAX 8

typedef struct chat_term_t {
    const char *text; /**< words with blanks and punctuation between them, at least one */
    apr_size_t bytes;
    int is_without;   /**< it must not occur */
    int is_choice;    /**< or the one before, or both */
    int is_beginning; /**< the last word may be the beginning of one */
    const chat_folded_t *folded;
    apr_size_t folded_count;
} chat_term_t;

typedef struct chat_terms_t {
    chat_term_t terms[CHAT_TERMS_WORDS_MAX];
    int count;
    int wanted;   /**< how many of them are to occur */
    int too_many; /**< there were more than CHAT_TERMS_WORDS_MAX words */
} chat_terms_t;

/** Read UTF-8 without a NUL. */
void chat_terms_read(chat_terms_t *terms, const char *text, apr_pool_t *p);

/** The argument of chat.query() in SQL; NULL: there is nothing to find. */
const char *chat_terms_sql(const chat_terms_t *terms, apr_pool_t *p);
#endif
