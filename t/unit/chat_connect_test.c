/*
 * Connecting where libpq waits for as long as the test wants: as with a name server or a PostgreSQL
 * that does not answer.
 */
#include "chat_unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include <postgresql/libpq-fe.h>

#include "core/chat_clock.h"
#include "core/chat_stopping.h"
#include "db/chat_connect.h"

#define ALARM_S 600 /* ends a test that waits for what does not come */
#define TRIES 200
#define SLICE_US 20   /* instead of a tenth of a second, where it is short */
#define ANSWER_US 200 /* longer than it is waited for then */

static sem_t answers; /* of the server: each lets one connection be made */
static atomic_int begun;
static atomic_int returned;
static atomic_int finished;
static atomic_int is_stopping;
static int has_no_threads;
static int slices_are_short;
static pthread_t connecting;
static pid_t process;
static char given[100];

static PGconn *const made = (PGconn *)&given;

/* ---- instead of libpq ---- */

PGconn *PQconnectdbParams(const char *const *keywords, const char *const *values, int expand)
{
    size_t length = 0;
    int i;

    given[0] = '\0';
    for (i = 0; keywords[i]; i++)
        length += (size_t)snprintf(given + length, sizeof given - length, "%s=%s ", keywords[i],
                                   values[i]);
    connecting = pthread_self();
    assert_int_equal(expand, 1);
    atomic_fetch_add(&begun, 1);
    while (sem_wait(&answers) != 0)
        assert_int_equal(errno, EINTR);
    atomic_fetch_add(&returned, 1);
    return made;
}

void PQfinish(PGconn *pq)
{
    if (pq) {
        assert_ptr_equal(pq, made);
        atomic_fetch_add(&finished, 1);
    }
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *data)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
    return has_no_threads ? EAGAIN : next(thread, attributes, run, data);
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    const struct timespec slice = {.tv_sec = slices_are_short ? 0 : timeout_ms / 1000,
                                   .tv_nsec = slices_are_short ? SLICE_US * 1000
                                                               : timeout_ms % 1000 * 1000000L};

    return ppoll(fds, count, &slice, NULL);
}

/* This process is to run them, as sanitizers look for leaks then; the one that a test forks is not.
 */
int on_exit(void (*handler)(int, void *), void *data)
{
    int (*next)(void (*)(int, void *), void *);

    *(void **)&next = dlsym(RTLD_NEXT, "on_exit");
    return getpid() == process ? 0 : next(handler, data);
}

/* ---- the tests ---- */

static int must_stop(void)
{
    return atomic_load(&is_stopping);
}

static int start(void **state)
{
    alarm(ALARM_S);
    sem_init(&answers, 0, 0);
    atomic_store(&begun, 0);
    atomic_store(&returned, 0);
    atomic_store(&finished, 0);
    atomic_store(&is_stopping, 0);
    has_no_threads = 0;
    slices_are_short = 0;
    return unit_make_pool(state);
}

static int end(void **state)
{
    alarm(0);
    sem_destroy(&answers);
    return unit_destroy_pool(state);
}

static void await(atomic_int *number, int wanted)
{
    while (atomic_load(number) < wanted)
        usleep(200);
}

static void a_connection_is_that_of_libpq(void **state)
{
    (void)state;
    sem_post(&answers);
    assert_ptr_equal(chat_connect("dbname=chat", "3", "mod_chat feed", must_stop), made);
    assert_string_equal(given,
                        "connect_timeout=3 dbname=dbname=chat application_name=mod_chat feed ");
    assert_false(pthread_equal(connecting, pthread_self()));
    sem_post(&answers);
    assert_ptr_equal(chat_connect("dbname=chat", "2", NULL, must_stop), made);
    assert_string_equal(given, "connect_timeout=2 dbname=dbname=chat ");
    assert_int_equal(atomic_load(&finished), 0); /* they are the caller's */
}

static void *stop_once_begun(void *data)
{
    (void)data;
    await(&begun, 1);
    atomic_store(&is_stopping, 1);
    return NULL;
}

static void who_must_stop_does_not_wait_for_it(void **state)
{
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, stop_once_begun, NULL), 0);
    assert_null(chat_connect("dbname=chat", "3", NULL, must_stop));
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&finished), 0);
    sem_post(&answers); /* and the connection that comes too late is closed */
    await(&finished, 1);
}

/* Its caller must stop already when the server answers, and does not ask a third time before that.
 */
static int answer_while_stopping(void)
{
    if (atomic_fetch_add(&is_stopping, 1) == 1) {
        assert_int_equal(atomic_load(&returned), 0);
        sem_post(&answers);
        await(&returned, 1);
    }
    return 1;
}

static void stand_still(void)
{
    pause();
}

/* Exit handlers that were registered before must not run: they would free and unload what the
 * thread uses. One of them would stand still here. */
static void a_process_that_has_left_one_runs_no_exit_handlers(void **state)
{
    int status = 0;
    pid_t child;

    (void)state;
    fflush(stdout);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(ALARM_S);
        atexit(stand_still);
        atomic_store(&is_stopping, 1);
        assert_null(chat_connect("dbname=chat", "3", NULL, must_stop));
        exit(7);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
}

static void one_that_is_only_slow_is_finished(void **state)
{
    (void)state;
    assert_ptr_equal(chat_connect("dbname=chat", "3", NULL, answer_while_stopping), made);
    assert_true(atomic_load(&is_stopping) >= 2);
    assert_int_equal(atomic_load(&finished), 0);
}

static void *answer_later(void *data)
{
    usleep((useconds_t)(*(const int *)data % ANSWER_US));
    sem_post(&answers);
    return NULL;
}

/* The server answers before its caller must stop, after that, and in the moment when it is left to
 * itself: the connection is the caller's, or is closed, and whoever is the last frees all of it,
 * for the sanitizers to see. */
static void an_end_at_any_moment_is_one_end(void **state)
{
    int taken = 0;
    int i;

    (void)state;
    atomic_store(&is_stopping, 1);
    slices_are_short = 1;
    for (i = 0; i < TRIES; i++) {
        pthread_t server;
        PGconn *pq;

        assert_int_equal(pthread_create(&server, NULL, answer_later, &i), 0);
        pq = chat_connect("dbname=chat", "3", NULL, must_stop);
        pthread_join(server, NULL);
        assert_true(!pq || pq == made);
        taken += pq != NULL;
        await(&returned, i + 1);
    }
    await(&finished, TRIES - taken);
    assert_int_equal(atomic_load(&begun), TRIES);
    assert_int_equal(atomic_load(&finished), TRIES - taken);
    print_message("# %d of %d were in time\n", taken, TRIES);
}

static void without_threads_it_connects_nevertheless(void **state)
{
    (void)state;
    has_no_threads = 1;
    sem_post(&answers);
    assert_ptr_equal(chat_connect("dbname=chat", "3", NULL, must_stop), made);
    assert_true(pthread_equal(connecting, pthread_self()));
    assert_int_equal(atomic_load(&finished), 0);
}

static void stopping_begins_once_and_leaves_a_moment(void **state)
{
    apr_time_t at;

    (void)state;
    assert_false(chat_stopping_has_begun());
    assert_false(chat_stopping_is_over());
    at = chat_clock_now();
    chat_stopping_begin();
    assert_true(chat_stopping_has_begun());
    while (!chat_stopping_is_over()) {
        chat_stopping_begin(); /* which does not begin it anew */
        usleep(1000);
    }
    assert_true(chat_clock_now() >= at + apr_time_from_msec(CHAT_STOPPING_FINISH_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* before this process leaves one */
        cmocka_unit_test_setup_teardown(a_process_that_has_left_one_runs_no_exit_handlers, start,
                                        end),
        cmocka_unit_test_setup_teardown(a_connection_is_that_of_libpq, start, end),
        cmocka_unit_test_setup_teardown(who_must_stop_does_not_wait_for_it, start, end),
        cmocka_unit_test_setup_teardown(one_that_is_only_slow_is_finished, start, end),
        cmocka_unit_test_setup_teardown(an_end_at_any_moment_is_one_end, start, end),
        cmocka_unit_test_setup_teardown(without_threads_it_connects_nevertheless, start, end),
        cmocka_unit_test_setup_teardown(stopping_begins_once_and_leaves_a_moment, start, end),
    };

    process = getpid();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
