/**
 * @file chat_fold.h
 * Case folding of user names, for directories that compare names without regard to case.
 *
 * Unicode's NFKC_Casefold, independent of the locale: upper and lower case, full-width and
 * ordinary, composed and decomposed letters become the same, and invisible characters are removed.
 * Blanks are trimmed, and several in a row become one. Folding a folded name does not change it.
 */
#ifndef MOD_CHAT_CHAT_FOLD_H
#define MOD_CHAT_CHAT_FOLD_H
#include <apr_pools.h>

/** The folded name, which may be empty. NULL: not UTF-8. */
const char *chat_fold_name(const char *name, apr_pool_t *p);
#endif
