#include "notify/chat_worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include <apr_allocator.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "core/chat_clock.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "core/chat_wake.h"
#include "notify/chat_lease.h"

#define RETRY_FIRST_US apr_time_from_msec(200)
#define RETRY_MAX_US apr_time_from_sec(10)
#define FAILED_US apr_time_from_sec(1)    /* at least, as a statement would fail again at once */
#define FINISH_US apr_time_from_msec(500) /* after the grace, to say how it has ended */
#define NO_LEASE (-1)
#define SAY_AGAIN_US apr_time_from_sec(60)
#define CAUSE_BYTES 256
#define THREAD_NAME_BYTES 16 /* of Linux */

struct chat_worker_t {
    chat_worker_t *next;
    server_rec *server;
    const char *name;
    chat_worker_turn_t *turn;
    void *data;
    int lease; /* NO_LEASE: it works in each child, and is in the gauges of notifiers */
    apr_thread_t *thread;
    apr_pool_t *pool; /* cleared after each turn */
    chat_listener_t *db;
    int wake_fd;
    _Atomic apr_int64_t due_at; /* when the next turn begins */

    /* The worker's thread only. */
    int is_away;
    apr_interval_time_t retry_us;
    char cause[CAUSE_BYTES]; /* why the last turn failed; empty: it did not */
    apr_time_t said_at;      /* when that was logged */
};

static struct {
    chat_worker_t *first; /* complete before the child stops */
    _Atomic int is_stopping;
    _Atomic apr_int64_t stop_at; /* until then a turn may finish */
} workers;

/* A turn that must stop has until then for its last statement. */
static int must_give_up(void)
{
    return chat_worker_is_stopping() &&
           chat_clock_now() >= atomic_load(&workers.stop_at) + FINISH_US;
}

static const chat_listener_stop_t stop = {chat_worker_is_stopping, must_give_up};

/* ---- the connection ---- */

static void add_to_gauge(const chat_worker_t *worker, chat_gauge_t gauge, int delta)
{
    if (worker->lease == NO_LEASE)
        chat_metrics_gauge_add(gauge, delta);
}

static void set_away(chat_worker_t *worker, int is_away)
{
    add_to_gauge(worker, CHAT_GAUGE_WORKERS_AWAY, is_away - worker->is_away);
    worker->is_away = is_away;
}

static int connect_again(chat_worker_t *worker)
{
    static const char *const channels[] = {NULL};

    if (chat_listener_is_connected(worker->db))
        return 1;
    if (chat_listener_connect(worker->db, channels) == APR_SUCCESS) {
        if (worker->is_away)
            ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, worker->server,
                         "%s: connected to the database again", worker->name);
        set_away(worker, 0);
        worker->retry_us = RETRY_FIRST_US;
        return 1;
    }
    if (chat_worker_is_stopping())
        return 0;
    if (!worker->is_away)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, worker->server,
                     "%s: %s; it goes on when the database is available", worker->name,
                     chat_listener_cause(worker->db));
    set_away(worker, 1);
    atomic_store(&worker->due_at, chat_clock_now() + worker->retry_us);
    worker->retry_us = worker->retry_us * 2 < RETRY_MAX_US ? worker->retry_us * 2 : RETRY_MAX_US;
    return 0;
}

/* ---- the thread ---- */

static void wait_for_turn(chat_worker_t *worker)
{
    apr_interval_time_t wait = atomic_load(&worker->due_at) - chat_clock_now();

    while (wait > 0 && !atomic_load(&workers.is_stopping)) {
        /* Without a connection this waits, too. A connection that is lost meanwhile is noticed. */
        if (chat_listener_wait(worker->db, worker->wake_fd, wait) != APR_SUCCESS)
            return;
        chat_wake_clear(worker->wake_fd);
        wait = atomic_load(&worker->due_at) - chat_clock_now();
    }
}

/* 1: another child does the work, or it is not due; the worker waits without a connection. */
static int is_idle(chat_worker_t *worker)
{
    apr_interval_time_t wait = worker->lease == NO_LEASE ? 0 : chat_lease_take(worker->lease);

    if (wait <= 0)
        return 0;
    atomic_store(&worker->due_at, chat_clock_now() + wait);
    chat_listener_close(worker->db);
    return 1;
}

static void log_failure(chat_worker_t *worker)
{
    char cause[CAUSE_BYTES];

    apr_cpystrn(cause, chat_listener_cause(worker->db), sizeof cause);
    if (strcmp(cause, worker->cause) == 0 && chat_clock_now() < worker->said_at + SAY_AGAIN_US)
        return;
    memcpy(worker->cause, cause, sizeof cause);
    worker->said_at = chat_clock_now();
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, worker->server, "%s: %s", worker->name, cause);
}

static void take_turn(chat_worker_t *worker)
{
    apr_interval_time_t wait = 0;
    apr_status_t rv;

    wait_for_turn(worker);
    if (atomic_load(&workers.is_stopping) || is_idle(worker) || !connect_again(worker))
        return;
    atomic_store(&worker->due_at, APR_INT64_MAX); /* whoever wakes it now wants another turn */
    rv = worker->turn(&wait, worker->data, worker->db, worker->pool);
    if (rv != APR_SUCCESS && must_give_up())
        return; /* it is we who did not wait */
    if (rv != APR_SUCCESS) {
        log_failure(worker);
        wait = wait > FAILED_US ? wait : FAILED_US;
    } else {
        worker->cause[0] = '\0';
    }
    if (worker->lease != NO_LEASE && wait >= CHAT_LEASE_US) {
        chat_listener_close(worker->db);
        chat_lease_give(worker->lease, wait);
    }
    chat_worker_wake(worker, wait);
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    chat_worker_t *worker = data;
    char name[THREAD_NAME_BYTES];

    apr_snprintf(name, sizeof name, "chat-%s", worker->name);
    pthread_setname_np(pthread_self(), name);
    add_to_gauge(worker, CHAT_GAUGE_WORKERS, 1);
    while (!atomic_load(&workers.is_stopping)) {
        take_turn(worker);
        apr_pool_clear(worker->pool);
    }
    chat_listener_close(worker->db);
    set_away(worker, 0);
    if (worker->lease != NO_LEASE)
        chat_lease_give(worker->lease, 0);
    add_to_gauge(worker, CHAT_GAUGE_WORKERS, -1);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* ---- from other threads ---- */

/* With prefork, pchild's allocator is for one thread. */
static apr_status_t create_pool(apr_pool_t **pp, apr_pool_t *pchild)
{
    apr_allocator_t *allocator;
    apr_status_t rv = apr_allocator_create(&allocator);

    if (rv != APR_SUCCESS)
        return rv;
    rv = apr_pool_create_ex(pp, pchild, NULL, allocator);
    if (rv != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return rv;
    }
    apr_allocator_owner_set(allocator, *pp);
    apr_pool_tag(*pp, "mod_chat:worker");
    return APR_SUCCESS;
}

/* Signals of httpd are not for it: with prefork they end the child in the thread that gets them. */
static apr_status_t start_thread(chat_worker_t *worker, apr_pool_t *p)
{
    sigset_t all, before;
    apr_status_t rv;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rv = apr_thread_create(&worker->thread, NULL, run, worker, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rv;
}

/* Before httpd's pools are destroyed. */
static apr_status_t join_all(void *data)
{
    chat_worker_t *worker;
    apr_status_t rv;

    (void)data;
    chat_worker_stop_all(0);
    for (worker = workers.first; worker; worker = worker->next) {
        apr_thread_join(&rv, worker->thread);
        chat_wake_close(&worker->wake_fd);
    }
    return APR_SUCCESS;
}

chat_worker_t *chat_worker_start_alone(server_rec *s, const char *name, const char *params,
                                       chat_worker_turn_t *turn, void *data, int lease,
                                       apr_pool_t *pchild)
{
    chat_worker_t *worker;
    apr_pool_t *p;
    apr_status_t rv = create_pool(&p, pchild);

    if (rv != APR_SUCCESS)
        return NULL;
    worker = apr_pcalloc(p, sizeof *worker);
    worker->server = s;
    worker->name = apr_pstrdup(p, name);
    worker->turn = turn;
    worker->data = data;
    worker->lease = lease;
    worker->retry_us = RETRY_FIRST_US;
    worker->db = chat_listener_create(params, apr_pstrcat(p, "mod_chat ", name, NULL), &stop, p);
    worker->wake_fd = -1;
    rv = apr_pool_create(&worker->pool, p);
    if (rv == APR_SUCCESS)
        rv = chat_wake_open(&worker->wake_fd);
    if (rv == APR_SUCCESS)
        rv = start_thread(worker, p);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, s, "%s: its thread could not be started", name);
        chat_wake_close(&worker->wake_fd);
        apr_pool_destroy(p);
        return NULL;
    }
    if (!workers.first)
        apr_pool_pre_cleanup_register(pchild, NULL, join_all);
    worker->next = workers.first;
    workers.first = worker;
    return worker;
}

chat_worker_t *chat_worker_start(server_rec *s, const char *name, const char *params,
                                 chat_worker_turn_t *turn, void *data, apr_pool_t *pchild)
{
    return chat_worker_start_alone(s, name, params, turn, data, NO_LEASE, pchild);
}

void chat_worker_wake(chat_worker_t *worker, apr_interval_time_t delay)
{
    apr_int64_t at = chat_clock_now() + delay;
    apr_int64_t planned = atomic_load(&worker->due_at);

    while (at < planned)
        if (atomic_compare_exchange_weak(&worker->due_at, &planned, at)) {
            chat_wake_signal(worker->wake_fd);
            return;
        }
}

int chat_worker_is_stopping(void)
{
    return atomic_load(&workers.is_stopping);
}

int chat_worker_must_stop(void)
{
    return atomic_load(&workers.is_stopping) && chat_clock_now() >= atomic_load(&workers.stop_at);
}

void chat_worker_stop_all(int is_graceful)
{
    int grace_ms = is_graceful ? CHAT_WORKER_GRACE_MS : CHAT_WORKER_STOP_MS;
    chat_worker_t *worker;

    if (atomic_load(&workers.is_stopping))
        return;
    atomic_store(&workers.stop_at, chat_clock_now() + apr_time_from_msec(grace_ms));
    atomic_store(&workers.is_stopping, 1);
    for (worker = workers.first; worker; worker = worker->next)
        chat_wake_signal(worker->wake_fd);
}
