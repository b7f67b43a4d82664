/**
 * @file chat_excerpt.h
 * The beginning of a longer text, cut where a reader sees one character end.
 *
 * A cut never divides an emoji, a flag, a letter and its marks or a conjunct (UAX #29, with a
 * letter after a virama kept beside it, as later versions of Unicode do). What the cut leaves open,
 * an isolate or an embedding, is closed, or it would turn whatever a page writes after the excerpt.
 * chat.excerpt() in SQL gives the same.
 */
#ifndef MOD_CHAT_CHAT_EXCERPT_H
#define MOD_CHAT_CHAT_EXCERPT_H
#include <apr_pools.h>
#include <utf8proc.h>

/** Of a message, in lists and notifications; in code points, as the database holds it. */
#define CHAT_EXCERPT_CHARS_MAX 140

/**
 * Where to cut `count` code points so that at most `chars_max` remain: the last boundary between
 * grapheme clusters, or `chars_max` where the first cluster alone is longer.
 */
apr_size_t chat_excerpt_cut(const utf8proc_int32_t *points, apr_size_t count, apr_size_t chars_max);

/**
 * At most `chars_max` code points of `text`, which must be UTF-8, with what the cut left open
 * closed. A text that is no longer is given back as it is.
 */
const char *chat_excerpt(const char *text, apr_size_t chars_max, apr_pool_t *p);
#endif
