/**
 * @file chat_fold.h
 * One spelling for all those that a directory without regard to case takes for the same name.
 *
 * Unicode's folding (NFKC_Casefold), whatever the locale: capital and small letters, full-width and
 * ordinary ones, composed and decomposed ones are the same, and invisible characters nothing;
 * blanks at both ends are gone, and several in a row are one. Folding twice gives what folding once
 * gave.
 */
#ifndef MOD_CHAT_CHAT_FOLD_H
#define MOD_CHAT_CHAT_FOLD_H
#include <apr_pools.h>

/** The name folded; "" where nothing is left of it. NULL: it is not UTF-8. */
const char *chat_fold_name(const char *name, apr_pool_t *p);
#endif
