/*
 * How a statement finds its connection:
 *
 *   gate      counts the places of one pool of mod_dbd, so that waiting for one has a time limit,
 *             which mod_dbd's own waiting has not. The size of a pool is learnt when its first
 *             connection is made (post_connect); until then one request at a time may try.
 *   backend   what we know of the server process behind a connection: which statements it has
 *             prepared, whether its settings were made. It lives in the connection's pool and is
 *             void as soon as the process id differs, however the connection was renewed.
 */
#include "store/chat_db.h"

#include <endian.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>

#include <apr_dbd.h>
#include <apr_hash.h>
#include <apr_optional.h>
#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

#include <ap_mpm.h>
#include <http_core.h>
#include <mod_dbd.h>

#include <postgresql/libpq-fe.h>

#include "core/chat_config.h"
#include "core/chat_log.h"
#include "core/chat_number.h"
#include "core/chat_time.h"

#define BACKEND_KEY "mod_chat:backend"
#define STALE_READS_MAX 4 /* the first read of a dead socket gives its last words, the next EOF */
#define POSTGRES_EPOCH_S 946684800 /* 2000-01-01, where timestamptz counts from */
#define BINARY 1

typedef struct gate_t {
    apr_thread_mutex_t *mutex; /* guards `free` */
    apr_thread_cond_t *left;
    int free;
    const dbd_cfg_t *pool; /* the pool it stands before; NULL: not known yet */
    struct gate_t *next;
} gate_t;

typedef struct backend_t {
    int pid; /* 0: nothing is known of the present one */
    apr_uint64_t prepared;
    gate_t *gate;
} backend_t;

/* What a child knows of one server_rec: only its gate, and that from its first connection on. */
typedef struct place_t {
    server_rec *server; /* the key */
    _Atomic(gate_t *) gate;
} place_t;

struct chat_db_t {
    server_rec *server;
    apr_pool_t *pool;
    apr_interval_time_t pool_wait;
    const char *cause;
    int statements;
    apr_interval_time_t duration;
};

struct chat_rows_t {
    PGresult *result;
    int row;
    int count;
};

/* A connection while a statement runs on it. */
typedef struct connection_t {
    gate_t *gate;
    ap_dbd_t *dbd;
    PGconn *pq;
    backend_t *backend;
} connection_t;

static struct {
    apr_pool_t *pool;          /* gates; under `mutex` */
    apr_thread_mutex_t *mutex; /* guards `pool` and `gates` */
    gate_t *gates;
    gate_t *first;      /* before pools that no connection was made of yet */
    apr_hash_t *places; /* server_rec * to place_t *; complete before the first request */
} child;

static APR_OPTIONAL_FN_TYPE(ap_dbd_open) * dbd_open;
static APR_OPTIONAL_FN_TYPE(ap_dbd_close) * dbd_close;

/* ---- gates ---- */

static gate_t *gate_create(const dbd_cfg_t *pool, int places)
{
    gate_t *gate = apr_pcalloc(child.pool, sizeof *gate);

    apr_thread_mutex_create(&gate->mutex, APR_THREAD_MUTEX_DEFAULT, child.pool);
    apr_thread_cond_create(&gate->left, child.pool);
    gate->free = places;
    gate->pool = pool;
    return gate;
}

static gate_t *gate_of_pool(const dbd_cfg_t *pool)
{
    gate_t *gate;

    apr_thread_mutex_lock(child.mutex);
    for (gate = child.gates; gate && gate->pool != pool; gate = gate->next)
        ;
    if (!gate) {
        gate = gate_create(pool, pool->nmax > 0 ? pool->nmax : 1);
        gate->next = child.gates;
        child.gates = gate;
    }
    apr_thread_mutex_unlock(child.mutex);
    return gate;
}

static apr_status_t gate_enter(gate_t *gate, apr_interval_time_t wait)
{
    apr_time_t deadline = 0;
    apr_status_t rv = APR_SUCCESS;

    apr_thread_mutex_lock(gate->mutex);
    while (gate->free == 0 && rv == APR_SUCCESS) {
        apr_time_t now = apr_time_now();

        if (!deadline)
            deadline = now + wait;
        rv = now < deadline ? apr_thread_cond_timedwait(gate->left, gate->mutex, deadline - now)
                            : APR_TIMEUP;
    }
    if (gate->free > 0) {
        gate->free--;
        rv = APR_SUCCESS;
    }
    apr_thread_mutex_unlock(gate->mutex);
    return rv;
}

static void gate_leave(gate_t *gate)
{
    apr_thread_mutex_lock(gate->mutex);
    gate->free++;
    apr_thread_cond_signal(gate->left);
    apr_thread_mutex_unlock(gate->mutex);
}

/* ---- backends ---- */

/* mod_dbd has made a connection. Before the child is set up there is nobody to use it. */
static apr_status_t post_connect(apr_pool_t *pool, dbd_cfg_t *cfg, ap_dbd_t *dbd)
{
    backend_t *backend;

    (void)pool;
    if (!child.pool || strcmp(cfg->name, "pgsql") != 0)
        return APR_SUCCESS;
    backend = apr_pcalloc(dbd->pool, sizeof *backend);
    backend->gate = gate_of_pool(cfg);
    apr_pool_userdata_setn(backend, BACKEND_KEY, NULL, dbd->pool);
    return APR_SUCCESS;
}

static const char *error_text(const PGresult *result, const PGconn *pq, apr_pool_t *p)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    char *message;

    if (state && text) /* only the first line: the details may hold what people wrote */
        return apr_psprintf(p, "PostgreSQL says %s: %s", state, text);
    message = apr_pstrdup(p, PQerrorMessage(pq));
    message[strcspn(message, "\n")] = '\0';
    return apr_pstrcat(p, "connection to PostgreSQL: ", message, NULL);
}

static apr_status_t status_of(const PGresult *result, const PGconn *pq)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (PQstatus(pq) != CONNECTION_OK || !state || strncmp(state, "08", 2) == 0 ||
        strncmp(state, "57P", 3) == 0)
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
        return "the database has no schema \"chat\": run \"make migrate\" (or sql/migrate)";
    if (version < chat_sql_schema_min)
        return apr_psprintf(p,
                            "the schema \"chat\" has version %d, this module needs %d: run \"make "
                            "migrate\" (or sql/migrate)",
                            version, chat_sql_schema_min);
    if (version > chat_sql_schema_max)
        return apr_psprintf(p,
                            "the schema \"chat\" has version %d, this module knows up to %d: "
                            "install the module that belongs to the schema",
                            version, chat_sql_schema_max);
    return NULL;
}

/* One round trip for a new backend: limits where nobody set any, and the schema's version. */
#define SETTINGS                                                                                   \
    "select case when current_setting('statement_timeout') = '0' then"                             \
    " set_config('statement_timeout', '" APR_STRINGIFY(                                            \
        CHAT_DB_STATEMENT_TIMEOUT_MS) "', false)"                                                  \
                                      " end, case when current_setting('lock_timeout') = '0' then" \
                                      " set_config('lock_timeout', '" APR_STRINGIFY(               \
                                          CHAT_DB_LOCK_TIMEOUT_MS) "', false) end,"                \
                                                                   " set_config('client_encoding'" \
                                                                   ", 'UTF8', false), "            \
                                                                   "set_config('jit', 'off', "     \
                                                                   "false),"                       \
                                                                   " set_config('plan_cache_mode'" \
                                                                   ", 'force_generic_plan', "      \
                                                                   "false),"                       \
                                                                   " (select "                     \
                                                                   "coalesce(max(version), 0) "    \
                                                                   "from chat.schema_migrations)"
#define SETTINGS_VERSION_COLUMN 5

static apr_status_t read_settings(int *pversion, const char **pcause, PGconn *pq, apr_pool_t *p)
{
    PGresult *result = PQexec(pq, SETTINGS);
    apr_status_t rv = APR_SUCCESS;
    apr_int64_t version = 0;

    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        chat_number_read(&version, PQgetvalue(result, 0, SETTINGS_VERSION_COLUMN));
    } else {
        rv = status_of(result, pq);
        *pcause = error_text(result, pq, p);
    }
    PQclear(result);
    *pversion = (int)version;
    if (rv != APR_SUCCESS && rv != CHAT_DB_SCHEMA)
        return rv;
    *pcause = schema_complaint(*pversion, p);
    return *pcause ? CHAT_DB_SCHEMA : APR_SUCCESS;
}

static apr_status_t backend_welcome(connection_t *c, chat_db_t *db)
{
    int pid = PQbackendPID(c->pq);
    apr_status_t rv;
    int version;

    if (c->backend->pid == pid)
        return APR_SUCCESS;
    c->backend->pid = 0;
    c->backend->prepared = 0;
    rv = read_settings(&version, &db->cause, c->pq, db->pool);
    if (rv != APR_SUCCESS)
        return rv;
    c->backend->pid = pid;
    ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, db->server, "database: backend %d, schema %d", pid,
                 version);
    return APR_SUCCESS;
}

static apr_status_t backend_prepare(connection_t *c, chat_db_t *db, chat_sql_t statement)
{
    const chat_statement_t *s = &chat_sql_statements[statement];
    PGresult *result;
    apr_status_t rv = APR_SUCCESS;

    if (c->backend->prepared & (UINT64_C(1) << statement))
        return APR_SUCCESS;
    result = PQprepare(c->pq, s->label, s->text, 0, NULL);
    if (PQresultStatus(result) == PGRES_COMMAND_OK) {
        c->backend->prepared |= UINT64_C(1) << statement;
    } else {
        rv = status_of(result, c->pq);
        db->cause = apr_psprintf(db->pool, "statement %s: %s", s->label,
                                 error_text(result, c->pq, db->pool));
    }
    PQclear(result);
    return rv;
}

/* The statement is not there, or its plan is void: forget it, so that it is prepared anew. */
static int backend_forgot(connection_t *c, chat_sql_t statement, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    char command[64];

    if (!state || (strcmp(state, "26000") != 0 && strcmp(state, "0A000") != 0))
        return 0;
    if (strcmp(state, "0A000") == 0) {
        apr_snprintf(command, sizeof command, "deallocate %s",
                     chat_sql_statements[statement].label);
        PQclear(PQexec(c->pq, command));
    }
    c->backend->prepared &= ~(UINT64_C(1) << statement);
    return 1;
}

/* ---- connections ---- */

/* A socket with something to read while we wait for nothing has lost its backend, or been told of
 * one that goes. */
static int connection_is_stale(PGconn *pq)
{
    struct pollfd fd = {.fd = PQsocket(pq), .events = POLLIN};
    int i;

    for (i = 0; i < STALE_READS_MAX && poll(&fd, 1, 0) > 0; i++)
        if (!PQconsumeInput(pq) || PQstatus(pq) != CONNECTION_OK)
            return 1;
    return 0;
}

static void connection_close(connection_t *c, chat_db_t *db)
{
    if (c->dbd)
        dbd_close(db->server, c->dbd);
    gate_leave(c->gate);
}

static apr_status_t connection_renew(connection_t *c, chat_db_t *db)
{
    PQreset(c->pq);
    if (PQstatus(c->pq) != CONNECTION_OK) {
        db->cause = error_text(NULL, c->pq, db->pool);
        return CHAT_DB_AWAY;
    }
    c->backend->pid = 0; /* the new process may have got the old one's number */
    return APR_SUCCESS;
}

static backend_t *backend_of(ap_dbd_t *dbd, gate_t *gate)
{
    void *found = NULL;
    backend_t *backend;

    apr_pool_userdata_get(&found, BACKEND_KEY, dbd->pool);
    if (found)
        return found;
    backend = apr_pcalloc(dbd->pool, sizeof *backend);
    backend->gate = gate;
    apr_pool_userdata_setn(backend, BACKEND_KEY, NULL, dbd->pool);
    return backend;
}

static apr_status_t connection_open(connection_t *c, chat_db_t *db)
{
    place_t *place = apr_hash_get(child.places, &db->server, sizeof db->server);
    gate_t *known = place ? atomic_load(&place->gate) : NULL;
    apr_status_t rv;

    memset(c, 0, sizeof *c);
    c->gate = known ? known : child.first;
    rv = gate_enter(c->gate, db->pool_wait);
    if (rv != APR_SUCCESS) {
        db->cause = "no connection came free in time: see ChatDatabaseWait, DBDMax";
        return CHAT_DB_BUSY;
    }
    c->dbd = dbd_open(db->pool, db->server);
    if (!c->dbd) {
        gate_leave(c->gate);
        db->cause = "mod_dbd gave no connection: its own line above says why";
        return CHAT_DB_AWAY;
    }
    c->pq = apr_dbd_native_handle(c->dbd->driver, c->dbd->handle);
    c->backend = backend_of(c->dbd, c->gate);
    if (place && !known)
        atomic_store(&place->gate, c->backend->gate);
    if (connection_is_stale(c->pq))
        rv = connection_renew(c, db);
    if (rv == APR_SUCCESS)
        rv = backend_welcome(c, db);
    if (rv != APR_SUCCESS)
        connection_close(c, db);
    return rv;
}

/* ---- statements ---- */

static apr_status_t rows_clear(void *data)
{
    PQclear(data);
    return APR_SUCCESS;
}

static void rows_create(chat_rows_t **prows, PGresult *result, apr_pool_t *p)
{
    chat_rows_t *rows = apr_palloc(p, sizeof *rows);

    apr_pool_cleanup_register(p, result, rows_clear, apr_pool_cleanup_null);
    rows->result = result;
    rows->row = -1;
    rows->count = PQntuples(result);
    *prows = rows;
}

/* Once: CHAT_DB_* tells whether the connection or the statement is to blame. */
static apr_status_t execute(chat_rows_t **prows, connection_t *c, chat_db_t *db,
                            chat_sql_t statement, const char *const *args, int count)
{
    const chat_statement_t *s = &chat_sql_statements[statement];
    apr_status_t rv = APR_SUCCESS;
    PGresult *result = NULL;
    int tries;

    for (tries = 0; tries < 2; tries++) {
        rv = backend_prepare(c, db, statement);
        if (rv != APR_SUCCESS)
            return rv;
        db->statements++;
        result = PQexecPrepared(c->pq, s->label, count, args, NULL, NULL, BINARY);
        if (PQresultStatus(result) == PGRES_TUPLES_OK) {
            rows_create(prows, result, db->pool);
            return APR_SUCCESS;
        }
        if (!backend_forgot(c, statement, result))
            break;
        if (tries == 0)
            PQclear(result); /* refused before it ran: running it again is safe */
    }
    rv = status_of(result, c->pq);
    db->cause =
        apr_psprintf(db->pool, "statement %s: %s", s->label, error_text(result, c->pq, db->pool));
    PQclear(result);
    return rv;
}

static apr_status_t select_on(chat_rows_t **prows, connection_t *c, chat_db_t *db,
                              chat_sql_t statement, const char *const *args, int count)
{
    apr_status_t rv = execute(prows, c, db, statement, args, count);

    if (rv != CHAT_DB_AWAY || !chat_sql_statements[statement].is_read)
        return rv;
    rv = connection_renew(c, db);
    if (rv == APR_SUCCESS)
        rv = backend_welcome(c, db);
    return rv == APR_SUCCESS ? execute(prows, c, db, statement, args, count) : rv;
}

apr_status_t chat_db_select(chat_rows_t **prows, chat_db_t *db, chat_sql_t statement,
                            const char *const *args, int count)
{
    apr_time_t start = apr_time_now();
    connection_t c;
    apr_status_t rv = connection_open(&c, db);

    *prows = NULL;
    if (rv == APR_SUCCESS) {
        rv = select_on(prows, &c, db, statement, args, count);
        connection_close(&c, db);
    }
    db->duration += apr_time_now() - start;
    return rv;
}

chat_db_t *chat_db_create(server_rec *server, apr_interval_time_t pool_wait, apr_pool_t *p)
{
    chat_db_t *db = apr_pcalloc(p, sizeof *db);

    db->server = server;
    db->pool = p;
    db->pool_wait = pool_wait;
    db->cause = "";
    return db;
}

server_rec *chat_db_server(const chat_db_t *db)
{
    return db->server;
}

const char *chat_db_cause(const chat_db_t *db)
{
    return db->cause;
}

int chat_db_statements(const chat_db_t *db)
{
    return db->statements;
}

apr_interval_time_t chat_db_duration(const chat_db_t *db)
{
    return db->duration;
}

/* ---- rows ---- */

int chat_rows_next(chat_rows_t *rows)
{
    return ++rows->row < rows->count;
}

void chat_rows_seek(chat_rows_t *rows, int row)
{
    rows->row = row;
}

int chat_rows_count(const chat_rows_t *rows)
{
    return rows->count;
}

int chat_rows_is_null(const chat_rows_t *rows, int column)
{
    return PQgetisnull(rows->result, rows->row, column);
}

const char *chat_rows_text(const chat_rows_t *rows, int column)
{
    return chat_rows_is_null(rows, column) ? NULL : PQgetvalue(rows->result, rows->row, column);
}

apr_int64_t chat_rows_integer(const chat_rows_t *rows, int column)
{
    const char *value = PQgetvalue(rows->result, rows->row, column);
    apr_uint64_t wide;
    apr_uint32_t narrow;

    switch (PQgetlength(rows->result, rows->row, column)) {
    case sizeof wide:
        memcpy(&wide, value, sizeof wide);
        return (apr_int64_t)be64toh(wide);
    case sizeof narrow:
        memcpy(&narrow, value, sizeof narrow);
        return (apr_int32_t)be32toh(narrow);
    default:
        return 0;
    }
}

int chat_rows_boolean(const chat_rows_t *rows, int column)
{
    return PQgetlength(rows->result, rows->row, column) == 1 &&
           *PQgetvalue(rows->result, rows->row, column) != 0;
}

apr_time_t chat_rows_time(const chat_rows_t *rows, int column)
{
    if (chat_rows_is_null(rows, column))
        return 0;
    return chat_rows_integer(rows, column) + apr_time_from_sec(POSTGRES_EPOCH_S);
}

/* ---- parameters ---- */

const char *chat_db_id(apr_int64_t id, apr_pool_t *p)
{
    char *text = apr_palloc(p, CHAT_NUMBER_BYTES_MAX);

    chat_number_format(text, id);
    return text;
}

const char *chat_db_id_or_null(apr_int64_t id, apr_pool_t *p)
{
    return id ? chat_db_id(id, p) : NULL;
}

const char *chat_db_time_or_null(apr_time_t time, apr_pool_t *p)
{
    char *text;

    if (!time)
        return NULL;
    text = apr_palloc(p, CHAT_TIME_BYTES_MAX);
    chat_time_format(text, time);
    return text;
}

const char *chat_db_boolean(int truth)
{
    return truth ? "t" : "f";
}

/* ---- start ---- */

void chat_db_register_hooks(void)
{
    APR_OPTIONAL_HOOK(dbd, post_connect, post_connect, NULL, NULL, APR_HOOK_MIDDLE);
}

/* The argument of the first directive of that name, wherever it stands. */
static const char *directive_args(const ap_directive_t *node, const char *name)
{
    for (; node; node = node->next) {
        const char *args;

        if (strcasecmp(node->directive, name) == 0)
            return node->args;
        args = directive_args(node->first_child, name);
        if (args)
            return args;
    }
    return NULL;
}

apr_status_t chat_db_check_config(server_rec *main_server, apr_pool_t *ptemp)
{
    const char *driver = directive_args(ap_conftree, "DBDriver");

    dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    dbd_close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    if (!dbd_open || !dbd_close) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                     "mod_chat keeps its data in PostgreSQL through mod_dbd, which is not loaded: "
                     "add \"LoadModule dbd_module\" (a2enmod dbd)");
        return APR_ENOTIMPL;
    }
    if (!driver || strcasecmp(ap_getword_conf(ptemp, &driver), "pgsql") != 0) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                     "mod_chat needs a database: add \"DBDriver pgsql\" and DBDParams (see "
                     "conf/chat.conf)");
        return APR_ENOTIMPL;
    }
    return APR_SUCCESS;
}

void chat_db_check_schema(server_rec *main_server, apr_pool_t *ptemp)
{
    const char *params = directive_args(ap_conftree, "DBDParams");
    PGconn *pq = PQconnectdb(params ? ap_getword_conf(ptemp, &params) : "");
    const char *cause;
    int version;

    if (PQstatus(pq) != CONNECTION_OK)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, main_server,
                     "the database cannot be reached (%s): start PostgreSQL or correct DBDParams; "
                     "the chat answers 503 until then",
                     error_text(NULL, pq, ptemp));
    else if (read_settings(&version, &cause, pq, ptemp) != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, main_server, "%s; the chat answers 503 until then",
                     cause);
    PQfinish(pq); /* before the fork: no child may inherit it */
}

apr_status_t chat_db_child_init(server_rec *main_server, apr_pool_t *pchild)
{
    apr_status_t rv = apr_pool_create(&child.pool, pchild);
    server_rec *s;

    if (rv != APR_SUCCESS)
        return rv;
    apr_pool_tag(child.pool, "mod_chat:database");
    rv = apr_thread_mutex_create(&child.mutex, APR_THREAD_MUTEX_DEFAULT, child.pool);
    if (rv != APR_SUCCESS)
        return rv;
    child.first = gate_create(NULL, 1);
    child.places = apr_hash_make(child.pool);
    for (s = main_server; s; s = s->next) {
        place_t *place = apr_pcalloc(child.pool, sizeof *place);

        place->server = s;
        apr_hash_set(child.places, &place->server, sizeof place->server, place);
    }
    return APR_SUCCESS;
}
