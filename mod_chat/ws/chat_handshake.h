/**
 * @file chat_handshake.h
 * The opening handshake of a WebSocket (RFC 6455 section 4.2), and how its connection passes from
 * httpd's worker to the event loop: the handler returns SUSPENDED, httpd suspends the connection,
 * and suspend_connection offers it to the loop, which sends the answer.
 *
 * Threads: the worker that serves the request.
 */
#ifndef MOD_CHAT_CHAT_HANDSHAKE_H
#define MOD_CHAT_CHAT_HANDSHAKE_H
#include <httpd.h>

#include "ws/chat_conn.h"

#define CHAT_HANDSHAKE_PROTOCOL "chat.v1"

/** The content handler of conversations/ws/: DECLINED unless a WebSocket is asked for. */
int chat_handshake_handle(request_rec *r);

/** Accept a handshake: SUSPENDED, and plan->owner is the connection's. Otherwise it was refused,
 * with an HTTP status: 503 where this child has no room, 400, 426 or 501 where it could not be
 * accepted from anybody. */
int chat_handshake_accept(request_rec *r, const chat_conn_plan_t *plan);

/** In suspend_connection. */
void chat_handshake_suspend(conn_rec *c, request_rec *r);
#endif
