/**
 * @file chat_fold.h
 * Text as a search compares it, with the place in the text that each character of it comes from.
 *
 * Without regard to case, accents, compatibility forms and invisible characters, as
 * chat.words() in SQL has it; what is neither letter, mark, digit nor emoji separates words. A
 * character of a script that has no blanks between words, such as Chinese, Japanese or Thai, is a
 * word of its own, as are a syllable of Korean and an emoji.
 * Ownership: arrays live in the pool given. Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_FOLD_H
#define MOD_CHAT_CHAT_FOLD_H
#include <apr_pools.h>
#include <utf8proc.h>

/** A character of folded text. */
typedef struct chat_folded_t {
    utf8proc_int32_t point;
    apr_size_t at;  /**< the byte of the text at which the character begins that it comes from */
    apr_size_t end; /**< the byte after that character, and after what is not seen beside it */
    int is_blank;   /**< it separates words */
    int is_start;   /**< a word begins here, or may begin */
} chat_folded_t;

/** Fold `bytes` of UTF-8. `pcount`: how many characters there are. */
const chat_folded_t *chat_fold(apr_size_t *pcount, const char *text, apr_size_t bytes,
                               apr_pool_t *p);

/** White space of any kind, and control characters. */
int chat_fold_is_space(utf8proc_int32_t point);

/** Whether a word ends before character `i`, which may be that after the last. */
int chat_fold_is_boundary(const chat_folded_t *folded, apr_size_t count, apr_size_t i);
#endif
