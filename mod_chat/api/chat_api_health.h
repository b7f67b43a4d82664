/**
 * @file chat_api_health.h
 * SetHandler chat-health: whether this server can serve the chat, for load balancers (200 or 503)
 * and administrators (JSON).
 *
 * It may be polled often: one child at a time queries the database, at most once a second for each
 * server (virtual host) with the handler, and stores the result in shared memory. All other
 * requests use the last result; if it is old, they wait for a new one for at most a quarter of a
 * second. Threads: the worker that serves the request.
 */
#ifndef MOD_CHAT_CHAT_API_HEALTH_H
#define MOD_CHAT_CHAT_API_HEALTH_H
#include <httpd.h>

/** In post_config: create the shared memory. Errors are logged. */
apr_status_t chat_api_health_post_config(server_rec *main_server, apr_pool_t *pconf);

/** The content handler: DECLINED for other handlers. Require decides on access. */
int chat_api_health_handle(request_rec *r);
#endif
