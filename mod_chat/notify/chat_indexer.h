/**
 * @file chat_indexer.h
 * Adds the words of messages to the index that searches use, about a second after they were sent.
 *
 * For each database one worker of the host does so: the first child that comes to it, and another
 * one when it ends (chat_lease.h). Of several hosts, one at a time has the lock in the database.
 * Virtual hosts with the same DBDParams must not have different settings, as there is one index.
 * Threads: as said.
 */
#ifndef MOD_CHAT_CHAT_INDEXER_H
#define MOD_CHAT_CHAT_INDEXER_H
#include <httpd.h>

/** In check_config and post_config: check the settings. APR_EINVAL: they are wrong, which is
 * logged. */
apr_status_t chat_indexer_check_config(server_rec *main_server, apr_pool_t *p);

/** In post_config, when there is shared memory: give each server the place of its metrics. */
void chat_indexer_post_config(server_rec *main_server, apr_pool_t *p);

/** In child_init: start one for each database. */
void chat_indexer_child_init(server_rec *main_server, apr_pool_t *pchild);
#endif
