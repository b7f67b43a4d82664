/**
 * @file chat_startup.h
 * Start of the module: checks of the configuration, the number of WebSockets, shared memory and
 * secrets.
 *
 * A child of the event MPM accepts ThreadsPerChild + AsyncRequestWorkerFactor x idle threads
 * connections, including suspended ones; at this limit it accepts none. So by default at most half
 * of the connections of an idle child may be WebSockets: the child still accepts connections while
 * half of its threads are busy. A configured number may use up to three quarters; then it accepts
 * connections while a quarter of them is busy. Errors are logged with their remedy.
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
