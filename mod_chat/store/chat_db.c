/*
 * How a statement finds its connection:
 *
 *   pool      one of mod_dbd's, with a gate before it, so that waiting has a time limit, which
 *             mod_dbd's own waiting has not. The size of a pool is learnt when its first
 *             connection is made (post_connect); until then one request at a time may try.
 *   backend   what we know of the server process behind a connection: which statements it has
 *             prepared, whether its settings were made. It lives in the connection's pool and is
 *             void as soon as the process id differs, however the connection was renewed.
 */
#include "store/chat_db.h"

#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include <apr_dbd.h>
#include <apr_hash.h>
#include <apr_optional.h>
#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

#include <ap_mpm.h>
#include <http_core.h>
#include <http_request.h>
#include <mod_dbd.h>

#include <postgresql/libpq-fe.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/chat_config.h"
#include "core/chat_counters.h"
#include "core/chat_log.h"
#include "core/chat_number.h"
#include "core/chat_time.h"
#include "store/chat_gate.h"

#define BACKEND_KEY "mod_chat:backend"
#define STALE_READS_MAX 4 /* the first read of a dead socket gives its last words, the next EOF */
#define BINARY 1
#define SETTINGS_WAIT apr_time_from_sec(2)
#define ANSWER_SLACK apr_time_from_msec(500) /* for the network, on top of statement_timeout */

/* The gate before one pool of mod_dbd. */
typedef struct pool_t {
    const dbd_cfg_t *cfg;  /* NULL: for pools that no connection was made of yet */
    apr_uint64_t identity; /* of the database: a hash of DBDParams */
    chat_gate_t *gate;
    struct pool_t *next;
} pool_t;

typedef struct backend_t {
    int pid; /* 0: nothing is known of the present one */
    apr_uint64_t prepared;
    apr_interval_time_t patience; /* statement_timeout, and some more for the way */
    pool_t *pool;
} backend_t;

/* What a child knows of one server_rec: only its pool, and that from its first connection on. */
typedef struct place_t {
    server_rec *server; /* the key */
    _Atomic(pool_t *) pool;
} place_t;

struct chat_db_t {
    server_rec *server;
    request_rec *r; /* NULL: none */
    apr_pool_t *pool;
    apr_interval_time_t pool_wait;
    apr_uint64_t identity; /* of the database that was used last; 0: none yet */
    const char *cause;
    int statements;
    apr_interval_time_t duration;
};

/* A connection while a statement runs on it. */
typedef struct connection_t {
    pool_t *pool; /* NULL: the request's own, which is not ours to close */
    ap_dbd_t *dbd;
    PGconn *pq;
    backend_t *backend;
} connection_t;

static struct {
    apr_pool_t *pool;          /* of `pools`; under `mutex` */
    apr_thread_mutex_t *mutex; /* guards `pool` and `pools` */
    pool_t *pools;
    pool_t *unknown;    /* stands for those that no connection was made of yet: one place */
    apr_hash_t *places; /* server_rec * to place_t *; complete before the first request */
    const char *params; /* DBDParams, for the check at start */
} child;

static APR_OPTIONAL_FN_TYPE(ap_dbd_open) * dbd_open;
static APR_OPTIONAL_FN_TYPE(ap_dbd_close) * dbd_close;
static APR_OPTIONAL_FN_TYPE(ap_dbd_acquire) * dbd_acquire;
static module *dbd_module_record;

/* ---- pools ---- */

static pool_t *pool_create(const dbd_cfg_t *cfg, int places)
{
    pool_t *pool = apr_pcalloc(child.pool, sizeof *pool);

    pool->cfg = cfg;
    pool->identity = cfg ? XXH3_64bits(cfg->params, strlen(cfg->params)) : 0;
    pool->gate = chat_gate_create(places, child.pool);
    return pool;
}

static pool_t *pool_of(const dbd_cfg_t *cfg)
{
    pool_t *pool;

    apr_thread_mutex_lock(child.mutex);
    for (pool = child.pools; pool && pool->cfg != cfg; pool = pool->next)
        ;
    if (!pool) {
        pool = pool_create(cfg, cfg->nmax > 0 ? cfg->nmax : 1);
        pool->next = child.pools;
        child.pools = pool;
    }
    apr_thread_mutex_unlock(child.mutex);
    return pool;
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
    backend->pool = pool_of(cfg);
    apr_pool_userdata_setn(backend, BACKEND_KEY, NULL, dbd->pool);
    return APR_SUCCESS;
}

/* Send what libpq still holds. What the server says meanwhile is read, or both could wait. */
static int flush_output(PGconn *pq, apr_time_t deadline)
{
    struct pollfd fd = {.fd = PQsocket(pq), .events = POLLIN | POLLOUT};

    while (PQflush(pq) == 1) {
        apr_interval_time_t left = deadline - apr_time_now();

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
    apr_time_t deadline = apr_time_now() + patience;
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
            apr_interval_time_t left = deadline - apr_time_now();

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

static const char *error_text(const PGresult *result, const PGconn *pq, apr_pool_t *p)
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
/* clang-format off */
static const char settings[] =
    "select case when current_setting('statement_timeout') = '0' then"
    " set_config('statement_timeout', '" APR_STRINGIFY(CHAT_DB_STATEMENT_TIMEOUT_MS) "', false)"
    " end,"
    " case when current_setting('lock_timeout') = '0' then"
    " set_config('lock_timeout', '" APR_STRINGIFY(CHAT_DB_LOCK_TIMEOUT_MS) "', false)"
    " end,"
    " set_config('client_encoding', 'UTF8', false),"
    " set_config('jit', 'off', false),"
    " set_config('plan_cache_mode', 'force_generic_plan', false),"
    " (select coalesce(max(version), 0) from chat.schema_migrations),"
    " (select setting from pg_settings where name = 'statement_timeout')";
/* clang-format on */
enum { SETTINGS_VERSION_COLUMN = 5, SETTINGS_TIMEOUT_COLUMN };

static apr_status_t read_settings(int *pversion, int *ptimeout_ms, const char **pcause, PGconn *pq,
                                  apr_pool_t *p)
{
    PGresult *result = PQsendQuery(pq, settings) ? await_result(pq, SETTINGS_WAIT) : NULL;
    apr_int64_t version = 0;
    apr_int64_t timeout_ms = 0;
    apr_status_t rv = APR_SUCCESS;

    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        chat_number_read(&version, PQgetvalue(result, 0, SETTINGS_VERSION_COLUMN));
        chat_number_read(&timeout_ms, PQgetvalue(result, 0, SETTINGS_TIMEOUT_COLUMN));
    } else {
        rv = status_of(result, pq);
        *pcause = error_text(result, pq, p);
    }
    PQclear(result);
    *pversion = (int)version;
    *ptimeout_ms = timeout_ms > 0 ? (int)timeout_ms : CHAT_DB_STATEMENT_TIMEOUT_MS;
    if (rv != APR_SUCCESS && rv != CHAT_DB_SCHEMA)
        return rv;
    *pcause = schema_complaint(*pversion, p);
    return *pcause ? CHAT_DB_SCHEMA : APR_SUCCESS;
}

static apr_status_t backend_welcome(connection_t *c, chat_db_t *db)
{
    int pid = PQbackendPID(c->pq);
    apr_status_t rv;
    int timeout_ms;
    int version;

    if (c->backend->pid == pid)
        return APR_SUCCESS;
    c->backend->pid = 0;
    c->backend->prepared = 0;
    rv = read_settings(&version, &timeout_ms, &db->cause, c->pq, db->pool);
    if (rv != APR_SUCCESS)
        return rv;
    c->backend->pid = pid;
    c->backend->patience = apr_time_from_msec(timeout_ms) + ANSWER_SLACK;
    ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, db->server, "database: backend %d, schema %d", pid,
                 version);
    return APR_SUCCESS;
}

static void backend_deallocate(connection_t *c, chat_sql_t statement)
{
    char command[64];

    apr_snprintf(command, sizeof command, "deallocate %s", chat_sql_statements[statement].label);
    if (PQsendQuery(c->pq, command))
        PQclear(await_result(c->pq, c->backend->patience));
}

static int has_state(const PGresult *result, const char *wanted)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    return state && strcmp(state, wanted) == 0;
}

static apr_status_t backend_prepare(connection_t *c, chat_db_t *db, chat_sql_t statement)
{
    const chat_statement_t *s = &chat_sql_statements[statement];
    PGresult *result = NULL;
    apr_status_t rv = APR_SUCCESS;
    int tries;

    if (c->backend->prepared & (UINT64_C(1) << statement))
        return APR_SUCCESS;
    for (tries = 0; tries < 2; tries++) {
        PQclear(result);
        result = PQsendPrepare(c->pq, s->label, s->text, 0, NULL)
                     ? await_result(c->pq, c->backend->patience)
                     : NULL;
        if (!has_state(result, "42P05"))
            break;
        backend_deallocate(c, statement); /* there is one of that name, but which? */
    }
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
    int is_void = has_state(result, "0A000");

    if (!is_void && !has_state(result, "26000"))
        return 0;
    if (is_void)
        backend_deallocate(c, statement);
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
    PQsetnonblocking(c->pq, 0);
    if (!c->pool)
        return;
    dbd_close(db->server, c->dbd);
    chat_gate_leave(c->pool->gate);
}

static apr_status_t connection_renew(connection_t *c, chat_db_t *db)
{
    PQreset(c->pq);
    PQsetnonblocking(c->pq, 1); /* which PQreset() forgets */
    if (PQstatus(c->pq) != CONNECTION_OK) {
        db->cause = error_text(NULL, c->pq, db->pool);
        return CHAT_DB_AWAY;
    }
    c->backend->pid = 0; /* the new process may have got the old one's number */
    return APR_SUCCESS;
}

static backend_t *backend_of(ap_dbd_t *dbd)
{
    void *found = NULL;
    backend_t *backend;

    apr_pool_userdata_get(&found, BACKEND_KEY, dbd->pool);
    if (found)
        return found;
    backend = apr_pcalloc(dbd->pool, sizeof *backend);
    backend->pool = child.unknown;
    apr_pool_userdata_setn(backend, BACKEND_KEY, NULL, dbd->pool);
    return backend;
}

/* Does the request hold a connection already, as one does whose password mod_authn_dbd looked up?
 * Then it must do: all of a pool's connections may be held so, each by a request that waits for a
 * second one. */
static int is_held(request_rec *r)
{
    while (r && !ap_is_initial_req(r))
        r = r->prev ? r->prev : r->main;
    return r && ap_get_module_config(r->request_config, dbd_module_record) != NULL;
}

static apr_status_t connection_take(connection_t *c, chat_db_t *db)
{
    place_t *place = apr_hash_get(child.places, &db->server, sizeof db->server);
    pool_t *known = place ? atomic_load(&place->pool) : NULL;

    if (is_held(db->r)) {
        c->dbd = dbd_acquire(db->r);
        db->cause = "mod_dbd gave no connection: its own line above says why";
        return c->dbd ? APR_SUCCESS : CHAT_DB_AWAY;
    }
    c->pool = known ? known : child.unknown;
    if (chat_gate_enter(c->pool->gate, db->pool_wait) != APR_SUCCESS) {
        db->cause = "no connection came free in time: see ChatDatabaseWait, DBDMax";
        return CHAT_DB_BUSY;
    }
    c->dbd = dbd_open(db->pool, db->server);
    if (!c->dbd) {
        chat_gate_leave(c->pool->gate);
        db->cause = "mod_dbd gave no connection: its own line above says why";
        return CHAT_DB_AWAY;
    }
    if (place && !known)
        atomic_store(&place->pool, backend_of(c->dbd)->pool);
    return APR_SUCCESS;
}

static apr_status_t connection_open(connection_t *c, chat_db_t *db)
{
    apr_status_t rv;

    memset(c, 0, sizeof *c);
    rv = connection_take(c, db);
    if (rv != APR_SUCCESS)
        return rv;
    if (strcmp(apr_dbd_name(c->dbd->driver), "pgsql") != 0) {
        db->cause = "this server's DBDriver is not pgsql";
        connection_close(c, db); /* libpq takes the missing PGconn for what it is */
        return CHAT_DB_REFUSED;
    }
    c->pq = apr_dbd_native_handle(c->dbd->driver, c->dbd->handle);
    c->backend = backend_of(c->dbd);
    db->identity = c->backend->pool->identity;
    PQsetnonblocking(c->pq, 1); /* until it is closed: sending has its time limit, too */
    if (connection_is_stale(c->pq))
        rv = connection_renew(c, db);
    if (rv == APR_SUCCESS)
        rv = backend_welcome(c, db);
    if (rv != APR_SUCCESS)
        connection_close(c, db);
    return rv;
}

/* ---- statements ---- */

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
        result = PQsendQueryPrepared(c->pq, s->label, count, args, NULL, NULL, BINARY)
                     ? await_result(c->pq, c->backend->patience)
                     : NULL;
        if (PQresultStatus(result) == PGRES_TUPLES_OK) {
            *prows = chat_rows_create(result, db->pool);
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

chat_db_t *chat_db_create(server_rec *server, request_rec *r, apr_interval_time_t pool_wait,
                          apr_pool_t *p)
{
    chat_db_t *db = apr_pcalloc(p, sizeof *db);

    db->server = server;
    db->r = r;
    db->pool = p;
    db->pool_wait = pool_wait;
    db->cause = "";
    return db;
}

server_rec *chat_db_server(const chat_db_t *db)
{
    return db->server;
}

apr_uint64_t chat_db_identity(chat_db_t *db)
{
    place_t *place = apr_hash_get(child.places, &db->server, sizeof db->server);
    pool_t *known = place ? atomic_load(&place->pool) : NULL;
    connection_t c;

    if (db->identity)
        return db->identity;
    if (known)
        return known->identity;
    if (connection_open(&c, db) == APR_SUCCESS) /* the first of this server in this child */
        connection_close(&c, db);
    return db->identity;
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

/* Whether some server has PostgreSQL; a virtual host may have another database of its own. */
static int has_pgsql(const ap_directive_t *node, apr_pool_t *p)
{
    for (; node; node = node->next) {
        const char *args = node->args;

        if (strcasecmp(node->directive, "DBDriver") == 0 &&
            strcasecmp(ap_getword_conf(p, &args), "pgsql") == 0)
            return 1;
        if (has_pgsql(node->first_child, p))
            return 1;
    }
    return 0;
}

apr_status_t chat_db_check_config(server_rec *main_server, apr_pool_t *ptemp)
{
    dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    dbd_close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    dbd_acquire = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_acquire);
    dbd_module_record = ap_find_linked_module("mod_dbd.c");
    if (!dbd_open || !dbd_close || !dbd_acquire || !dbd_module_record) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                     "mod_chat keeps its data in PostgreSQL through mod_dbd, which is not loaded: "
                     "add \"LoadModule dbd_module\" (a2enmod dbd)");
        return APR_ENOTIMPL;
    }
    if (!has_pgsql(ap_conftree, ptemp)) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                     "mod_chat needs a database: add \"DBDriver pgsql\" and DBDParams (see "
                     "conf/chat.conf)");
        return APR_ENOTIMPL;
    }
    return APR_SUCCESS;
}

/* In a thread of its own, as the user that serves requests: it may wait, and must be let in. */
static void *APR_THREAD_FUNC check_schema(apr_thread_t *thread, void *data)
{
    static const char *const keywords[] = {"connect_timeout", "dbname", NULL};
    server_rec *s = data;
    apr_pool_t *p = apr_thread_pool_get(thread);
    const char *params = child.params;
    const char *const values[] = {"2", params, NULL}; /* DBDParams may say another time */
    PGconn *pq = PQconnectdbParams(keywords, values, 1);
    const char *cause;
    int timeout_ms;
    int version;

    if (PQstatus(pq) != CONNECTION_OK)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                     "the database cannot be reached (%s): start PostgreSQL or correct DBDParams; "
                     "the chat answers 503 until then",
                     error_text(NULL, pq, p));
    else if (read_settings(&version, &timeout_ms, &cause, pq, p) != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, "%s; the chat answers 503 until then", cause);
    PQfinish(pq);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

static apr_status_t join_check(void *data)
{
    apr_status_t rv;

    apr_thread_join(&rv, data);
    return APR_SUCCESS;
}

static apr_status_t start_check(server_rec *main_server, apr_pool_t *pchild)
{
    const char *params = directive_args(ap_conftree, "DBDParams");
    apr_thread_t *thread;
    int generation = 0;
    apr_status_t rv;

    /* One child of each generation is enough, or each would log the same line. */
    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    if (!chat_counters_claim(CHAT_COUNTER_GENERATION, (apr_uint64_t)generation + 1))
        return APR_SUCCESS;

    child.params = params ? ap_getword_conf(pchild, &params) : "";
    rv = apr_thread_create(&thread, NULL, check_schema, main_server, pchild);
    if (rv == APR_SUCCESS)
        apr_pool_pre_cleanup_register(pchild, thread, join_check);
    return rv;
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
    child.unknown = pool_create(NULL, 1);
    child.places = apr_hash_make(child.pool);
    for (s = main_server; s; s = s->next) {
        place_t *place = apr_pcalloc(child.pool, sizeof *place);

        place->server = s;
        apr_hash_set(child.places, &place->server, sizeof place->server, place);
    }
    return start_check(main_server, pchild);
}
