#include "db/chat_backend.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include <apr_strings.h>

#include <httpd.h>

#include <http_main.h>

#include <postgresql/libpq-fe.h>

#include "core/chat_clock.h"
#include "core/chat_hash.h"
#include "core/chat_log.h"
#include "core/chat_number.h"
#include "db/chat_db_session.h"

#define BINARY 1
#define COMMAND_BYTES_MAX 64
#define NAME_BYTES_MAX 64 /* NAMEDATALEN of PostgreSQL */
#define PREPARED_TRIES 2  /* a pooler may twice choose a process without the statement */
#define CONFLICT_TRIES 3  /* PostgreSQL aborts each as soon as it detects the conflict */
#define SETTINGS_WAIT apr_time_from_sec(2)
#define STOP_SLICE apr_time_from_msec(100) /* between two questions whether to stop */
#define ANSWER_SLACK                                                                               \
    apr_time_from_msec(500) /* for the network, in addition to statement_timeout                   \
                             */
#define STALE_READS_MAX                                                                            \
    4 /* the first read may give the server's last message, the next one end of file */

/* Until when a result is waited for. */
typedef struct limit_t {
    apr_time_t deadline;
    int (*must_stop)(void); /* or NULL */
} limit_t;

/* Wait until the socket is ready, or for a moment. 0: the time is over. */
static int wait_for(struct pollfd *fd, const limit_t *limit)
{
    apr_interval_time_t left = limit->deadline - chat_clock_now();

    if (left <= 0 || (limit->must_stop && limit->must_stop()))
        return 0;
    if (limit->must_stop && left > STOP_SLICE)
        left = STOP_SLICE;
    poll(fd, 1, (int)apr_time_as_msec(left) + 1);
    return 1;
}

/* Send what libpq has buffered. Input is read at the same time, or both sides could wait for each
 * other. */
static int flush_output(PGconn *pq, const limit_t *limit)
{
    struct pollfd fd = {.fd = PQsocket(pq), .events = POLLIN | POLLOUT};

    while (PQflush(pq) == 1) {
        if (!wait_for(&fd, limit))
            return 0;
        if (fd.revents & POLLIN && !PQconsumeInput(pq))
            return 1; /* the connection is lost, as the result will show */
    }
    return 1;
}

/* Wait for a result, or the loss of the connection. 0: the time is over. */
static int await_input(PGconn *pq, const limit_t *limit)
{
    struct pollfd fd = {.fd = PQsocket(pq), .events = POLLIN};

    while (PQisBusy(pq)) {
        if (!wait_for(&fd, limit))
            return 0;
        if (!PQconsumeInput(pq))
            break;
    }
    return 1;
}

/* Rows that are taken one by one. */
typedef struct stream_t {
    const chat_row_sink_t *sink;
    const chat_query_t *query;
    apr_pool_t *pool;
    chat_rows_t *rows; /* with the one that was taken last; NULL: none yet */
    const char *cause; /* why they do not fit the query; NULL: they do */
} stream_t;

static void take_row(stream_t *stream, PGresult *result)
{
    if (stream->cause) {
        PQclear(result);
        return;
    }
    if (stream->rows) {
        chat_rows_replace(stream->rows, result);
    } else {
        stream->rows = chat_rows_create(&stream->cause, result, stream->query, stream->pool);
        if (stream->cause)
            return;
        chat_rows_next(stream->rows);
    }
    stream->sink->take(stream->sink->data, stream->rows);
}

/* The last result of what was sent; NULL when it does not come in time. Then the connection is shut
 * down, and whoever uses it next renews it. Rows of a stream (NULL: there is none) are taken as
 * they come, and the last result has none. */
static PGresult *await_last_result(stream_t *stream, PGconn *pq, const chat_backend_t *backend,
                                   apr_interval_time_t timeout)
{
    const limit_t limit = {chat_clock_now() + timeout, backend->must_stop};
    PGresult *last = NULL;
    PGresult *result;

    while (flush_output(pq, &limit) && await_input(pq, &limit)) {
        result = PQgetResult(pq);
        if (!result)
            return last;
        if (stream && PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
            take_row(stream, result);
        } else {
            PQclear(last);
            last = result;
        }
    }
    PQclear(last);
    shutdown(PQsocket(pq), SHUT_RDWR);
    return NULL;
}

static PGresult *await_result(PGconn *pq, const chat_backend_t *backend,
                              apr_interval_time_t timeout)
{
    return await_last_result(NULL, pq, backend, timeout);
}

const char *chat_backend_error(const PGresult *result, const PGconn *pq, apr_pool_t *p)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    char *message;

    if (state && text) /* only the primary message: the detail may contain what people wrote */
        return apr_psprintf(p, "PostgreSQL says %s: %s", state, text);
    if (!result && PQstatus(pq) == CONNECTION_OK)
        return "PostgreSQL does not answer";
    message = apr_pstrdup(p, PQerrorMessage(pq));
    message[strcspn(message, "\n")] = '\0';
    return apr_pstrcat(p, "connection to PostgreSQL: ", message, NULL);
}

static int has_state(const PGresult *result, const char *wanted)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    return state && strcmp(state, wanted) == 0;
}

/* What an administrator can do about it; NULL: not known. */
static const char *remedy_for(const PGresult *result)
{
    static const struct {
        const char *state;
        const char *remedy;
    } remedies[] = {
        {"42501",
         "the role that httpd connects as lacks a right: run chat-migrate as that role, "
         "or grant it usage on the schema \"chat\", execute on its functions, usage on its "
         "sequences, and select, insert, update, delete on its tables"},
        {"25006", "the server is a replica, or default_transaction_read_only is set: let DBDParams "
                  "name the primary (target_session_attrs=read-write)"},
        {"42883", "a function is missing: run chat-migrate, which loads those of this module"},
        {"53100", "the disk of the database is full: make room there"},
        {"53200", "the database has no memory left: see work_mem, max_locks_per_transaction"},
        {"53300",
         "raise max_connections or lower DBDMax: each child has DBDMax connections, one for its "
         "feed, and up to three with ChatMail or ChatPushKey; each host has one for searches, one "
         "that counts days and deletes old messages, and at times one that removes files"},
        {"55P03", "another session holds the lock: see lock_timeout, and pg_stat_activity"},
        {"57014", "it took longer than statement_timeout"},
        {"28P01", "correct the password in DBDParams"},
        {"28000", "let pg_hba.conf admit the role of DBDParams"},
        {"3D000", "create the database that DBDParams names, and run chat-migrate"},
    };
    int i;

    for (i = 0; i < (int)(sizeof remedies / sizeof remedies[0]); i++)
        if (has_state(result, remedies[i].state))
            return remedies[i].remedy;
    return NULL;
}

static const char *explain(const PGresult *result, const PGconn *pq, apr_pool_t *p)
{
    const char *remedy = remedy_for(result);
    const char *error = chat_backend_error(result, pq, p);

    return remedy ? apr_pstrcat(p, error, ": ", remedy, NULL) : error;
}

static apr_status_t status_of(const PGresult *result, const PGconn *pq)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    if (PQstatus(pq) != CONNECTION_OK || !state || strncmp(state, "08", 2) == 0 ||
        strncmp(state, "57P", 3) == 0 || strcmp(state, "25006") == 0) /* a replica is read-only */
        return CHAT_DB_AWAY;
    if (strcmp(state, "53100") == 0)
        return CHAT_DB_FULL;
    if (strcmp(state, "57014") == 0 ||  /* statement_timeout */
        strcmp(state, "55P03") == 0 ||  /* lock_timeout */
        strncmp(state, "40", 2) == 0 || /* deadlock, serialization */
        strncmp(state, "53", 2) == 0)   /* insufficient resources */
        return CHAT_DB_BUSY;
    if (strcmp(state, "42P01") == 0 || strcmp(state, "42883") == 0 || strcmp(state, "42703") == 0 ||
        strcmp(state, "3F000") == 0 || strcmp(state, "42501") == 0)
        return CHAT_DB_SCHEMA;
    return CHAT_DB_REFUSED;
}

static apr_status_t init_session(chat_backend_t *backend, int *ptimeout_ms, const char **pcause,
                                 PGconn *pq, apr_pool_t *p)
{
    const char *settings = chat_db_session_statement(PQbackendPID(pq), p);
    PGresult *result = PQsendQuery(pq, settings) ? await_result(pq, backend, SETTINGS_WAIT) : NULL;
    chat_db_session_t session = {.statement_ms = CHAT_DB_STATEMENT_TIMEOUT_MS};
    apr_status_t rv = APR_SUCCESS;

    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        chat_db_session_read(&session, result, p);
    } else {
        rv = status_of(result, pq);
        *pcause = explain(result, pq, p);
        if (has_state(result, "42P01") || has_state(result, "3F000"))
            session.complaint = chat_db_session_schema_complaint(0, p);
    }
    PQclear(result);
    backend->schema = session.schema;
    backend->is_pooled = session.is_pooled;
    backend->advice = session.advice;
    *ptimeout_ms = session.statement_ms;
    if (!session.complaint)
        return rv;
    *pcause = session.complaint;
    return CHAT_DB_SCHEMA;
}

/* Notices, such as that the server shuts down, which libpq would write to stderr. */
static void log_notice(void *data, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    (void)data;
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf, "database: PostgreSQL says %s: %s",
                 state ? state : "-----", text ? text : "");
}

apr_status_t chat_backend_ensure_session(chat_backend_t *backend, const char **pcause, PGconn *pq,
                                         apr_pool_t *p)
{
    int pid = PQbackendPID(pq);
    apr_status_t rv;
    int timeout_ms;

    if (backend->pid == pid)
        return APR_SUCCESS;
    backend->pid = 0;
    memset(backend->is_prepared, 0, sizeof backend->is_prepared);
    PQsetNoticeReceiver(pq, log_notice, NULL);
    rv = init_session(backend, &timeout_ms, pcause, pq, p);
    if (rv != APR_SUCCESS)
        return rv;
    backend->pid = pid;
    backend->timeout = apr_time_from_msec(timeout_ms) + ANSWER_SLACK;
    return APR_SUCCESS;
}

int chat_backend_is_stale(PGconn *pq)
{
    struct pollfd fd = {.fd = PQsocket(pq), .events = POLLIN};
    int i;

    /* What a statement before is still to answer would be taken for the answer to the next one. */
    if (PQtransactionStatus(pq) == PQTRANS_ACTIVE)
        return 1;
    for (i = 0; i < STALE_READS_MAX && poll(&fd, 1, 0) > 0; i++)
        if (!PQconsumeInput(pq) || PQstatus(pq) != CONNECTION_OK)
            return 1;
    return 0;
}

/* ---- statements ---- */

apr_status_t chat_backend_command(const chat_backend_t *backend, PGconn *pq, const char *verb,
                                  const char *name)
{
    char command[COMMAND_BYTES_MAX];
    PGresult *result = NULL;
    apr_status_t rv;

    apr_snprintf(command, sizeof command, "%s %s", verb, name);
    if (PQsendQuery(pq, command))
        result = await_result(pq, backend, backend->timeout);
    rv = PQresultStatus(result) == PGRES_COMMAND_OK ? APR_SUCCESS : status_of(result, pq);
    PQclear(result);
    return rv;
}

static char names[CHAT_SQL_COUNT][NAME_BYTES_MAX];

static void make_names(void)
{
    int i;

    for (i = 0; i < CHAT_SQL_COUNT; i++) {
        const char *text = chat_sql_statements[i].text;

        apr_snprintf(names[i], sizeof names[i], "%s_%016" APR_UINT64_T_HEX_FMT,
                     chat_sql_statements[i].label, chat_hash_64(text, strlen(text)));
    }
}

/* The name of the prepared statement: the label and a hash of the text. */
static const char *name_of(chat_sql_t statement)
{
    static pthread_once_t made = PTHREAD_ONCE_INIT;

    pthread_once(&made, make_names);
    return names[statement];
}

static void deallocate(const chat_backend_t *backend, PGconn *pq, chat_sql_t statement)
{
    chat_backend_command(backend, pq, "deallocate", name_of(statement));
}

static const char *statement_error(chat_sql_t statement, const PGresult *result, const PGconn *pq,
                                   apr_pool_t *p)
{
    return apr_psprintf(p, "statement %s: %s", chat_sql_statements[statement].label,
                        explain(result, pq, p));
}

static apr_status_t prepare(chat_backend_t *backend, const char **pcause, PGconn *pq,
                            chat_sql_t statement, apr_pool_t *p)
{
    const char *text = chat_sql_statements[statement].text;
    PGresult *result = NULL;
    apr_status_t rv = APR_SUCCESS;

    if (backend->is_prepared[statement])
        return APR_SUCCESS;
    if (PQsendPrepare(pq, name_of(statement), text, 0, NULL))
        result = await_result(pq, backend, backend->timeout);
    if (PQresultStatus(result) == PGRES_COMMAND_OK || has_state(result, "42P05")) {
        backend->is_prepared[statement] = 1; /* 42P05: it exists already */
    } else {
        rv = status_of(result, pq);
        *pcause = statement_error(statement, result, pq, p);
    }
    PQclear(result);
    return rv;
}

/* The process does not have the prepared statement (26000), or its result type has changed
 * (0A000). */
static int must_prepare_again(chat_backend_t *backend, PGconn *pq, chat_sql_t statement,
                              const PGresult *result)
{
    int is_void = has_state(result, "0A000");

    if (!is_void && !has_state(result, "26000"))
        return 0;
    if (is_void)
        deallocate(backend, pq, statement);
    backend->is_prepared[statement] = 0;
    return 1;
}

/* The last try does not use a prepared statement. */
static apr_status_t send_statement(chat_backend_t *backend, const char **pcause, PGconn *pq,
                                   chat_sql_t statement, const chat_args_t *args, int is_last,
                                   apr_pool_t *p)
{
    int lengths[CHAT_SQL_ARGS_MAX] = {0}; /* of those that are in text format they are not read */
    int formats[CHAT_SQL_ARGS_MAX] = {0};
    apr_status_t rv;

    if (args->bytes) {
        lengths[args->count - 1] = (int)args->bytes;
        formats[args->count - 1] = BINARY;
    }
    if (is_last) {
        PQsendQueryParams(pq, chat_sql_statements[statement].text, args->count, NULL, args->values,
                          lengths, formats, BINARY);
        return APR_SUCCESS; /* if it could not be sent, there is no result */
    }
    rv = prepare(backend, pcause, pq, statement, p);
    if (rv == APR_SUCCESS)
        PQsendQueryPrepared(pq, name_of(statement), args->count, args->values, lengths, formats,
                            BINARY);
    return rv;
}

/* Serialization failure or deadlock: PostgreSQL has rolled the statement back. */
static int is_conflict(const PGresult *result)
{
    return has_state(result, "40001") || has_state(result, "40P01");
}

/* The result of a statement, which the caller clears, on failure, too. */
static apr_status_t run(PGresult **presult, stream_t *stream, chat_backend_t *backend,
                        const char **pcause, PGconn *pq, chat_sql_t statement,
                        const chat_args_t *args, apr_pool_t *p)
{
    apr_status_t rv;
    int tries = 0;
    int conflicts = 0;

    *presult = NULL;
    for (;;) { /* a statement that fails has no effect: it is safe to run it again */
        rv = send_statement(backend, pcause, pq, statement, args, tries == PREPARED_TRIES, p);
        if (rv != APR_SUCCESS)
            return rv;
        if (stream)
            PQsetSingleRowMode(pq);
        *presult = await_last_result(stream, pq, backend, backend->timeout);
        if (PQresultStatus(*presult) == PGRES_TUPLES_OK)
            return APR_SUCCESS;
        if (stream && stream->rows) /* which are not taken back */
            break;
        if (tries < PREPARED_TRIES && must_prepare_again(backend, pq, statement, *presult))
            tries++;
        else if (conflicts < CONFLICT_TRIES && is_conflict(*presult))
            conflicts++;
        else
            break;
        PQclear(*presult);
        *presult = NULL;
    }
    rv = status_of(*presult, pq);
    *pcause = statement_error(statement, *presult, pq, p);
    return rv;
}

/* A defect of the statement. */
static apr_status_t does_not_fit(const char **pcause, const char *cause, chat_sql_t statement,
                                 apr_pool_t *p)
{
    *pcause = apr_psprintf(p, "statement %s: %s", chat_sql_statements[statement].label, cause);
    return CHAT_DB_UNFIT;
}

apr_status_t chat_backend_execute(chat_rows_t **prows, chat_backend_t *backend, const char **pcause,
                                  PGconn *pq, const chat_query_t *query, const chat_args_t *args,
                                  apr_pool_t *p)
{
    const char *cause;
    PGresult *result;
    apr_status_t rv = run(&result, NULL, backend, pcause, pq, query->statement, args, p);

    if (rv != APR_SUCCESS) {
        PQclear(result);
        return rv;
    }
    *prows = chat_rows_create(&cause, result, query, p);
    return cause ? does_not_fit(pcause, cause, query->statement, p) : APR_SUCCESS;
}

apr_status_t chat_backend_stream(const chat_row_sink_t *sink, chat_backend_t *backend,
                                 const char **pcause, PGconn *pq, const chat_query_t *query,
                                 const chat_args_t *args, apr_pool_t *p)
{
    stream_t stream = {.sink = sink, .query = query, .pool = p};
    PGresult *result;
    apr_status_t rv = run(&result, &stream, backend, pcause, pq, query->statement, args, p);

    PQclear(result);
    if (stream.rows)
        chat_rows_clear(stream.rows);
    if (rv == APR_SUCCESS && stream.cause)
        return does_not_fit(pcause, stream.cause, query->statement, p);
    return rv;
}
