#include "chat_unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "core/chat_metrics.h"

#define SLOTS 8
#define THREADS 8
#define ADDS 20000
#define ALARM_S 600 /* ends what a failed test has left behind */

/* What the processes of a test share besides the slots. */
typedef struct tally_t {
    atomic_int ready;
    atomic_int is_over;
    atomic_int claimed;
} tally_t;

static tally_t *make_tally(void)
{
    tally_t *tally =
        mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(tally != MAP_FAILED);
    return tally;
}

static void *make_slots(int slots, apr_pool_t *p)
{
    void *memory;

    assert_int_equal(chat_metrics_create(&memory, slots, p), APR_SUCCESS);
    chat_metrics_use(memory);
    return memory;
}

static apr_pool_t *claim(apr_pool_t *parent)
{
    apr_pool_t *p;

    apr_pool_create(&p, parent);
    assert_int_equal(chat_metrics_claim_slot(p), APR_SUCCESS);
    return p;
}

static int count_children(void)
{
    apr_int64_t totals[CHAT_GAUGE_COUNT];

    return chat_metrics_gauge_totals(totals);
}

static apr_int64_t total(int gauge)
{
    apr_int64_t totals[CHAT_GAUGE_COUNT];

    chat_metrics_gauge_totals(totals);
    return totals[gauge];
}

/* A child that has claimed a slot and says `sockets`, until `is_over` or a signal. */
static pid_t start_child(tally_t *tally, int sockets, apr_pool_t *parent)
{
    int before = atomic_load(&tally->ready);
    apr_pool_t *p;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(ALARM_S);
        apr_pool_create(&p, parent);
        if (chat_metrics_claim_slot(p) != APR_SUCCESS)
            _exit(1);
        chat_metrics_gauge_set(CHAT_GAUGE_SOCKETS, sockets);
        chat_metrics_gauge_set(CHAT_GAUGE_FEED_LAG_US, sockets);
        atomic_fetch_add(&tally->ready, 1);
        while (!atomic_load(&tally->is_over))
            usleep(1000);
        apr_pool_destroy(p);
        _exit(0);
    }
    while (atomic_load(&tally->ready) == before)
        assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
    return pid;
}

static void kill_child(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void await_child(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* ---- One process ---- */

static void nothing_happens_without_memory(void **state)
{
    chat_metrics_use(NULL);
    assert_int_equal(chat_metrics_claim_slot(*state), APR_ENOSPC);
    chat_metrics_gauge_set(CHAT_GAUGE_SOCKETS, 1);
    chat_metrics_gauge_add(CHAT_GAUGE_SOCKETS, 1);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 0);
    assert_int_equal(total(CHAT_GAUGE_FEED_LAG_US), 0);
    assert_int_equal(count_children(), 0);
}

static void nothing_counts_without_a_slot(void **state)
{
    make_slots(SLOTS, *state);
    chat_metrics_gauge_set(CHAT_GAUGE_SOCKETS, 7);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 0);
    assert_int_equal(count_children(), 0);
}

static void values_are_the_last_that_was_said(void **state)
{
    apr_pool_t *p;
    int gauge;

    make_slots(SLOTS, *state);
    p = claim(*state);
    for (gauge = 0; gauge < CHAT_GAUGE_COUNT; gauge++) {
        assert_int_equal(total(gauge), 0);
        chat_metrics_gauge_set(gauge, 100 + gauge);
        chat_metrics_gauge_add(gauge, 20);
        chat_metrics_gauge_add(gauge, -10);
    }
    for (gauge = 0; gauge < CHAT_GAUGE_COUNT; gauge++)
        assert_int_equal(total(gauge), 110 + gauge);
    apr_pool_destroy(p);
    chat_metrics_gauge_set(CHAT_GAUGE_SOCKETS, 7);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 0);
    assert_int_equal(count_children(), 0);
}

static void a_slot_begins_with_nothing(void **state)
{
    apr_pool_t *p;

    make_slots(1, *state);
    p = claim(*state);
    chat_metrics_gauge_set(CHAT_GAUGE_QUEUED_BYTES, 1000);
    apr_pool_destroy(p);
    claim(*state);
    assert_int_equal(total(CHAT_GAUGE_QUEUED_BYTES), 0);
    assert_int_equal(count_children(), 1);
}

static void *add_and_take(void *data)
{
    int i;

    (void)data;
    for (i = 0; i < ADDS; i++) {
        chat_metrics_gauge_add(CHAT_GAUGE_QUEUED_BYTES, 3);
        chat_metrics_gauge_add(CHAT_GAUGE_QUEUED_BYTES, -2);
    }
    return NULL;
}

static void threads_lose_nothing(void **state)
{
    pthread_t threads[THREADS];
    int i;

    make_slots(SLOTS, *state);
    claim(*state);
    for (i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_and_take, NULL), 0);
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(total(CHAT_GAUGE_QUEUED_BYTES), THREADS * ADDS);
}

/* ---- Several ---- */

static void children_are_added_up_until_they_end(void **state)
{
    tally_t *tally = make_tally();
    apr_int64_t values[CHAT_GAUGE_COUNT];
    apr_int64_t seen = 0;
    pid_t pids[3], pid;
    int slot = 0;
    int i;

    make_slots(SLOTS, *state);
    for (i = 0; i < 3; i++)
        pids[i] = start_child(tally, 10 * (i + 1), *state);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 60);
    assert_int_equal(total(CHAT_GAUGE_FEED_LAG_US), 30);
    assert_int_equal(count_children(), 3);
    while (chat_metrics_next_child(&slot, &pid, values))
        for (i = 0; i < 3; i++)
            seen += pid == pids[i] && values[CHAT_GAUGE_SOCKETS] == 10 * (i + 1);
    assert_int_equal(seen, 3);
    atomic_store(&tally->is_over, 1);
    for (i = 0; i < 3; i++)
        await_child(pids[i]);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 0);
    assert_int_equal(count_children(), 0);
}

static void a_killed_child_does_not_count(void **state)
{
    tally_t *tally = make_tally();
    pid_t killed, other;

    make_slots(SLOTS, *state);
    killed = start_child(tally, 10, *state);
    other = start_child(tally, 1, *state);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 11);
    kill_child(killed);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 1);
    assert_int_equal(total(CHAT_GAUGE_FEED_LAG_US), 1);
    assert_int_equal(count_children(), 1);
    kill_child(other);
    assert_int_equal(count_children(), 0);
}

static void slots_of_killed_children_are_used_again(void **state)
{
    tally_t *tally = make_tally();
    int i;

    make_slots(2, *state);
    claim(*state);
    for (i = 0; i < 20; i++) {
        kill_child(start_child(tally, 100, *state));
        assert_int_equal(total(CHAT_GAUGE_SOCKETS), 0);
    }
}

static void who_finds_no_slot_counts_nowhere(void **state)
{
    tally_t *tally = make_tally();
    apr_pool_t *p;
    pid_t pid;

    make_slots(1, *state);
    pid = start_child(tally, 5, *state);
    apr_pool_create(&p, *state);
    assert_int_equal(chat_metrics_claim_slot(p), APR_ENOSPC);
    chat_metrics_gauge_set(CHAT_GAUGE_SOCKETS, 1000);
    chat_metrics_gauge_add(CHAT_GAUGE_SOCKETS, 1000);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 5);
    kill_child(pid);
    assert_int_equal(chat_metrics_claim_slot(p), APR_SUCCESS);
}

/* As when the number of a killed child is another program's now, which is of another group. */
static void the_number_alone_does_not_make_a_child(void **state)
{
    tally_t *tally = make_tally();
    pid_t pid;

    make_slots(1, *state);
    pid = start_child(tally, 5, *state);
    assert_int_equal(setpgid(pid, pid), 0);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 0);
    claim(*state);
    chat_metrics_gauge_set(CHAT_GAUGE_SOCKETS, 2);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 2);
    atomic_store(&tally->is_over, 1);
    await_child(pid);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 2); /* it gave nothing back */
}

/* A program that the child starts has the child's memory for a while. */
static void a_forked_copy_gives_nothing_back(void **state)
{
    apr_pool_t *p;
    pid_t pid;

    make_slots(SLOTS, *state);
    p = claim(*state);
    chat_metrics_gauge_set(CHAT_GAUGE_SOCKETS, 3);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        apr_pool_destroy(p);
        _exit(0);
    }
    await_child(pid);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 3);
}

static void values_outlive_a_graceful_restart(void **state)
{
    tally_t *tally = make_tally();
    void *memory = make_slots(SLOTS, *state);
    pid_t old, new;

    old = start_child(tally, 10, *state);
    chat_metrics_use(NULL); /* the module is unloaded, and loaded anew */
    chat_metrics_use(memory);
    new = start_child(tally, 1, *state);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 11);
    kill_child(old);
    assert_int_equal(total(CHAT_GAUGE_SOCKETS), 1);
    kill_child(new);
}

static void no_slot_is_given_twice(void **state)
{
    enum { PROCESSES = 24, ROUNDS = 20 };
    int round, i;

    make_slots(SLOTS, *state);
    for (round = 0; round < ROUNDS; round++) {
        tally_t *tally = make_tally();
        pid_t pids[PROCESSES];

        fflush(NULL);
        for (i = 0; i < PROCESSES; i++) {
            pids[i] = fork();
            assert_true(pids[i] >= 0);
            if (pids[i] != 0)
                continue;
            alarm(ALARM_S);
            atomic_fetch_add(&tally->ready, 1);
            while (atomic_load(&tally->ready) < PROCESSES)
                usleep(100);
            if (chat_metrics_claim_slot(*state) == APR_SUCCESS)
                atomic_fetch_add(&tally->claimed, 1);
            chat_metrics_gauge_add(CHAT_GAUGE_SOCKETS, 1);
            chat_metrics_gauge_add(CHAT_GAUGE_FEED_LAG_US, 1); /* of which the maximum counts */
            atomic_fetch_add(&tally->ready, 1);
            for (;;)
                pause(); /* to be killed, so that the next round finds slots of the dead */
        }
        while (atomic_load(&tally->ready) < 2 * PROCESSES)
            usleep(100);
        assert_int_equal(atomic_load(&tally->claimed), SLOTS);
        assert_int_equal(total(CHAT_GAUGE_SOCKETS), SLOTS);
        assert_int_equal(total(CHAT_GAUGE_FEED_LAG_US), 1);
        for (i = 0; i < PROCESSES; i++)
            kill_child(pids[i]);
        assert_int_equal(count_children(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(nothing_happens_without_memory),
        UNIT_TEST(nothing_counts_without_a_slot),
        UNIT_TEST(values_are_the_last_that_was_said),
        UNIT_TEST(a_slot_begins_with_nothing),
        UNIT_TEST(threads_lose_nothing),
        UNIT_TEST(children_are_added_up_until_they_end),
        UNIT_TEST(a_killed_child_does_not_count),
        UNIT_TEST(slots_of_killed_children_are_used_again),
        UNIT_TEST(who_finds_no_slot_counts_nowhere),
        UNIT_TEST(the_number_alone_does_not_make_a_child),
        UNIT_TEST(a_forked_copy_gives_nothing_back),
        UNIT_TEST(values_outlive_a_graceful_restart),
        UNIT_TEST(no_slot_is_given_twice),
    };

    return cmocka_run_group_tests_name("chat_metrics", tests, NULL, NULL);
}
