#include "store/chat_backend.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include <apr_strings.h>

#include <postgresql/libpq-fe.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/chat_clock.h"
#include "core/chat_number.h"
#include "store/chat_db.h"

#define BINARY 1
#define COMMAND_BYTES_MAX 64
#define NAME_BYTES_MAX 64 /* PostgreSQL's own limit */
#define PREPARED_TRIES 2  /* a pooler may twice give a process that does not know a statement */
#define SETTINGS_WAIT apr_time_from_sec(2)
#define ANSWER_SLACK apr_time_from_msec(500) /* for the network, on top of statement_timeout */
#define STALE_READS_MAX 4 /* the first read of a dead socket gives its last words, the next EOF */

/* Send what libpq still holds. What the server says meanwhile is read, or both could wait. */
static int flush_output(PGconn *pq, apr_time_t deadline)
{
    struct pollfd fd = {.fd = PQsocket(pq), .events = POLLIN | POLLOUT};

    while (PQflush(pq) == 1) {
        apr_interval_time_t left = deadline - chat_clock_now();

        if (left <= 0)
            return 0;
        poll(&fd, 1, (int)apr_time_as_msec(left) + 1);
        if (fd.revents & POLLIN && !PQconsumeInput(pq))
            return 1; /* the connection is lost, as the result will say */
    }
    return 1;
}

/* The last result of what was sent, or NULL when it does not come in time: then the connection is
 * cut, so that its next user renews it. */
static PGresult *await_result(PGconn *pq, apr_interval_time_t patience)
{
    apr_time_t deadline = chat_clock_now() + patience;
    struct pollfd fd = {.fd = PQsocket(pq), .events = POLLIN};
    PGresult *last = NULL;
    PGresult *result;

    for (;;) {
        if (!flush_output(pq, deadline)) {
            PQclear(last);
            shutdown(fd.fd, SHUT_RDWR);
            return NULL;
        }
        while (PQisBusy(pq)) {
            apr_interval_time_t left = deadline - chat_clock_now();

            if (left <= 0) {
                PQclear(last);
                shutdown(fd.fd, SHUT_RDWR);
                return NULL;
            }
            poll(&fd, 1, (int)apr_time_as_msec(left) + 1);
            if (!PQconsumeInput(pq))
                break;
        }
        result = PQgetResult(pq);
        if (!result)
            return last;
        PQclear(last);
        last = result;
    }
}

const char *chat_backend_error(const PGresult *result, const PGconn *pq, apr_pool_t *p)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    char *message;

    if (state && text) /* only the first line: the details may hold what people wrote */
        return apr_psprintf(p, "PostgreSQL says %s: %s", state, text);
    if (!result && PQstatus(pq) == CONNECTION_OK)
        return "PostgreSQL does not answer";
    message = apr_pstrdup(p, PQerrorMessage(pq));
    message[strcspn(message, "\n")] = '\0';
    return apr_pstrcat(p, "connection to PostgreSQL: ", message, NULL);
}

static apr_status_t status_of(const PGresult *result, const PGconn *pq)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    if (PQstatus(pq) != CONNECTION_OK || !state || strncmp(state, "08", 2) == 0 ||
        strncmp(state, "57P", 3) == 0 ||
        strcmp(state, "25006") == 0) /* a replica takes no writing */
        return CHAT_DB_AWAY;
    if (strcmp(state, "57014") == 0 ||  /* statement_timeout */
        strcmp(state, "55P03") == 0 ||  /* lock_timeout */
        strncmp(state, "40", 2) == 0 || /* deadlock, serialization */
        strncmp(state, "53", 2) == 0)   /* out of something */
        return CHAT_DB_BUSY;
    if (strcmp(state, "42P01") == 0 || strcmp(state, "42883") == 0 || strcmp(state, "42703") == 0 ||
        strcmp(state, "3F000") == 0)
        return CHAT_DB_SCHEMA;
    return CHAT_DB_REFUSED;
}

static const char *schema_complaint(int version, apr_pool_t *p)
{
    if (version == 0)
        return "the database has no schema \"chat\": run chat-migrate";
    if (version < chat_sql_schema_min)
        return apr_psprintf(p,
                            "the schema \"chat\" has version %d, this module needs %d: run "
                            "chat-migrate",
                            version, chat_sql_schema_min);
    if (version > chat_sql_schema_max)
        return apr_psprintf(p,
                            "the schema \"chat\" has version %d, this module knows up to %d: "
                            "install the module that belongs to the schema",
                            version, chat_sql_schema_max);
    return NULL;
}

/* One round trip for a new backend: limits where nobody set any, how to plan, and the schema's
 * version. %d is the process's id as we know it: with a pooler between, nothing is set.
 *
 * Plans are made once, for any parameters, and for tables that may still grow: every statement has
 * an index for each table (t/plans.t), and reading a small table as a whole costs more than that as
 * soon as it has some dozens of rows, whatever the planner expects of pages that are in memory. */
/* clang-format off */
#define SETTINGS                                                                                 \
    "select case when pg_backend_pid() = %d and current_setting('statement_timeout') = '0' then" \
    " set_config('statement_timeout', '" APR_STRINGIFY(CHAT_DB_STATEMENT_TIMEOUT_MS) "', false)" \
    " end,"                                                                                      \
    " case when pg_backend_pid() = %d and current_setting('lock_timeout') = '0' then"            \
    " set_config('lock_timeout', '" APR_STRINGIFY(CHAT_DB_LOCK_TIMEOUT_MS) "', false)"           \
    " end,"                                                                                      \
    " case when pg_backend_pid() = %d then set_config('jit', 'off', false)"                      \
    " || set_config('plan_cache_mode', 'force_generic_plan', false)"                             \
    " || set_config('enable_seqscan', 'off', false) end,"                                        \
    " set_config('client_encoding', 'UTF8', false),"                                             \
    " (select coalesce(max(version), 0) from chat.schema_migrations),"                           \
    " (select setting from pg_settings where name = 'statement_timeout'),"                       \
    " pg_backend_pid() <> %d,"                                                                   \
    " current_setting('statement_timeout') = '0' or current_setting('lock_timeout') = '0'"       \
    " or current_setting('plan_cache_mode') <> 'force_generic_plan'"
/* clang-format on */
enum {
    SETTINGS_VERSION_COLUMN = 4,
    SETTINGS_TIMEOUT_COLUMN,
    SETTINGS_POOLED_COLUMN,
    SETTINGS_LACKING_COLUMN
};

static const char pooled_advice[] =
    "the database is reached through a pooler, whose connections lack settings that the module "
    "makes "
    "elsewhere: give them statement_timeout = 1500, lock_timeout = 500, jit = off, "
    "plan_cache_mode = force_generic_plan and enable_seqscan = off (pgbouncer's connect_query, or "
    "\"alter role\")";

static int is_true(const PGresult *result, int column)
{
    return *PQgetvalue(result, 0, column) == 't';
}

static apr_status_t greet(chat_backend_t *backend, int *ptimeout_ms, const char **pcause,
                          PGconn *pq, apr_pool_t *p)
{
    int pid = PQbackendPID(pq);
    const char *settings = apr_psprintf(p, SETTINGS, pid, pid, pid, pid);
    PGresult *result = PQsendQuery(pq, settings) ? await_result(pq, SETTINGS_WAIT) : NULL;
    apr_int64_t version = 0;
    apr_int64_t timeout_ms = 0;
    apr_status_t rv = APR_SUCCESS;

    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        chat_number_read(&version, PQgetvalue(result, 0, SETTINGS_VERSION_COLUMN));
        chat_number_read(&timeout_ms, PQgetvalue(result, 0, SETTINGS_TIMEOUT_COLUMN));
        backend->is_pooled = is_true(result, SETTINGS_POOLED_COLUMN);
        backend->advice =
            backend->is_pooled && is_true(result, SETTINGS_LACKING_COLUMN) ? pooled_advice : NULL;
    } else {
        rv = status_of(result, pq);
        *pcause = chat_backend_error(result, pq, p);
    }
    PQclear(result);
    backend->schema = (int)version;
    *ptimeout_ms = timeout_ms > 0 ? (int)timeout_ms : CHAT_DB_STATEMENT_TIMEOUT_MS;
    if (rv != APR_SUCCESS && rv != CHAT_DB_SCHEMA)
        return rv;
    *pcause = schema_complaint(backend->schema, p);
    return *pcause ? CHAT_DB_SCHEMA : APR_SUCCESS;
}

apr_status_t chat_backend_welcome(chat_backend_t *backend, const char **pcause, PGconn *pq,
                                  apr_pool_t *p)
{
    int pid = PQbackendPID(pq);
    apr_status_t rv;
    int timeout_ms;

    if (backend->pid == pid)
        return APR_SUCCESS;
    backend->pid = 0;
    backend->prepared = 0;
    rv = greet(backend, &timeout_ms, pcause, pq, p);
    if (rv != APR_SUCCESS)
        return rv;
    backend->pid = pid;
    backend->patience = apr_time_from_msec(timeout_ms) + ANSWER_SLACK;
    return APR_SUCCESS;
}

int chat_backend_is_stale(PGconn *pq)
{
    struct pollfd fd = {.fd = PQsocket(pq), .events = POLLIN};
    int i;

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
        result = await_result(pq, backend->patience);
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
                     chat_sql_statements[i].label, (apr_uint64_t)XXH3_64bits(text, strlen(text)));
    }
}

/* What a statement is called on the server: label and text, so that what has the name is the same.
 */
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

static int has_state(const PGresult *result, const char *wanted)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    return state && strcmp(state, wanted) == 0;
}

static const char *blame(chat_sql_t statement, const PGresult *result, const PGconn *pq,
                         apr_pool_t *p)
{
    return apr_psprintf(p, "statement %s: %s", chat_sql_statements[statement].label,
                        chat_backend_error(result, pq, p));
}

static apr_status_t prepare(chat_backend_t *backend, const char **pcause, PGconn *pq,
                            chat_sql_t statement, apr_pool_t *p)
{
    const char *text = chat_sql_statements[statement].text;
    PGresult *result = NULL;
    apr_status_t rv = APR_SUCCESS;

    if (backend->prepared & (UINT64_C(1) << statement))
        return APR_SUCCESS;
    if (PQsendPrepare(pq, name_of(statement), text, 0, NULL))
        result = await_result(pq, backend->patience);
    if (PQresultStatus(result) == PGRES_COMMAND_OK || has_state(result, "42P05")) {
        backend->prepared |= UINT64_C(1) << statement; /* or it is there already */
    } else {
        rv = status_of(result, pq);
        *pcause = blame(statement, result, pq, p);
    }
    PQclear(result);
    return rv;
}

/* The statement is not there, or its plan is void: forget it, so that it is prepared anew. */
static int forgot(chat_backend_t *backend, PGconn *pq, chat_sql_t statement, const PGresult *result)
{
    int is_void = has_state(result, "0A000");

    if (!is_void && !has_state(result, "26000"))
        return 0;
    if (is_void)
        deallocate(backend, pq, statement);
    backend->prepared &= ~(UINT64_C(1) << statement);
    return 1;
}

/* The last try does without a prepared statement: it is planned for this once. */
static apr_status_t send_statement(chat_backend_t *backend, const char **pcause, PGconn *pq,
                                   chat_sql_t statement, const char *const *args, int count,
                                   int is_last, apr_pool_t *p)
{
    apr_status_t rv;

    if (is_last) {
        PQsendQueryParams(pq, chat_sql_statements[statement].text, count, NULL, args, NULL, NULL,
                          BINARY);
        return APR_SUCCESS; /* when it could not be sent, there is no result */
    }
    rv = prepare(backend, pcause, pq, statement, p);
    if (rv == APR_SUCCESS)
        PQsendQueryPrepared(pq, name_of(statement), count, args, NULL, NULL, BINARY);
    return rv;
}

apr_status_t chat_backend_execute(chat_rows_t **prows, chat_backend_t *backend, const char **pcause,
                                  PGconn *pq, chat_sql_t statement, const char *const *args,
                                  int count, apr_pool_t *p)
{
    apr_status_t rv = APR_SUCCESS;
    PGresult *result = NULL;
    int tries;

    for (tries = 0; tries <= PREPARED_TRIES; tries++) {
        PQclear(result); /* refused before it ran: running it again is safe */
        rv =
            send_statement(backend, pcause, pq, statement, args, count, tries == PREPARED_TRIES, p);
        if (rv != APR_SUCCESS)
            return rv;
        result = await_result(pq, backend->patience);
        if (PQresultStatus(result) == PGRES_TUPLES_OK) {
            *prows = chat_rows_create(result, p);
            return APR_SUCCESS;
        }
        if (!forgot(backend, pq, statement, result))
            break;
    }
    rv = status_of(result, pq);
    *pcause = blame(statement, result, pq, p);
    PQclear(result);
    return rv;
}
