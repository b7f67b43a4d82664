#include "db/chat_listener.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <postgresql/libpq-fe.h>

#include "db/chat_backend.h"
#include "db/chat_connect.h"

#define CONNECT_TIMEOUT_S "3" /* where DBDParams has none */
#define CAUSE_BYTES_MAX 256

struct chat_listener_t {
    const char *params;
    const char *name; /* in pg_stat_activity, whatever DBDParams says */
    const chat_listener_stop_t *stop;
    PGconn *pq;     /* NULL: not connected */
    PGnotify *last; /* that was returned; NULL: none */
    chat_backend_t backend;
    char cause[CAUSE_BYTES_MAX];
};

chat_listener_t *chat_listener_create(const char *params, const char *name,
                                      const chat_listener_stop_t *stop, apr_pool_t *p)
{
    chat_listener_t *listener = apr_pcalloc(p, sizeof *listener);

    listener->params = apr_pstrdup(p, params);
    listener->name = apr_pstrdup(p, name);
    listener->stop = stop;
    return listener;
}

void chat_listener_close(chat_listener_t *listener)
{
    if (listener->last)
        PQfreemem(listener->last);
    listener->last = NULL;
    if (listener->pq)
        PQfinish(listener->pq);
    listener->pq = NULL;
}

int chat_listener_is_connected(const chat_listener_t *listener)
{
    return listener->pq != NULL;
}

int chat_listener_is_pooled(const chat_listener_t *listener)
{
    return listener->backend.is_pooled;
}

const char *chat_listener_cause(const chat_listener_t *listener)
{
    return listener->cause;
}

/* CHAT_DB_AWAY ends the connection. */
static apr_status_t fail(chat_listener_t *listener, apr_status_t rv, const char *cause)
{
    apr_cpystrn(listener->cause, cause, sizeof listener->cause);
    if (rv == CHAT_DB_AWAY)
        chat_listener_close(listener);
    return rv;
}

static apr_status_t listen_to(chat_listener_t *listener, const char *const *channels)
{
    apr_status_t rv = APR_SUCCESS;

    for (; *channels && rv == APR_SUCCESS; channels++)
        rv = chat_backend_command(&listener->backend, listener->pq, "listen", *channels);
    return rv;
}

apr_status_t chat_listener_connect(chat_listener_t *listener, const char *const *channels)
{
    const char *cause = "LISTEN failed";
    apr_pool_t *p;
    apr_status_t rv;

    chat_listener_close(listener);
    apr_pool_create(&p, NULL);
    memset(&listener->backend, 0, sizeof listener->backend);
    listener->backend.must_stop = listener->stop->must_stop;
    listener->pq = chat_connect(listener->params, CONNECT_TIMEOUT_S, listener->name,
                                listener->stop->is_stopping);
    if (PQstatus(listener->pq) != CONNECTION_OK) {
        rv = fail(listener, CHAT_DB_AWAY, chat_backend_error(NULL, listener->pq, p));
        apr_pool_destroy(p);
        return rv;
    }
    PQsetnonblocking(listener->pq, 1);
    rv = chat_backend_ensure_session(&listener->backend, &cause, listener->pq, p);
    if (rv == APR_SUCCESS &&
        !listener->backend.is_pooled) /* else it stayed with a process of others */
        rv = listen_to(listener, channels);
    if (rv != APR_SUCCESS) {
        fail(listener, rv, cause);
        chat_listener_close(listener);
    }
    apr_pool_destroy(p);
    return rv;
}

apr_status_t chat_listener_wait(chat_listener_t *listener, int wake_fd, apr_interval_time_t wait)
{
    struct pollfd fds[2] = {{.fd = wake_fd, .events = POLLIN}, {.fd = -1, .events = POLLIN}};

    if (listener->pq)
        fds[1].fd = PQsocket(listener->pq);
    poll(fds, 2, wait > 0 ? (int)((wait + 999) / 1000) : 0);
    if (listener->pq && fds[1].revents &&
        (!PQconsumeInput(listener->pq) || PQstatus(listener->pq) != CONNECTION_OK))
        return fail(listener, CHAT_DB_AWAY, "the connection to PostgreSQL was lost");
    return APR_SUCCESS;
}

int chat_listener_next(chat_listener_notify_t *notify, chat_listener_t *listener)
{
    if (listener->last)
        PQfreemem(listener->last);
    listener->last = listener->pq ? PQnotifies(listener->pq) : NULL;
    if (!listener->last)
        return 0;
    notify->channel = listener->last->relname;
    notify->payload = listener->last->extra;
    notify->is_own = listener->last->be_pid == PQbackendPID(listener->pq);
    return 1;
}

apr_status_t chat_listener_select(chat_rows_t **prows, chat_listener_t *listener,
                                  const chat_query_t *query, const char *const *args, int count,
                                  apr_pool_t *p)
{
    const chat_args_t all = {args, count, 0};
    const char *cause = "";
    apr_status_t rv;

    if (!listener->pq)
        return fail(listener, CHAT_DB_AWAY, "not connected");
    rv = chat_backend_execute(prows, &listener->backend, &cause, listener->pq, query, &all, p);
    return rv == APR_SUCCESS ? rv : fail(listener, rv, cause);
}
