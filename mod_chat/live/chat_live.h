/**
 * @file chat_live.h
 * The threads of the WebSocket side of a child, started and stopped in the right order.
 */
#ifndef MOD_CHAT_CHAT_LIVE_H
#define MOD_CHAT_CHAT_LIVE_H
#include <httpd.h>

/** In child_init. Without them handshakes are refused; errors are logged. */
void chat_live_child_init(server_rec *s, apr_pool_t *pchild);
#endif
