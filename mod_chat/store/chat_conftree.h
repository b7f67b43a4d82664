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
#endif
