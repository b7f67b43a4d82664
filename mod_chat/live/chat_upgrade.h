/**
 * @file chat_upgrade.h
 * The opening handshake (RFC 6455 section 4.2), and how a connection passes from httpd's worker to
 * the hub: the handler answers SUSPENDED, httpd lets go, suspend_connection offers it.
 *
 * Threads: the worker that serves the request.
 */
#ifndef MOD_CHAT_CHAT_UPGRADE_H
#define MOD_CHAT_CHAT_UPGRADE_H
#include <httpd.h>

#include "live/chat_conn.h"

/** Whether r asks for a WebSocket at all. */
int chat_upgrade_is_asked(request_rec *r);

/**
 * OK, or why this handshake cannot be accepted, whoever it is from: 400 for a malformed one, 426
 * for no handshake or another version, 501 where no connection can be handed over (another MPM than
 * event, an internal redirect). Over HTTP/2 the client is told to use HTTP/1.1.
 */
int chat_upgrade_check(request_rec *r);

/** Accept the handshake: SUSPENDED, and plan->owner is taken. Or refuse it as chat_upgrade_check()
 * does, or with 503 when there is no room. */
int chat_upgrade_accept(request_rec *r, const chat_conn_plan_t *plan);

/** Whether a refusal may be logged: once a minute, however many are refused. */
int chat_upgrade_may_complain(void);

/** Whether the client offers this subprotocol (Sec-WebSocket-Protocol). */
int chat_upgrade_offers(request_rec *r, const char *protocol);

/** In suspend_connection. */
void chat_upgrade_suspend(conn_rec *c, request_rec *r);
#endif
