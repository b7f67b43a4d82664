/**
 * @file chat_db.h
 * The database: one statement at a time on a connection of a pool of mod_dbd.
 *
 * A connection is held for one statement, never while the client is waited for; rows outlive it.
 * Statements (chat_sql.h) are prepared on a connection when they are first used there, and again
 * when its server process is another one, so that callers need not know of a restart of PostgreSQL
 * or of a virtual host with a pool of its own.
 *
 * Every wait has a limit: for a connection (ChatDatabaseWait), for the statement and its locks
 * (statement_timeout and lock_timeout of DBDParams, or the defaults below), for the result (half a
 * second more than the statement), for connecting (connect_timeout of DBDParams).
 * Ownership: a chat_db_t and its rows live in the pool given; row text points into the result.
 * Threads: a chat_db_t belongs to one thread; different ones may work at once.
 */
#ifndef MOD_CHAT_CHAT_DB_H
#define MOD_CHAT_CHAT_DB_H
#include <httpd.h>

#include "db/chat_group.h"
#include "db/chat_rows.h"

typedef struct chat_db_t chat_db_t;

/**
 * The database of `server`; no connection is used until a statement runs. If `r` (NULL: none) holds
 * a connection of mod_dbd already, that one is used.
 */
chat_db_t *chat_db_create(server_rec *server, request_rec *r, apr_interval_time_t pool_wait,
                          apr_pool_t *p);

/**
 * Run a statement with `count` parameters in text format, NULL for SQL's null. A statement that
 * only reads is repeated once when its connection was lost. On failure CHAT_DB_*, and
 * chat_db_cause() is the reason; the rows are NULL, but after CHAT_DB_UNFIT may be there for the
 * first record of the query. What a user asks for goes through chat_store_user.h, where the
 * user's rights are checked; this function is for what the module does on its own.
 */
apr_status_t chat_db_select(chat_rows_t **prows, chat_db_t *db, const chat_query_t *query,
                            const char *const *args, int count);

/** The same with any parameters, and with rows that live in `p`. */
apr_status_t chat_db_select_in(chat_rows_t **prows, chat_db_t *db, const chat_query_t *query,
                               const chat_args_t *args, apr_pool_t *p);

/** The same, but the rows are given to `sink` one by one, as they come, and memory is that of one.
 * The connection is held meanwhile, so the sink must not wait for anybody. On failure it may have
 * taken some; the statement is not repeated then. Small things live in `p`. */
apr_status_t chat_db_stream(const chat_row_sink_t *sink, chat_db_t *db, const chat_query_t *query,
                            const chat_args_t *args, apr_pool_t *p);

/** The server given to chat_db_create(). */
server_rec *chat_db_server(const chat_db_t *db);

/** A hash of DBDParams, which identifies the database. Opens a connection if this child has had
 * none to it yet; 0: that failed. */
apr_uint64_t chat_db_identity(chat_db_t *db);

/** Its DBDParams, which live as long as the child; NULL likewise. */
const char *chat_db_params(chat_db_t *db);

/** What is written in groups. */
typedef enum { CHAT_DB_SENDS, CHAT_DB_READS, CHAT_DB_QUEUES } chat_db_queue_t;

/** The queue for such writes in groups of this child and database. NULL: the request holds a
 * connection of mod_dbd, on which it must write itself, or all of them could be held by those who
 * wait. */
chat_group_t *chat_db_group(chat_db_t *db, chat_db_queue_t queue);

/** How long a statement takes at most: statement_timeout of the newest connection, and a little
 * more; of a database that this child has had none to, the default. */
apr_interval_time_t chat_db_timeout(const chat_db_t *db);

/** Another thread has waited so long for a connection for this one, in vain; what it still waits is
 * shorter by that. 0: nothing is left, and it must not try. */
int chat_db_note_waited(chat_db_t *db, apr_interval_time_t waited);

/** Another thread has run a statement for this one, which failed for this reason (copied). */
void chat_db_set_cause(chat_db_t *db, const char *cause);

/** Another thread has just connected to the database of this server: it is reachable again, and
 * requests need not test that. Any thread. */
void chat_db_note_there(server_rec *server);

/** Why the last statement failed: for the log, not for clients. */
const char *chat_db_cause(const chat_db_t *db);

/** The number of statements run so far, and their total duration. */
int chat_db_statements(const chat_db_t *db);
apr_interval_time_t chat_db_duration(const chat_db_t *db);

/** Parameters in text format. */
const char *chat_db_id(apr_int64_t id, apr_pool_t *p);
const char *chat_db_id_or_null(apr_int64_t id /* 0: null */, apr_pool_t *p);
const char *chat_db_time_or_null(apr_time_t time /* 0: null */, apr_pool_t *p);
const char *chat_db_boolean(int truth);

/** An array as SQL writes it, {"a",null}: of `count` texts, NULL for SQL's null. */
const char *chat_db_texts(const char *const *texts, int count, apr_pool_t *p);

/** The same of `count` ids, "{7,8}", each `stride` bytes after the one before; or
 * of booleans, 1 and 0. */
const char *chat_db_ids(const apr_int64_t *first, apr_size_t stride, int count, apr_pool_t *p);

/** DBDParams of a server in httpd's configuration; NULL: it has none, or those of another driver
 * than pgsql, whose words libpq would take for a database. */
const char *chat_db_params_of(const server_rec *s, apr_pool_t *p);

/** Hook into mod_dbd. Call from register_hooks. */
void chat_db_register_hooks(void);

/** In check_config: find mod_dbd. APR_ENOTIMPL: it is not loaded. */
apr_status_t chat_db_bind(void);

/** In child_init, before mod_dbd's. */
apr_status_t chat_db_child_init(server_rec *main_server, apr_pool_t *pchild);
#endif
