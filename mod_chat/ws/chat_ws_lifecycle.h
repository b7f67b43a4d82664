/**
 * @file chat_ws_lifecycle.h
 * The threads of the WebSocket side of a child, started and stopped in the right order.
 */
#ifndef MOD_CHAT_CHAT_WS_LIFECYCLE_H
#define MOD_CHAT_CHAT_WS_LIFECYCLE_H
#include <httpd.h>

/** In child_init. Without them handshakes are refused; errors are logged. */
void chat_ws_lifecycle_child_init(server_rec *s, apr_pool_t *pchild);
#endif
