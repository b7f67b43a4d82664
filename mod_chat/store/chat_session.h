/**
 * @file chat_session.h
 * The settings of a session of PostgreSQL: made when it opens, whatever the cluster, the database
 * or the role say, and what is wrong where they cannot be made.
 *
 * Only what changes answers, or how long they take, is set, and only where it differs. Time limits
 * and synchronous_commit are left as the DBDParams have them. Behind a pooler nothing is set: the
 * setting would stay with a process that others get.
 * Threads: any.
 */
#ifndef MOD_CHAT_CHAT_SESSION_H
#define MOD_CHAT_CHAT_SESSION_H
#include <apr_pools.h>

struct pg_result; /* libpq's PGresult */

typedef struct chat_session_t {
    int schema;            /**< its version */
    int statement_ms;      /**< statement_timeout */
    int is_pooled;         /**< a pooler is between */
    const char *complaint; /**< why the session is of no use, and what to do; NULL: it is */
    const char *advice;    /**< served, but worse: what to do; NULL: nothing */
} chat_session_t;

/** The statement that makes the settings, for the process that libpq believes to have. */
const char *chat_session_statement(int pid, apr_pool_t *p);

/** What the statement answered. */
void chat_session_read(chat_session_t *session, const struct pg_result *result, apr_pool_t *p);

/** What to do about a schema of this version; NULL: it is right. */
const char *chat_session_schema_complaint(int version, apr_pool_t *p);
#endif
