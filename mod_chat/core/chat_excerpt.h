/**
 * @file chat_excerpt.h
 * The beginning of a longer text, cut between grapheme clusters.
 *
 * A cut never divides an emoji, a flag, a letter and its marks or a conjunct (UAX #29; as in later
 * versions of Unicode a letter after a virama belongs to it). Bidirectional isolates and embeddings
 * that the cut leaves open are closed, as they would change the direction of the text after the
 * excerpt. chat.excerpt_of() in SQL gives the same.
 */
#ifndef MOD_CHAT_CHAT_EXCERPT_H
#define MOD_CHAT_CHAT_EXCERPT_H
#include <apr_pools.h>
#include <utf8proc.h>

/** Of a message, in lists and notifications; in code points, as in the database. */
#define CHAT_EXCERPT_CHARS_MAX 140

/**
 * Where to cut `count` code points so that at most `chars_max` remain: the last boundary between
 * grapheme clusters, or `chars_max` where the first cluster alone is longer.
 */
apr_size_t chat_excerpt_cut(const utf8proc_int32_t *points, apr_size_t count, apr_size_t chars_max);

/**
 * At most `chars_max` code points of `text`, which must be UTF-8, with open
 * isolates and embeddings closed. A shorter text is returned as it is.
 */
const char *chat_excerpt(const char *text, apr_size_t chars_max, apr_pool_t *p);
#endif
