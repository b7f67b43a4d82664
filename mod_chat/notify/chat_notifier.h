/**
 * @file chat_notifier.h
 * Tells people who are away of what they have not read: starts the workers that decide and deliver.
 *
 * In each child, and for each database, one worker decides whom to tell (chat.waiting to
 * chat.outbox), and one delivers each kind (chat_mail.h). Those of all children and hosts share the
 * work: each row is locked or claimed by one of them. Without a kind of delivery there are none.
 * Threads: as said.
 */
#ifndef MOD_CHAT_CHAT_NOTIFIER_H
#define MOD_CHAT_CHAT_NOTIFIER_H
#include <httpd.h>

/** In check_config and post_config: check the settings. APR_EINVAL: they are wrong, which is
 * logged.
 */
apr_status_t chat_notifier_check_config(server_rec *main_server, apr_pool_t *pconf);

/** In post_config, once for a generation of children: what was paused is tried again. */
void chat_notifier_post_config(void);

/** In child_init, after the database's. */
void chat_notifier_child_init(server_rec *main_server, apr_pool_t *pchild);

/** In child_stopping: begin nothing any more. */
void chat_notifier_stop(int is_graceful);
#endif
