/**
 * @file chat_backend.h
 * A server process of PostgreSQL behind a libpq connection: what it has been told, and asking it
 * with a time limit.
 *
 * What is known holds for one process: as soon as its id differs, however the connection was
 * renewed, settings are made and statements prepared anew.
 *
 * A pooler in front (pgbouncer) may give each statement another process. It is recognised by the id
 * that it tells, which is not the process's. Then settings are left alone, as they would stay with
 * a process that others get, and statements are prepared on each process where they turn out to be
 * missing. Their names tell their text too, since such a process outlives this httpd.
 * The connection must be in non-blocking mode. An answer that does not come in time cuts it.
 * Ownership: rows live in the pool given. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_BACKEND_H
#define MOD_CHAT_CHAT_BACKEND_H
#include "store/chat_rows.h"

#include <apr_errno.h>
#include <apr_time.h>

struct pg_conn;   /* libpq's PGconn */
struct pg_result; /* libpq's PGresult */

typedef struct chat_backend_t {
    int pid; /**< 0: nothing is known of the present one */
    int schema;
    int is_pooled;                /**< a pooler is between */
    const char *advice;           /**< with a pooler: what the role lacks; NULL: nothing */
    apr_uint64_t prepared;        /**< a bit for each statement */
    apr_interval_time_t patience; /**< statement_timeout, and some more for the way */
} chat_backend_t;

/** Make the settings of a backend not met before, and check the schema's version. */
apr_status_t chat_backend_welcome(chat_backend_t *backend, const char **pcause, struct pg_conn *pq,
                                  apr_pool_t *p);

/**
 * Whether the connection has ended, or is about to: a socket with something to read while we wait
 * for nothing has lost its backend, or been told of one that goes.
 */
int chat_backend_is_stale(struct pg_conn *pq);

/**
 * Run a statement, preparing it where that is needed. CHAT_DB_* otherwise (chat_db.h); then
 * `*pcause` tells the log why.
 */
apr_status_t chat_backend_execute(chat_rows_t **prows, chat_backend_t *backend, const char **pcause,
                                  struct pg_conn *pq, const chat_query_t *query,
                                  const char *const *args, int count, apr_pool_t *p);

/** Run a command that has no rows, such as "listen" with the name of a channel. */
apr_status_t chat_backend_command(const chat_backend_t *backend, struct pg_conn *pq,
                                  const char *verb, const char *name);

/** What went wrong, for the log. `result` may be NULL. */
const char *chat_backend_error(const struct pg_result *result, const struct pg_conn *pq,
                               apr_pool_t *p);
#endif
