#include "db/chat_db_check.h"

#include <stdatomic.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include <ap_mpm.h>
#include <http_config.h>

#include <postgresql/libpq-fe.h>

#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "db/chat_backend.h"
#include "db/chat_connect.h"
#include "db/chat_db.h"

#define CONNECT_TIMEOUT_S "2" /* where DBDParams has none */

static _Atomic int is_over; /* the child ends */

typedef struct check_t {
    server_rec *server;
    const char *params; /* DBDParams */
} check_t;

/* Whether any server has DBDriver pgsql: a virtual host may have a database of its own. */
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
    if (chat_db_bind() != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                     "mod_chat keeps its data in PostgreSQL through mod_dbd, which is not loaded: "
                     "add \"LoadModule dbd_module\" (a2enmod dbd)");
        return APR_ENOTIMPL;
    }
    if (!has_pgsql(ap_conftree, ptemp)) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                     "mod_chat needs a database: add \"DBDriver pgsql\" and DBDParams (see "
                     "mods-available/chat.conf)");
        return APR_ENOTIMPL;
    }
    return APR_SUCCESS;
}

static int is_stopping(void)
{
    return atomic_load(&is_over);
}

static void log_check(const check_t *check, const PGconn *pq, const chat_backend_t *backend,
                      const char *complaint, apr_pool_t *p)
{
    if (PQstatus(pq) != CONNECTION_OK)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, check->server,
                     "the database cannot be reached (%s): start PostgreSQL or correct DBDParams; "
                     "the chat answers 503 until then",
                     chat_backend_error(NULL, pq, p));
    else if (complaint)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, check->server, "%s; the chat answers 503 until then",
                     complaint);
    else if (backend->advice)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, check->server, "%s", backend->advice);
}

/* In a thread of its own, as it may wait; in a child, as the user must be the one of requests. */
static void *APR_THREAD_FUNC check_schema(apr_thread_t *thread, void *data)
{
    const check_t *check = data;
    apr_pool_t *p = apr_thread_pool_get(thread);
    PGconn *pq = chat_connect(check->params, CONNECT_TIMEOUT_S, NULL, is_stopping);
    chat_backend_t backend = {.must_stop = is_stopping};
    const char *complaint = NULL;
    const char *cause;

    if (PQstatus(pq) == CONNECTION_OK &&
        chat_backend_ensure_session(&backend, &cause, pq, p) != APR_SUCCESS)
        complaint = cause;
    if (!is_stopping()) /* otherwise it may be we who did not wait */
        log_check(check, pq, &backend, complaint, p);
    PQfinish(pq);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

static apr_status_t join_check(void *data)
{
    apr_status_t rv;

    atomic_store(&is_over, 1);
    apr_thread_join(&rv, data);
    return APR_SUCCESS;
}

apr_status_t chat_db_check_child_init(server_rec *main_server, apr_pool_t *pchild)
{
    server_rec *server = main_server;
    const char *params = NULL;
    check_t *check;
    apr_thread_t *thread;
    int generation = 0;
    apr_status_t rv;

    /* One child of each generation, or each would log the same line. */
    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    if (!chat_metrics_claim(CHAT_COUNTER_GENERATION, (apr_uint64_t)generation + 1))
        return APR_SUCCESS;

    /* The first that has a database of ours: that of the main server may be another module's. */
    for (; server && !params; server = server->next)
        params = chat_db_params_of(server, pchild);
    check = apr_palloc(pchild, sizeof *check);
    check->server = main_server;
    check->params = params ? params : "";
    rv = apr_thread_create(&thread, NULL, check_schema, check, pchild);
    if (rv == APR_SUCCESS)
        apr_pool_pre_cleanup_register(pchild, thread, join_check);
    return rv;
}
