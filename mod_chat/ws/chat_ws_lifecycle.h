/**
 * @file chat_ws_lifecycle.h
 * Starts the event loop, its helpers and the feeds of a child, and stops them in order.
 */
#ifndef MOD_CHAT_CHAT_WS_LIFECYCLE_H
#define MOD_CHAT_CHAT_WS_LIFECYCLE_H
#include <httpd.h>

/** In child_init. Without them handshakes are refused; errors are logged. */
void chat_ws_lifecycle_child_init(server_rec *s, apr_pool_t *pchild);
#endif
