#include "db/chat_breaker.h"

#include <stdatomic.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include <postgresql/libpq-fe.h>

#include "core/chat_clock.h"
#include "core/chat_stopping.h"
#include "db/chat_backend.h"
#include "db/chat_connect.h"

#define TEST_US apr_time_from_msec(CHAT_BREAKER_TEST_MS)
#define LATER_US apr_time_from_msec(CHAT_BREAKER_LATER_MS)
#define NAP_US apr_time_from_msec(10) /* between two checks of a request that waits */
#define CAUSE_BYTES_MAX 512
#define CONNECT_TIMEOUT_S "2" /* where DBDParams has none */

struct chat_breaker_t {
    const char *params;
    _Atomic(apr_time_t) away_since; /* 0: it is reachable */
    atomic_int is_found;       /* the last test succeeded, and no connection has failed since */
    apr_thread_mutex_t *mutex; /* guards the rest */
    int is_testing;
    apr_time_t tested_at; /* when the last failed test began */
    apr_time_t test_at;
    char cause[CAUSE_BYTES_MAX];
};

chat_breaker_t *chat_breaker_create(const char *params, apr_pool_t *p)
{
    chat_breaker_t *breaker = apr_pcalloc(p, sizeof *breaker);

    breaker->params = params;
    apr_cpystrn(breaker->cause, "mod_dbd gave no connection: its own line says why",
                sizeof breaker->cause);
    return apr_thread_mutex_create(&breaker->mutex, APR_THREAD_MUTEX_DEFAULT, p) == APR_SUCCESS
               ? breaker
               : NULL;
}

int chat_breaker_note_away(chat_breaker_t *breaker)
{
    apr_time_t there = 0;

    atomic_store(&breaker->is_found, 0);
    return atomic_compare_exchange_strong(&breaker->away_since, &there, chat_clock_now());
}

apr_time_t chat_breaker_away_since(const chat_breaker_t *breaker)
{
    return atomic_load_explicit(&breaker->away_since, memory_order_relaxed);
}

int chat_breaker_note_there(chat_breaker_t *breaker)
{
    return atomic_load_explicit(&breaker->away_since, memory_order_relaxed) &&
           atomic_exchange(&breaker->away_since, 0) != 0;
}

typedef enum {
    TEST_FAILED,
    TEST_ALIVE, /* it takes no more connections: one request may try an idle one */
    TEST_FOUND
} result_t;

static result_t test(chat_breaker_t *breaker, int has_idle, apr_pool_t *p)
{
    static const char *const keywords[] = {"connect_timeout", "dbname", NULL};
    const char *const values[] = {CONNECT_TIMEOUT_S, breaker->params, NULL};
    PGconn *pq = chat_connect(breaker->params, CONNECT_TIMEOUT_S, NULL, chat_stopping_has_begun);
    result_t seen = PQstatus(pq) == CONNECTION_OK ? TEST_FOUND : TEST_FAILED;

    if (seen == TEST_FAILED) {
        apr_thread_mutex_lock(breaker->mutex);
        apr_cpystrn(breaker->cause, chat_backend_error(NULL, pq, p), sizeof breaker->cause);
        apr_thread_mutex_unlock(breaker->mutex);
    }
    PQfinish(pq);
    if (seen == TEST_FAILED && has_idle && !chat_stopping_has_begun() &&
        PQpingParams(keywords, values, 1) == PQPING_OK)
        seen = TEST_ALIVE;
    return seen;
}

static int take_turn(chat_breaker_t *breaker)
{
    int is_mine;

    apr_thread_mutex_lock(breaker->mutex);
    is_mine = !breaker->is_testing && chat_clock_now() >= breaker->test_at;
    if (is_mine)
        breaker->is_testing = 1;
    apr_thread_mutex_unlock(breaker->mutex);
    return is_mine;
}

/* After a test that succeeded, requests that waited for its end need none of their own. */
static void end_turn(chat_breaker_t *breaker, apr_time_t begun, result_t seen)
{
    if (seen == TEST_FOUND)
        atomic_store(&breaker->is_found, 1);
    apr_thread_mutex_lock(breaker->mutex);
    breaker->is_testing = 0;
    if (seen == TEST_FAILED)
        breaker->tested_at = begun;
    breaker->test_at = chat_clock_now() + TEST_US;
    apr_thread_mutex_unlock(breaker->mutex);
}

static int is_admitted(chat_breaker_t *breaker, int has_idle, apr_pool_t *p)
{
    apr_time_t begun = chat_clock_now();
    result_t seen;

    if (!atomic_load(&breaker->away_since) || atomic_load(&breaker->is_found))
        return 1;
    if (!take_turn(breaker))
        return 0;
    seen = breaker->params ? test(breaker, has_idle, p) : TEST_ALIVE;
    end_turn(breaker, begun, seen);
    return seen != TEST_FAILED;
}

static int is_hopeless(chat_breaker_t *breaker, apr_time_t came, apr_interval_time_t wait,
                       const char **pcause, apr_pool_t *p)
{
    apr_time_t since = atomic_load(&breaker->away_since);
    apr_time_t now = chat_clock_now();
    int is_over;

    apr_thread_mutex_lock(breaker->mutex);
    is_over =
        since && now >= since + wait && (breaker->tested_at >= came || now >= came + LATER_US);
    if (is_over)
        *pcause = apr_pstrdup(p, breaker->cause);
    apr_thread_mutex_unlock(breaker->mutex);
    return is_over;
}

int chat_breaker_admits(chat_breaker_t *breaker, int has_idle, apr_interval_time_t wait,
                        const char **pcause, apr_pool_t *p)
{
    apr_time_t came = chat_clock_now();

    while (!is_admitted(breaker, has_idle, p)) {
        if (chat_stopping_has_begun()) {
            *pcause = "httpd stops";
            return 0;
        }
        if (is_hopeless(breaker, came, wait, pcause, p))
            return 0;
        apr_sleep(NAP_US);
    }
    return 1;
}
