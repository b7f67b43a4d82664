/**
 * @file chat_user_case.h
 * ChatUserCase where it is not set: whether user names that differ in case are one user.
 *
 * A directory compares names without regard to case and lets one account in under each spelling; a
 * file of passwords does not. What httpd's configuration names as providers of logins decides:
 * names are folded where all of them are LDAP, or caches in front of it. With others beside it
 * nothing can be told for sure; two accounts must not become one, so names are kept, and the log
 * asks to decide. Threads: while httpd starts.
 */
#ifndef MOD_CHAT_CHAT_USER_CASE_H
#define MOD_CHAT_CHAT_USER_CASE_H
#include <httpd.h>

/** In post_config: decide for each server that has not decided itself. */
void chat_user_case_post_config(server_rec *main_server, apr_pool_t *ptemp);
#endif
