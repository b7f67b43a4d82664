/**
 * @file chat_api_health.h
 * SetHandler chat-health: whether this server can serve the chat, for load balancers (200 or 503)
 * and administrators (JSON).
 *
 * Cheap however often it is asked: one child at a time asks the database, at most once a second for
 * each server (virtual host) that has the handler, and what it heard stands in shared memory.
 * Meanwhile all others answer what was last known, and do not wait longer than a quarter of a
 * second when that is old.
 */
#ifndef MOD_CHAT_CHAT_API_HEALTH_H
#define MOD_CHAT_CHAT_API_HEALTH_H
#include <httpd.h>

/** In post_config: the shared memory. Logs what failed. */
apr_status_t chat_api_health_post_config(server_rec *main_server, apr_pool_t *pconf);

/** The content handler: DECLINED unless the handler is named so. Who may see it is Apache's say. */
int chat_api_health_handle(request_rec *r);
#endif
