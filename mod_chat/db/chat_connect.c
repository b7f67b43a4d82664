#include "db/chat_connect.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <apr_errno.h>

#include <postgresql/libpq-fe.h>

#include "core/chat_stopping.h"
#include "core/chat_wake.h"

#define SLICE_MS 100  /* between two questions whether to stop */
#define FINISH_MS 400 /* for a connection that is only slow */

/* Of a caller and a thread. Whoever lets go of it last frees it. */
typedef struct attempt_t {
    _Atomic int holders;
    _Atomic int has_ended;
    int wake_fd; /* signalled when it has ended */
    PGconn *pq;  /* the thread's until it has ended, the caller's then */
    char *params;
    char *timeout_s;
    char *name;
} attempt_t;

static PGconn *connect_now(const char *params, const char *timeout_s, const char *name)
{
    const char *const keywords[] = {"connect_timeout", "dbname", name ? "application_name" : NULL,
                                    NULL};
    const char *const values[] = {timeout_s, params, name, NULL};

    return PQconnectdbParams(keywords, values, 1);
}

static void destroy(attempt_t *attempt)
{
    PQfinish(attempt->pq);
    chat_wake_close(&attempt->wake_fd);
    free(attempt->params);
    free(attempt->timeout_s);
    free(attempt->name);
    free(attempt);
}

static void release(attempt_t *attempt)
{
    if (atomic_fetch_sub(&attempt->holders, 1) == 1)
        destroy(attempt);
}

/* NULL: there is no memory, or no descriptor. */
static attempt_t *create(const char *params, const char *timeout_s, const char *name)
{
    attempt_t *attempt = calloc(1, sizeof *attempt);

    if (!attempt)
        return NULL;
    attempt->params = strdup(params);
    attempt->timeout_s = strdup(timeout_s);
    attempt->name = name ? strdup(name) : NULL;
    if (chat_wake_open(&attempt->wake_fd) == APR_SUCCESS && attempt->params && attempt->timeout_s &&
        (attempt->name || !name)) {
        atomic_store(&attempt->holders, 2);
        return attempt;
    }
    destroy(attempt);
    return NULL;
}

static void *run(void *data)
{
    attempt_t *attempt = data;

    attempt->pq = connect_now(attempt->params, attempt->timeout_s, attempt->name);
    atomic_store(&attempt->has_ended, 1);
    chat_wake_signal(attempt->wake_fd);
    release(attempt);
    return NULL;
}

/* Signals of httpd are not for it. */
static int start_thread(pthread_t *thread, attempt_t *attempt)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(thread, NULL, run, attempt);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0;
}

/* Whoever is waited for has ended when this returns, and runs no code of the module any more. */
static PGconn *await(pthread_t thread, attempt_t *attempt, chat_connect_must_stop_t *must_stop)
{
    struct pollfd fd = {.fd = attempt->wake_fd, .events = POLLIN};
    int left_ms = FINISH_MS;
    PGconn *pq;

    while (!atomic_load(&attempt->has_ended)) {
        if (must_stop())
            left_ms -= SLICE_MS;
        if (left_ms < 0) {
            chat_stopping_leave_thread();
            pthread_detach(thread);
            return NULL;
        }
        poll(&fd, 1, SLICE_MS);
    }
    pthread_join(thread, NULL);
    pq = attempt->pq;
    attempt->pq = NULL;
    return pq;
}

PGconn *chat_connect(const char *params, const char *timeout_s, const char *name,
                     chat_connect_must_stop_t *must_stop)
{
    attempt_t *attempt = create(params, timeout_s, name);
    pthread_t thread;
    PGconn *pq;

    if (attempt && start_thread(&thread, attempt)) {
        pq = await(thread, attempt, must_stop);
        release(attempt);
        return pq;
    }
    if (attempt)
        destroy(attempt);
    return connect_now(params, timeout_s, name); /* rather than not at all */
}
