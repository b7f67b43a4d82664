/**
 * @file chat_db_check.h
 * At the start: is there a database, and is its schema one that we know? What is missing is logged
 * with what to do about it.
 */
#ifndef MOD_CHAT_CHAT_DB_CHECK_H
#define MOD_CHAT_CHAT_DB_CHECK_H
#include <httpd.h>

/** In check_config: are mod_dbd and a driver configured? */
apr_status_t chat_db_check_config(server_rec *main_server, apr_pool_t *ptemp);

/**
 * In child_init: a thread of one child of each generation looks whether the database can be
 * reached; meanwhile the child serves.
 */
apr_status_t chat_db_check_child_init(server_rec *main_server, apr_pool_t *pchild);
#endif
