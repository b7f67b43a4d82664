/**
 * @file chat_user_case.h
 * The default of ChatUserCase: whether user names that differ in case are the same user.
 *
 * A directory ignores case, and accepts an account under every spelling; a password file does not.
 * So the default depends on the authentication providers in httpd's configuration: names are folded
 * if all of them are LDAP, or caches for it. With others beside LDAP nothing is certain; as two
 * accounts must not become one user, names are not folded, and the log asks the administrator to
 * decide. Threads: while httpd starts.
 */
#ifndef MOD_CHAT_CHAT_USER_CASE_H
#define MOD_CHAT_CHAT_USER_CASE_H
#include <httpd.h>

/** In post_config: set the default for each server without ChatUserCase. */
void chat_user_case_post_config(server_rec *main_server, apr_pool_t *ptemp);
#endif
