/**
 * @file chat_recorder.h
 * Counts what happened on each day, and deletes messages that are older than ChatRetention.
 *
 * For each database one worker of the host does so, and is connected while it works: once a minute,
 * and without a pause while there is much to count; old messages are deleted once a day, in small
 * parts with a pause after each. Of several hosts one works at a time, as the database has a lock
 * for it. Virtual hosts with the same DBDParams must not have different periods. Threads: as said.
 */
#ifndef MOD_CHAT_CHAT_RECORDER_H
#define MOD_CHAT_CHAT_RECORDER_H
#include <httpd.h>

/** In check_config and post_config: check the settings. APR_EINVAL: they are wrong, which is
 * logged. */
apr_status_t chat_recorder_check_config(server_rec *main_server, apr_pool_t *p);

/** In child_init: start one for each database. */
void chat_recorder_child_init(server_rec *main_server, apr_pool_t *pchild);
#endif
