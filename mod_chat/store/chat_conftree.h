/**
 * @file chat_conftree.h
 * What httpd's configuration says to other modules, as it is written there.
 *
 * Threads: while httpd starts, and constant afterwards.
 */
#ifndef MOD_CHAT_CHAT_CONFTREE_H
#define MOD_CHAT_CHAT_CONFTREE_H

/** The arguments of the first directive of that name, wherever it stands; NULL: there is none. */
const char *chat_conftree_args(const char *name);

/** Visit the arguments of all directives of that name; sections are called "<Location". */
typedef void chat_conftree_visit_t(void *data, const char *args);
void chat_conftree_each(const char *name, chat_conftree_visit_t *visit, void *data);
#endif
