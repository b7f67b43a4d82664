/**
 * @file chat_notifier_servers.h
 * Whose settings hold for the notifications of a database.
 *
 * Notifications are decided and delivered for a database, settings are those of virtual hosts. Of
 * the virtual hosts with the same DBDParams, the first one that has both ChatPushKey and
 * ChatNotificationLink is taken, otherwise the first with one of them, otherwise the first. Others
 * must not have other settings of their own, as it would depend on their order what readers get,
 * and subscriptions made by one would be deleted by another. Threads: while httpd starts.
 */
#ifndef MOD_CHAT_CHAT_NOTIFIER_SERVERS_H
#define MOD_CHAT_CHAT_NOTIFIER_SERVERS_H
#include <httpd.h>

#include <apr_tables.h>

#define CHAT_NOTIFIER_DATABASES_MAX 16

/** The server_rec * whose settings hold, one for each database with a chat. */
apr_array_header_t *chat_notifier_servers_find(server_rec *main_server, apr_pool_t *p);

/** Check the others. APR_EINVAL: one has other settings, or there are too many databases, which is
 * logged. */
apr_status_t chat_notifier_servers_check(server_rec *main_server, apr_pool_t *p);

/** Log a warning where mail and pushes lead to the page of another virtual host. */
void chat_notifier_servers_warn(server_rec *main_server, apr_pool_t *p);
#endif
