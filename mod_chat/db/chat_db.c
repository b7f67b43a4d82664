/*
 * How a statement gets its connection:
 *
 *   pool      a pool of mod_dbd, with a semaphore before it: mod_dbd itself waits for a connection
 *             without a time limit. The size of a pool is known when its first connection is made
 *             (post_connect); until then one request at a time may try.
 *   backend   the state of the server process at the other end of a connection: prepared
 *             statements and settings (chat_backend.h). It lives in the pool of the connection.
 */
#include "db/chat_db.h"

#include <stdatomic.h>
#include <string.h>

#include <apr_dbd.h>
#include <apr_hash.h>
#include <apr_optional.h>
#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include <http_config.h>
#include <http_core.h>
#include <http_request.h>
#include <mod_dbd.h>

#include <postgresql/libpq-fe.h>

#include "core/chat_clock.h"
#include "core/chat_hash.h"
#include "core/chat_log.h"
#include "core/chat_log_repeat.h"
#include "core/chat_number.h"
#include "core/chat_stopping.h"
#include "core/chat_time.h"
#include "db/chat_backend.h"
#include "db/chat_breaker.h"
#include "db/chat_db_session.h"
#include "db/chat_semaphore.h"
#include "http/chat_httpd_conf.h"

#define BACKEND_KEY "mod_chat:backend"
#define SESSION_TRIES 2

/* A pool of mod_dbd. */
typedef struct pool_t {
    const dbd_cfg_t *cfg;  /* NULL: stands for pools that have had no connection yet */
    const char *params;    /* DBDParams */
    apr_uint64_t identity; /* of the database: a hash of them */
    chat_semaphore_t *semaphore;
    _Atomic int made;                    /* its connections */
    _Atomic int used;                    /* of these, how many requests hold */
    _Atomic apr_interval_time_t timeout; /* of a statement, on the newest of them; 0: none yet */
    struct pool_t *next;
} pool_t;

typedef struct backend_t {
    chat_backend_t known;
    pool_t *pool;
} backend_t;

/* The pool of a server_rec, known after its first connection. */
typedef struct database_t {
    server_rec *server; /* the key */
    _Atomic(pool_t *) pool;
    chat_breaker_t *breaker;              /* shared by all servers with the same DBDParams */
    chat_group_t *groups[CHAT_DB_QUEUES]; /* likewise */
} database_t;

struct chat_db_t {
    server_rec *server;
    request_rec *r; /* NULL: none */
    apr_pool_t *pool;
    apr_interval_time_t pool_wait;
    const pool_t *used; /* of the database that was used last; NULL: none yet */
    const char *cause;
    int statements;
    apr_interval_time_t duration;
};

/* A connection while a statement runs on it. */
typedef struct connection_t {
    pool_t *pool; /* NULL: the connection is the request's, and is not closed here */
    ap_dbd_t *dbd;
    PGconn *pq;
    backend_t *backend;
} connection_t;

static struct {
    apr_pool_t *pool;          /* of `pools`; under `mutex` */
    apr_thread_mutex_t *mutex; /* guards `pool` and `pools` */
    pool_t *pools;
    pool_t *unknown;       /* stands for those that have had no connection yet: one at a time */
    apr_hash_t *databases; /* server_rec * to database_t *; complete before the first request */
} child;

static APR_OPTIONAL_FN_TYPE(ap_dbd_open) * dbd_open;
static APR_OPTIONAL_FN_TYPE(ap_dbd_close) * dbd_close;
static APR_OPTIONAL_FN_TYPE(ap_dbd_acquire) * dbd_acquire;
static module *dbd_module_record;

/* ---- pools ---- */

static pool_t *pool_create(const dbd_cfg_t *cfg, int connections)
{
    pool_t *pool = apr_pcalloc(child.pool, sizeof *pool);

    pool->cfg = cfg;
    pool->params = cfg ? apr_pstrdup(child.pool, cfg->params) : NULL;
    pool->identity = cfg ? chat_hash_64(cfg->params, strlen(cfg->params)) : 0;
    pool->semaphore = chat_semaphore_create(connections, child.pool);
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

static apr_status_t count_gone(void *data)
{
    pool_t *pool = data;

    atomic_fetch_sub(&pool->made, 1);
    return APR_SUCCESS;
}

/* mod_dbd has made a connection. Before child_init nothing uses it. */
static apr_status_t post_connect(apr_pool_t *pool, dbd_cfg_t *cfg, ap_dbd_t *dbd)
{
    backend_t *backend;

    (void)pool;
    if (!child.pool || strcmp(cfg->name, "pgsql") != 0)
        return APR_SUCCESS;
    backend = apr_pcalloc(dbd->pool, sizeof *backend);
    backend->pool = pool_of(cfg);
    atomic_fetch_add(&backend->pool->made, 1);
    apr_pool_cleanup_register(dbd->pool, backend->pool, count_gone, apr_pool_cleanup_null);
    apr_pool_userdata_setn(backend, BACKEND_KEY, NULL, dbd->pool);
    return APR_SUCCESS;
}

/* ---- connections ---- */

static apr_status_t ensure_session(connection_t *c, chat_db_t *db)
{
    chat_backend_t *backend = &c->backend->known;
    int pid = backend->pid;
    apr_status_t rv;

    backend->must_stop = chat_stopping_is_over;
    rv = chat_backend_ensure_session(backend, &db->cause, c->pq, db->pool);

    if (rv == APR_SUCCESS && backend->pid != pid) {
        atomic_store(&c->backend->pool->timeout, backend->timeout);
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, db->server, "database: backend %d, schema %d",
                     backend->pid, backend->schema);
    }
    return rv;
}

static void connection_close(connection_t *c, chat_db_t *db)
{
    PQsetnonblocking(c->pq, 0);
    if (!c->pool)
        return;
    dbd_close(db->server, c->dbd);
    atomic_fetch_sub(&c->pool->used, 1);
    chat_semaphore_release(c->pool->semaphore);
}

static database_t *database_of(const chat_db_t *db)
{
    return apr_hash_get(child.databases, &db->server, sizeof db->server);
}

void chat_db_note_there(server_rec *server)
{
    database_t *database = apr_hash_get(child.databases, &server, sizeof server);

    if (database && chat_breaker_note_there(database->breaker) &&
        chat_log_repeat_end(CHAT_LOG_REPEAT_AWAY))
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server, "database: it is there again");
}

/* Wait for the database to come back; whether to try again. */
static int is_back(chat_db_t *db)
{
    database_t *database = database_of(db);

    if (!database || chat_stopping_has_begun())
        return 0;
    chat_breaker_note_away(database->breaker);
    return chat_breaker_admits(database->breaker, 0, db->pool_wait, &db->cause, db->pool);
}

static apr_status_t connection_renew(connection_t *c, chat_db_t *db)
{
    if (chat_stopping_has_begun()) {
        db->cause = "the connection was lost, and httpd stops";
        return CHAT_DB_AWAY;
    }
    PQreset(c->pq);
    if (PQstatus(c->pq) != CONNECTION_OK) {
        db->cause = chat_backend_error(NULL, c->pq, db->pool);
        if (is_back(db))
            PQreset(c->pq);
    }
    PQsetnonblocking(c->pq, 1); /* which PQreset() forgets */
    if (PQstatus(c->pq) != CONNECTION_OK)
        return CHAT_DB_AWAY;
    c->backend->known.pid = 0; /* the new process may have the same id */
    return APR_SUCCESS;
}

/* Make the session, on a new connection if this one is lost. PostgreSQL may end a process at any
 * moment, also one that has only begun. */
static apr_status_t settle(connection_t *c, chat_db_t *db, int is_lost)
{
    apr_status_t rv = APR_SUCCESS;
    int tries;

    for (tries = 1;; tries++) {
        if (is_lost)
            rv = connection_renew(c, db);
        if (rv != APR_SUCCESS)
            return rv;
        rv = ensure_session(c, db);
        is_lost = rv == CHAT_DB_AWAY && PQstatus(c->pq) != CONNECTION_OK;
        if (!is_lost || tries == SESSION_TRIES)
            return rv;
    }
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

/* Whether the request holds a connection already, as with mod_authn_dbd. Then that one is used:
 * otherwise all connections of a pool could be held by requests that each wait for a second one. */
static int is_held(request_rec *r)
{
    while (r && !ap_is_initial_req(r))
        r = r->prev ? r->prev : r->main;
    return r && ap_get_module_config(r->request_config, dbd_module_record) != NULL;
}

static int is_admitted(pool_t *pool, database_t *database, chat_db_t *db)
{
    int has_idle = atomic_load(&pool->made) > atomic_load(&pool->used);

    return !database ||
           chat_breaker_admits(database->breaker, has_idle, db->pool_wait, &db->cause, db->pool);
}

static apr_time_t away_since(const database_t *database)
{
    return database ? chat_breaker_away_since(database->breaker) : 0;
}

/* Wait for a free connection of the pool. The database may become unreachable meanwhile. */
static apr_status_t enter(pool_t *pool, database_t *database, chat_db_t *db)
{
    apr_time_t since;

    if (!is_admitted(pool, database, db))
        return CHAT_DB_AWAY;
    since = away_since(database);
    if (chat_semaphore_acquire(pool->semaphore, db->pool_wait) != APR_SUCCESS) {
        db->cause = "no connection came free in time: see ChatDatabaseWait, DBDMax";
        return CHAT_DB_BUSY;
    }
    if (away_since(database) == since || is_admitted(pool, database, db))
        return APR_SUCCESS;
    chat_semaphore_release(pool->semaphore);
    return CHAT_DB_AWAY;
}

static apr_status_t connection_take(connection_t *c, chat_db_t *db)
{
    database_t *database = database_of(db);
    pool_t *known = database ? atomic_load(&database->pool) : NULL;
    apr_status_t rv;

    if (is_held(db->r)) {
        c->dbd = dbd_acquire(db->r);
        db->cause = "mod_dbd gave no connection: its own line above says why";
        return c->dbd ? APR_SUCCESS : CHAT_DB_AWAY;
    }
    c->pool = known ? known : child.unknown;
    rv = enter(c->pool, database, db);
    if (rv != APR_SUCCESS)
        return rv;
    c->dbd = dbd_open(db->pool, db->server);
    if (!c->dbd) {
        db->cause = "mod_dbd gave no connection: its own line above says why";
        if (is_back(db))
            c->dbd = dbd_open(db->pool, db->server);
    }
    if (!c->dbd) {
        chat_semaphore_release(c->pool->semaphore);
        return CHAT_DB_AWAY;
    }
    atomic_fetch_add(&c->pool->used, 1);
    if (database && !known)
        atomic_store(&database->pool, backend_of(c->dbd)->pool);
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
        connection_close(c, db); /* libpq accepts a NULL PGconn */
        return CHAT_DB_REFUSED;
    }
    c->pq = apr_dbd_native_handle(c->dbd->driver, c->dbd->handle);
    c->backend = backend_of(c->dbd);
    db->used = c->backend->pool;
    PQsetnonblocking(c->pq, 1); /* until it is closed: sending has a time limit, too */
    rv = settle(c, db, chat_backend_is_stale(c->pq));
    if (rv != APR_SUCCESS)
        connection_close(c, db);
    else
        chat_db_note_there(db->server);
    return rv;
}

/* ---- statements ---- */

static apr_status_t execute(chat_rows_t **prows, connection_t *c, chat_db_t *db,
                            const chat_query_t *query, const chat_args_t *args, apr_pool_t *p)
{
    db->statements++;
    return chat_backend_execute(prows, &c->backend->known, &db->cause, c->pq, query, args, p);
}

static apr_status_t select_on(chat_rows_t **prows, connection_t *c, chat_db_t *db,
                              const chat_query_t *query, const chat_args_t *args, apr_pool_t *p)
{
    apr_status_t rv = execute(prows, c, db, query, args, p);

    if (rv != CHAT_DB_AWAY || !chat_sql_statements[query->statement].is_read)
        return rv;
    rv = settle(c, db, 1);
    return rv == APR_SUCCESS ? execute(prows, c, db, query, args, p) : rv;
}

/* The connection is closed, and the statement has ended. */
static apr_status_t ended(chat_db_t *db, apr_time_t start, apr_status_t rv)
{
    if (rv != APR_SUCCESS)
        db->cause = apr_pstrdup(db->pool, db->cause); /* it may be in a pool of the caller's */
    db->duration += chat_clock_now() - start;
    return rv;
}

apr_status_t chat_db_select_in(chat_rows_t **prows, chat_db_t *db, const chat_query_t *query,
                               const chat_args_t *args, apr_pool_t *p)
{
    apr_time_t start = chat_clock_now();
    connection_t c;
    apr_status_t rv = connection_open(&c, db);

    *prows = NULL;
    if (rv == APR_SUCCESS) {
        rv = select_on(prows, &c, db, query, args, p);
        connection_close(&c, db);
    }
    return ended(db, start, rv);
}

apr_status_t chat_db_stream(const chat_row_sink_t *sink, chat_db_t *db, const chat_query_t *query,
                            const chat_args_t *args, apr_pool_t *p)
{
    apr_time_t start = chat_clock_now();
    connection_t c;
    apr_status_t rv = connection_open(&c, db);

    if (rv == APR_SUCCESS) {
        db->statements++;
        rv = chat_backend_stream(sink, &c.backend->known, &db->cause, c.pq, query, args, p);
        connection_close(&c, db);
    }
    return ended(db, start, rv);
}

apr_status_t chat_db_select(chat_rows_t **prows, chat_db_t *db, const chat_query_t *query,
                            const char *const *args, int count)
{
    const chat_args_t all = {args, count, 0};

    return chat_db_select_in(prows, db, query, &all, db->pool);
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

chat_group_t *chat_db_group(chat_db_t *db, chat_db_queue_t queue)
{
    database_t *database = database_of(db);

    return database && !is_held(db->r) ? database->groups[queue] : NULL;
}

apr_interval_time_t chat_db_timeout(const chat_db_t *db)
{
    database_t *database = database_of(db);
    pool_t *pool = database ? atomic_load(&database->pool) : NULL;
    apr_interval_time_t timeout = pool ? atomic_load(&pool->timeout) : 0;

    return timeout ? timeout : apr_time_from_msec(CHAT_DB_STATEMENT_TIMEOUT_MS);
}

int chat_db_note_waited(chat_db_t *db, apr_interval_time_t waited)
{
    db->pool_wait -= waited < db->pool_wait ? waited : db->pool_wait;
    return db->pool_wait > 0;
}

void chat_db_set_cause(chat_db_t *db, const char *cause)
{
    db->cause = apr_pstrdup(db->pool, cause);
}

server_rec *chat_db_server(const chat_db_t *db)
{
    return db->server;
}

static apr_uint64_t known_identity(chat_db_t *db)
{
    database_t *database = database_of(db);

    if (!db->used)
        db->used = database ? atomic_load(&database->pool) : NULL;
    return db->used ? db->used->identity : 0;
}

apr_uint64_t chat_db_identity(chat_db_t *db)
{
    connection_t c;

    if (!known_identity(db) &&
        connection_open(&c, db) == APR_SUCCESS) /* its first connection in this child */
        connection_close(&c, db);
    return db->used ? db->used->identity : 0;
}

const char *chat_db_params(chat_db_t *db)
{
    return chat_db_identity(db) ? db->used->params : NULL;
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

/* The bytes of an element at most, with its comma: each byte may need a backslash. */
static apr_size_t element_bytes(const char *text)
{
    return text ? 2 * strlen(text) + sizeof "\"\"," - 1 : sizeof "null," - 1;
}

static char *write_element(char *to, const char *text)
{
    if (!text) {
        memcpy(to, "null", 4);
        return to + 4;
    }
    *to++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *to++ = '\\';
        *to++ = *text;
    }
    *to++ = '"';
    return to;
}

const char *chat_db_texts(const char *const *texts, int count, apr_pool_t *p)
{
    apr_size_t bytes = sizeof "{}";
    char *array, *to;
    int i;

    for (i = 0; i < count; i++)
        bytes += element_bytes(texts[i]);
    array = to = apr_palloc(p, bytes);
    *to++ = '{';
    for (i = 0; i < count; i++) {
        if (i)
            *to++ = ',';
        to = write_element(to, texts[i]);
    }
    *to++ = '}';
    *to = '\0';
    return array;
}

const char *chat_db_ids(const apr_int64_t *first, apr_size_t stride, int count, apr_pool_t *p)
{
    char *text = apr_palloc(p, 3 + (apr_size_t)count * CHAT_NUMBER_BYTES_MAX);
    const char *from = (const char *)first;
    char *to = text;
    int i;

    *to++ = '{';
    for (i = 0; i < count; i++, from += stride) {
        if (i)
            *to++ = ',';
        to += chat_number_format(to, *(const apr_int64_t *)from);
    }
    *to++ = '}';
    *to = '\0';
    return text;
}

/* ---- start ---- */

void chat_db_register_hooks(void)
{
    APR_OPTIONAL_HOOK(dbd, post_connect, post_connect, NULL, NULL, APR_HOOK_MIDDLE);
}

apr_status_t chat_db_bind(void)
{
    dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    dbd_close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    dbd_acquire = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_acquire);
    dbd_module_record = ap_find_linked_module("mod_dbd.c");
    return dbd_open && dbd_close && dbd_acquire && dbd_module_record ? APR_SUCCESS : APR_ENOTIMPL;
}

static const char *first_argument(const server_rec *s, const char *name, apr_pool_t *p)
{
    const char *args = chat_httpd_conf_args_of(s, name);

    return args ? ap_getword_conf(p, &args) : NULL;
}

const char *chat_db_params_of(const server_rec *s, apr_pool_t *p)
{
    const char *driver = first_argument(s, "DBDriver", p);

    return driver && strcasecmp(driver, "pgsql") == 0 ? first_argument(s, "DBDParams", p) : NULL;
}

/* What all servers with the same DBDParams share. */
static apr_status_t share_with_others(database_t *database, apr_hash_t *shared)
{
    const char *params = chat_db_params_of(database->server, child.pool);
    const char *key = params ? params : "";
    const database_t *other = apr_hash_get(shared, key, APR_HASH_KEY_STRING);

    if (other) {
        database->breaker = other->breaker;
        memcpy(database->groups, other->groups, sizeof database->groups);
        return APR_SUCCESS;
    }
    database->breaker = chat_breaker_create(params, child.pool);
    database->groups[CHAT_DB_SENDS] = chat_group_create(CHAT_COUNTER_SENDS, child.pool);
    database->groups[CHAT_DB_READS] = chat_group_create(CHAT_COUNTER_READS, child.pool);
    apr_hash_set(shared, key, APR_HASH_KEY_STRING, database);
    return database->breaker && database->groups[CHAT_DB_SENDS] && database->groups[CHAT_DB_READS]
               ? APR_SUCCESS
               : APR_ENOMEM;
}

apr_status_t chat_db_child_init(server_rec *main_server, apr_pool_t *pchild)
{
    apr_status_t rv = apr_pool_create(&child.pool, pchild);
    apr_hash_t *shared;
    server_rec *s;

    if (rv != APR_SUCCESS)
        return rv;
    apr_pool_tag(child.pool, "mod_chat:database");
    rv = apr_thread_mutex_create(&child.mutex, APR_THREAD_MUTEX_DEFAULT, child.pool);
    if (rv != APR_SUCCESS)
        return rv;
    child.unknown = pool_create(NULL, 1);
    child.databases = apr_hash_make(child.pool);
    shared = apr_hash_make(child.pool);
    for (s = main_server; s; s = s->next) {
        database_t *database = apr_pcalloc(child.pool, sizeof *database);

        database->server = s;
        rv = share_with_others(database, shared);
        if (rv != APR_SUCCESS)
            return rv;
        apr_hash_set(child.databases, &database->server, sizeof database->server, database);
    }
    return APR_SUCCESS;
}
