/**
 * @file chat_registry.h
 * The WebSocket sessions of this child, found by their user: what the feeds publish is delivered to
 * them here.
 *
 * Bounded by the event loop's limit of connections; a session that is above the limits of its user
 * or address (ChatWebSocketMax) is closed as soon as it opens. Threads: the event loop's, except
 * where a function says otherwise.
 */
#ifndef MOD_CHAT_CHAT_REGISTRY_H
#define MOD_CHAT_CHAT_REGISTRY_H
#include "ws/chat_conn.h"

/** Of a connection whose owner is a chat_ws_session_t. */
extern const chat_conn_role_t chat_registry_role;

/** In child_init: before the event loop and the feeds start. */
apr_status_t chat_registry_child_init(server_rec *s, apr_pool_t *pchild);

/** Whether the refusal of a WebSocket may be logged: once a minute, however many are refused. Any
 * thread. */
int chat_registry_may_log_refusal(void);
#endif
