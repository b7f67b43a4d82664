/**
 * @file chat_host_databases.h
 * The databases of a host: virtual hosts with the same DBDParams have one, and what is set for
 * its one index or its messages must be the same in all of them.
 *
 * Threads: that which reads the configuration, or child_init's.
 */
#ifndef MOD_CHAT_CHAT_HOST_DATABASES_H
#define MOD_CHAT_CHAT_HOST_DATABASES_H
#include <httpd.h>

/** DBDParams of a server with a chat; NULL: it has none, or no chat. The text is in `p`. */
const char *chat_host_database_of(const server_rec *s, apr_pool_t *p);

/** The first server with a chat on this database: its settings hold. There must be one. */
server_rec *chat_host_database_first(server_rec *main_server, const char *params, apr_pool_t *p);
#endif
