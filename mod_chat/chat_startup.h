/**
 * @file chat_startup.h
 * What is checked and made before the children: the database, the number of WebSockets, shared
 * memory and secrets.
 *
 * A child of the event MPM takes ThreadsPerChild + AsyncRequestWorkerFactor x idle threads
 * connections, suspended ones among them; at its limit it accepts nothing at all. So by default
 * half of what an idle child takes may be WebSockets, and then it still accepts while half of its
 * threads work; what is configured may be three quarters of it, and then while a quarter works.
 * What could not be checked or made is logged with what to do.
 */
#ifndef MOD_CHAT_CHAT_STARTUP_H
#define MOD_CHAT_CHAT_STARTUP_H
#include <httpd.h>

/** The hooks of the same names. */
int chat_startup_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);
int chat_startup_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                              server_rec *s);
int chat_startup_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);
void chat_startup_child_init(apr_pool_t *pchild, server_rec *s);
#endif
