/**
 * @file chat_connect.h
 * Connecting to PostgreSQL without being held by a name server or a server that does not answer.
 *
 * libpq waits for a name server as long as the resolver does, and connect_timeout begins after it,
 * anew for each address. A child that ends cannot wait for that: httpd would kill it. So libpq
 * connects in a thread of its own, which is left to itself half a second after its caller must
 * stop, and drops the connection that comes too late. Ownership: the connection is the caller's.
 * Threads: any.
 *
 * Known limits: a child that has left such a thread runs no exit handlers (chat_stopping.h). A
 * connection of mod_dbd cannot be left to a thread, as mod_dbd closes it: requests that are
 * renewing theirs (PQreset() in chat_db.c), and the breaker's PQpingParams(), wait as long as
 * connect_timeout says for each address, and httpd may kill a child that is stopped in that moment.
 */
#ifndef MOD_CHAT_CHAT_CONNECT_H
#define MOD_CHAT_CHAT_CONNECT_H

struct pg_conn; /* libpq's PGconn */

/** Whether its caller must stop now. Asked from the thread that waits, ten times a second. */
typedef int chat_connect_must_stop_t(void);

/**
 * Connect as PQconnectdbParams() does, to `params` (as in DBDParams; they may have another
 * connect_timeout than `timeout_s`), under a name for pg_stat_activity, or NULL. The result is that
 * of libpq, also where it failed; NULL: there is no memory, or `must_stop` said so.
 */
struct pg_conn *chat_connect(const char *params, const char *timeout_s, const char *name,
                             chat_connect_must_stop_t *must_stop);
#endif
