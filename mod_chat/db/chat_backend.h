/**
 * @file chat_backend.h
 * The server process (backend) of PostgreSQL at the other end of a libpq connection: its settings
 * and prepared statements, and running a statement with a time limit.
 *
 * This state belongs to one process. When the process id of the connection differs, however the
 * connection was renewed, the settings are made and the statements prepared again.
 *
 * A connection pooler (pgbouncer) may run each statement in another process. It is recognised by
 * the process id that it reports, which is not that of the process. Then settings are not made, as
 * they would stay with a process that other clients get, and a statement is prepared in a process
 * when it turns out to be missing there. The name of a prepared statement contains a hash of its
 * text, as such a process may outlive this httpd.
 * The connection must be in non-blocking mode. It is shut down when a result does not come in time,
 * or must not be waited for.
 * Ownership: rows live in the pool given. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_BACKEND_H
#define MOD_CHAT_CHAT_BACKEND_H
#include "db/chat_rows.h"

#include <apr_errno.h>
#include <apr_time.h>

struct pg_conn;   /* libpq's PGconn */
struct pg_result; /* libpq's PGresult */

typedef struct chat_backend_t {
    int pid; /**< 0: not known, and nor is the rest */
    int schema;
    int is_pooled;      /**< through a connection pooler */
    const char *advice; /**< with a pooler: which settings the role lacks; NULL: none */
    unsigned char is_prepared[CHAT_SQL_COUNT]; /**< by statement */
    apr_interval_time_t
        timeout;            /**< how long a result may take: a little more than statement_timeout */
    int (*must_stop)(void); /**< then no result is waited for any more; NULL: never */
} chat_backend_t;

/** If the process is a new one, make its settings and check the version of the schema. */
apr_status_t chat_backend_ensure_session(chat_backend_t *backend, const char **pcause,
                                         struct pg_conn *pq, apr_pool_t *p);

/**
 * Whether the connection was closed, or is about to be: an idle connection has something to read
 * only when the server closes it or announces that.
 */
int chat_backend_is_stale(struct pg_conn *pq);

/**
 * Run a statement, and prepare it first where that is needed. On failure CHAT_DB_* (chat_rows.h),
 * and
 * `*pcause` is the reason, for the log.
 */
apr_status_t chat_backend_execute(chat_rows_t **prows, chat_backend_t *backend, const char **pcause,
                                  struct pg_conn *pq, const chat_query_t *query,
                                  const chat_args_t *args, apr_pool_t *p);

/** The same, but its rows are given to `sink` one by one. It may have taken some when the statement
 * fails. */
apr_status_t chat_backend_stream(const chat_row_sink_t *sink, chat_backend_t *backend,
                                 const char **pcause, struct pg_conn *pq, const chat_query_t *query,
                                 const chat_args_t *args, apr_pool_t *p);

/** Run a command that returns no rows, such as "listen" with the name of a channel. */
apr_status_t chat_backend_command(const chat_backend_t *backend, struct pg_conn *pq,
                                  const char *verb, const char *name);

/** The error of a result or of the connection, for the log. `result` may be NULL. */
const char *chat_backend_error(const struct pg_result *result, const struct pg_conn *pq,
                               apr_pool_t *p);
#endif
