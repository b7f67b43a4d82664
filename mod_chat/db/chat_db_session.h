/**
 * @file chat_db_session.h
 * The settings of a session of PostgreSQL: made when it begins, whatever the defaults of the
 * cluster, the database or the role, and an explanation where they cannot be made.
 *
 * Only settings that change results, or how long they take, are made, and only where they differ.
 * Time limits and synchronous_commit stay as set in DBDParams. Behind a connection pooler nothing
 * is set, as it would stay with a process that other clients get.
 * Threads: any.
 */
#ifndef MOD_CHAT_CHAT_DB_SESSION_H
#define MOD_CHAT_CHAT_DB_SESSION_H
#include <apr_pools.h>

#define CHAT_DB_STATEMENT_TIMEOUT_MS 1500 /**< where the session has no statement_timeout */
#define CHAT_DB_LOCK_TIMEOUT_MS 500       /**< likewise */

struct pg_result; /* libpq's PGresult */

typedef struct chat_db_session_t {
    int schema;            /**< its version */
    int statement_ms;      /**< statement_timeout */
    int is_pooled;         /**< through a connection pooler */
    const char *complaint; /**< why the session cannot be used, and what to do; NULL: it can */
    const char *advice;    /**< it can be used, but works worse: what to do; NULL: nothing */
} chat_db_session_t;

/** The statement that makes the settings; `pid` as libpq knows it. */
const char *chat_db_session_statement(int pid, apr_pool_t *p);

/** Read the result of that statement. */
void chat_db_session_read(chat_db_session_t *session, const struct pg_result *result,
                          apr_pool_t *p);

/** What to do about a schema of this version; NULL: it is supported. */
const char *chat_db_session_schema_complaint(int version, apr_pool_t *p);
#endif
