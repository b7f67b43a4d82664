#include "chat_unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <apr_strings.h>

#include "core/chat_clock.h"
#include "guard/chat_rate_table.h"

#define PROCESSES 4
#define THREADS 16
#define KEYS_MAX 2000
#define ASKS_LEAST 20000
#define READY_US_MAX apr_time_from_sec(300) /* on the busiest machine */
#define FAR_AHEAD_US apr_time_from_sec(3600)

/* What the processes of a test share besides the table. */
typedef struct tally_t {
    atomic_int ready; /* threads that wait for the start */
    atomic_int is_started;
    atomic_llong begun; /* the time of the start */
    atomic_llong asked;
    atomic_llong last; /* the newest time that was asked with */
    atomic_llong admitted[KEYS_MAX];
} tally_t;

/* What all threads of a test do: each asks `asks` times, key after key. */
typedef struct work_t {
    chat_rate_table_t *table;
    tally_t *tally;
    const chat_rate_limit_t *limits[2];
    int count;
    int is_stacked_on_one; /* the second limit has one key for all */
    int keys;
    int asks;
    apr_time_t frozen; /* 0: the real time */
    apr_interval_time_t
        lasting_us; /* 0: no end but `asks`; and until all have asked ASKS_LEAST times */
} work_t;

typedef struct thread_t {
    const work_t *work;
    int number;
    pthread_t id;
} thread_t;

static chat_rate_limit_t limit_of(const char *rate, const char *burst)
{
    const char *const argv[] = {"send", rate, burst};
    chat_rate_limit_t limit;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    assert_null(chat_rate_limit_parse(&limit, burst ? 3 : 2, argv, p));
    apr_pool_destroy(p);
    return limit;
}

static chat_rate_table_t *make_table(apr_size_t slots, apr_pool_t *p)
{
    chat_rate_table_t *table;

    assert_int_equal(chat_rate_table_create(&table, slots, p), APR_SUCCESS);
    return table;
}

static chat_rate_table_decision_t ask(chat_rate_table_t *table, const chat_rate_limit_t *limit,
                                      const char *key, apr_time_t now)
{
    chat_rate_table_decision_t decision;

    chat_rate_table_ask(&decision, table, &limit, &key, 1, now);
    return decision;
}

/* ---- Many at once ------------------------------------------------------------------------- */

static tally_t *make_tally(void)
{
    tally_t *tally =
        mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(tally != MAP_FAILED);
    return tally;
}

static void note_last(tally_t *tally, apr_time_t now)
{
    long long last = atomic_load(&tally->last);

    while (now > last && !atomic_compare_exchange_weak(&tally->last, &last, now))
        continue;
}

/* A busy machine may let nobody work for as long as the work lasts: then it lasts longer. */
static int is_over(const work_t *work, apr_time_t now)
{
    return work->lasting_us && now > atomic_load(&work->tally->begun) + work->lasting_us &&
           atomic_load(&work->tally->asked) >= ASKS_LEAST;
}

static void *hammer(void *data)
{
    const thread_t *thread = data;
    const work_t *work = thread->work;
    uint64_t random = (uint64_t)thread->number;
    int i;

    atomic_fetch_add(&work->tally->ready, 1);
    while (!atomic_load(&work->tally->is_started))
        usleep(1000);
    for (i = 0; i < work->asks; i++) {
        apr_time_t now = work->frozen ? work->frozen : chat_clock_now();
        int number = (int)unit_random(&random, (unsigned)work->keys);
        char key[32];
        const char *keys[2] = {key, work->is_stacked_on_one ? "all" : key};
        chat_rate_table_decision_t decision;

        if (is_over(work, now))
            break;
        note_last(work->tally, now);
        apr_snprintf(key, sizeof key, "user %d", number);
        chat_rate_table_ask(&decision, work->table, work->limits, keys, work->count, now);
        atomic_fetch_add(&work->tally->asked, 1);
        if (decision.is_admitted)
            atomic_fetch_add(&work->tally->admitted[number], 1);
    }
    return NULL;
}

static void be_a_process(const work_t *work, int process)
{
    thread_t threads[THREADS];
    int i;

    for (i = 0; i < THREADS; i++) {
        threads[i].work = work;
        threads[i].number = process * THREADS + i;
        if (pthread_create(&threads[i].id, NULL, hammer, &threads[i]) != 0)
            _exit(1);
    }
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i].id, NULL);
    _exit(0);
}

static void prepare_work(pid_t *pids, const work_t *work)
{
    apr_time_t begun = chat_clock_now();
    int i;

    fflush(NULL);
    atomic_store(&work->tally->ready, 0);
    atomic_store(&work->tally->is_started, 0);
    for (i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            be_a_process(work, i);
    }
    while (atomic_load(&work->tally->ready) < PROCESSES * THREADS &&
           chat_clock_now() - begun < READY_US_MAX)
        usleep(1000);
}

static void start_work(const work_t *work)
{
    atomic_store(&work->tally->begun, chat_clock_now());
    atomic_store(&work->tally->is_started, 1);
}

static void end_work(const pid_t *pids)
{
    int i, status;

    for (i = 0; i < PROCESSES; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
    }
}

static void do_work(const work_t *work)
{
    pid_t pids[PROCESSES];

    prepare_work(pids, work);
    start_work(work);
    end_work(pids);
}

static void a_burst_is_exact_when_all_ask_at_once(void **state)
{
    chat_rate_limit_t limit = limit_of("100/h", "burst=1000");
    work_t work = {.table = make_table(0, *state),
                   .tally = make_tally(),
                   .limits = {&limit},
                   .count = 1,
                   .keys = 1,
                   .asks = 2000,
                   .frozen = chat_clock_now()};

    do_work(&work);
    assert_int_equal(work.tally->asked, PROCESSES * THREADS * work.asks);
    assert_int_equal(work.tally->admitted[0], 1000);
}

/* The burst is used up before the others begin, so that the allowance is not full again for ten
 * seconds: from then on, time counts for it, also time in which the machine lets nobody ask. */
static void a_rate_is_exact_while_time_passes(void **state)
{
    enum { BURST = 20000, INTERVAL_US = 500 };
    chat_rate_limit_t limit = limit_of("2000/s", "burst=20000");
    work_t work = {.table = make_table(0, *state),
                   .tally = make_tally(),
                   .limits = {&limit},
                   .count = 1,
                   .keys = 1,
                   .asks = INT32_MAX,
                   .lasting_us = apr_time_from_msec(600)};
    chat_rate_table_decision_t decision;
    pid_t pids[PROCESSES];
    apr_int64_t most, sum;
    apr_time_t first;
    int i;

    prepare_work(pids, &work);
    first = chat_clock_now();
    for (i = 0; i < BURST; i++)
        assert_true(ask(work.table, &limit, "user 0", first).is_admitted);
    start_work(&work);
    end_work(pids);
    decision = ask(work.table, &limit, "user 0", work.tally->last);
    most = BURST + (work.tally->last - first) / INTERVAL_US;
    sum = BURST + work.tally->admitted[0] + decision.is_admitted + decision.remaining;
    print_message("# %lld admitted and %lld left of %lld, %lld asked\n",
                  (long long)work.tally->admitted[0], (long long)decision.remaining,
                  (long long)(most - BURST), (long long)work.tally->asked);
    assert_int_equal(sum, most);
}

static void each_of_many_keys_gets_exactly_its_own(void **state)
{
    chat_rate_limit_t limit = limit_of("20/d", NULL);
    work_t work = {.table = make_table(0, *state),
                   .tally = make_tally(),
                   .limits = {&limit},
                   .count = 1,
                   .keys = KEYS_MAX,
                   .asks = 4000,
                   .frozen = chat_clock_now()};
    chat_rate_table_counters_t counters;
    int i;

    do_work(&work);
    for (i = 0; i < KEYS_MAX; i++) {
        char key[32];
        chat_rate_table_decision_t decision;

        apr_snprintf(key, sizeof key, "user %d", i);
        decision = ask(work.table, &limit, key, work.frozen);
        assert_int_equal(work.tally->admitted[i] + decision.is_admitted + decision.remaining, 20);
    }
    chat_rate_table_counters(&counters, work.table);
    assert_int_equal(counters.crowded, 0);
}

static void entries_that_change_hands_give_nothing_away(void **state)
{
    chat_rate_limit_t limit = limit_of("2000/s", "burst=2");
    work_t work = {.table = make_table(16, *state),
                   .tally = make_tally(),
                   .limits = {&limit},
                   .count = 1,
                   .keys = 40,
                   .asks = INT32_MAX,
                   .lasting_us = apr_time_from_msec(600)};
    apr_time_t begun = chat_clock_now();
    apr_int64_t most, all = 0;
    chat_rate_table_counters_t counters;
    int i;

    do_work(&work);
    most = 2 + (chat_clock_now() - begun) / 500;
    for (i = 0; i < work.keys; i++) {
        assert_true(work.tally->admitted[i] <= most);
        all += work.tally->admitted[i];
    }
    chat_rate_table_counters(&counters, work.table);
    print_message(
        "# %lld of %lld admitted, %llu of them by shared allowances, %llu lost all races\n",
        (long long)all, (long long)work.tally->asked, (unsigned long long)counters.crowded,
        (unsigned long long)counters.contended);
    assert_true(all > 0 && counters.crowded > 0);
}

static void stacked_limits_are_exact_together(void **state)
{
    chat_rate_limit_t wide = limit_of("100/h", "burst=900");
    chat_rate_limit_t narrow = limit_of("50/h", "burst=700");
    /* Frozen in the future, so that nothing is lost while it is given back. */
    work_t work = {.table = make_table(0, *state),
                   .tally = make_tally(),
                   .limits = {&wide, &narrow},
                   .count = 2,
                   .keys = 1,
                   .asks = 1000,
                   .frozen = chat_clock_now() + FAR_AHEAD_US};
    chat_rate_table_decision_t decision;

    do_work(&work);
    assert_int_equal(work.tally->admitted[0], 700);
    decision = ask(work.table, &wide, "user 0", work.frozen);
    assert_true(decision.is_admitted);
    assert_int_equal(decision.remaining, 900 - 700 - 1);
}

static void one_limit_for_all_and_one_for_each(void **state)
{
    chat_rate_limit_t each = limit_of("30/h", NULL);
    chat_rate_limit_t all = limit_of("100/h", NULL);
    work_t work = {.table = make_table(0, *state),
                   .tally = make_tally(),
                   .limits = {&each, &all},
                   .count = 2,
                   .is_stacked_on_one = 1,
                   .keys = 7,
                   .asks = 500,
                   .frozen = chat_clock_now() + FAR_AHEAD_US};
    apr_int64_t sum = 0;
    int i;

    do_work(&work);
    for (i = 0; i < work.keys; i++) {
        char key[32];

        apr_snprintf(key, sizeof key, "user %d", i);
        assert_true(work.tally->admitted[i] <= 30);
        if (work.tally->admitted[i] < 30)
            assert_int_equal(ask(work.table, &each, key, work.frozen).remaining,
                             30 - work.tally->admitted[i] - 1);
        sum += work.tally->admitted[i];
    }
    assert_int_equal(sum, 100);
}

static void await_asks(const work_t *work, apr_int64_t asks)
{
    apr_time_t begun = chat_clock_now();

    while (atomic_load(&work->tally->asked) < asks && chat_clock_now() - begun < READY_US_MAX)
        usleep(1000);
    assert_true(atomic_load(&work->tally->asked) >= asks);
}

static void a_killed_process_leaves_no_harm(void **state)
{
    chat_rate_limit_t limit = limit_of("2000/s", "burst=2");
    work_t work = {.table = make_table(16, *state),
                   .tally = make_tally(),
                   .limits = {&limit},
                   .count = 1,
                   .keys = 20,
                   .asks = INT32_MAX};
    apr_time_t begun = chat_clock_now();
    pid_t pids[PROCESSES];
    int round, i;

    for (round = 0; round < 10; round++) {
        prepare_work(pids, &work);
        start_work(&work);
        await_asks(&work, work.tally->asked + 1000);
        for (i = 0; i < PROCESSES; i++)
            kill(pids[i], SIGKILL);
        end_work(pids);
    }
    for (i = 0; i < work.keys; i++)
        assert_true(work.tally->admitted[i] <= 2 + (chat_clock_now() - begun) / 500);
    /* Whatever was left behind, a second and a half later all can ask as before. */
    for (i = 0; i < 8; i++) {
        char key[32];

        apr_snprintf(key, sizeof key, "user %d", i);
        assert_int_equal(ask(work.table, &limit, key, chat_clock_now() + 1500000).remaining, 1);
    }
}

/* ---- One at a time ------------------------------------------------------------------------ */

static void it_is_the_textbook_gcra(void **state)
{
    enum { KEYS = 50 };
    uint64_t random = unit_random_start();
    chat_rate_limit_t limit = limit_of("3/s", "burst=5");
    chat_rate_table_t *table = make_table(0, *state);
    apr_time_t due[KEYS] = {0};
    apr_time_t now = chat_clock_now();
    int i;

    assert_int_equal(limit.interval, 333334);
    for (i = 0; i < 200000; i++) {
        int k = (int)unit_random(&random, KEYS);
        char key[32];
        apr_time_t next = (due[k] > now ? due[k] : now) + limit.interval;
        chat_rate_table_decision_t decision;

        apr_snprintf(key, sizeof key, "%d", k);
        decision = ask(table, &limit, key, now);
        assert_int_equal(decision.limit, 0);
        if (next - now <= limit.span) {
            due[k] = next;
            assert_true(decision.is_admitted);
            assert_int_equal(decision.remaining, (limit.span - (next - now)) / limit.interval);
            assert_int_equal(decision.reset_us, next - now);
            assert_int_equal(decision.retry_after_us, 0);
        } else {
            assert_false(decision.is_admitted);
            assert_int_equal(decision.remaining, 0);
            assert_int_equal(decision.reset_us, due[k] - now);
            assert_int_equal(decision.retry_after_us, next - now - limit.span);
        }
        now += (apr_time_t)unit_random(&random, unit_random(&random, 50) ? 10000 : 3000000);
    }
}

static void a_refused_one_is_admitted_when_it_was_told(void **state)
{
    chat_rate_limit_t limit = limit_of("7/m", "burst=3");
    chat_rate_table_t *table = make_table(0, *state);
    apr_time_t now = chat_clock_now();
    chat_rate_table_decision_t decision;
    int i;

    for (i = 0; i < 3; i++)
        assert_int_equal(ask(table, &limit, "ada", now).remaining, 2 - i);
    decision = ask(table, &limit, "ada", now + 5);
    assert_false(decision.is_admitted);
    assert_false(ask(table, &limit, "ada", now + 5 + decision.retry_after_us - 1).is_admitted);
    assert_true(ask(table, &limit, "ada", now + 5 + decision.retry_after_us).is_admitted);
    assert_true(ask(table, &limit, "bob", now).is_admitted);
    assert_int_equal(ask(table, &limit, NULL, now).remaining, 2);
}

static void a_late_now_gains_nothing(void **state)
{
    chat_rate_limit_t limit = limit_of("1/s", "burst=2");
    chat_rate_table_t *table = make_table(16, *state);
    apr_time_t now = chat_clock_now();
    int i;

    assert_true(ask(table, &limit, "ada", now).is_admitted);
    assert_true(ask(table, &limit, "ada", now).is_admitted);
    for (i = 0; i < 1000; i++) { /* strangers take the slot when its entry has expired */
        char key[32];

        apr_snprintf(key, sizeof key, "stranger %d", i);
        ask(table, &limit, key, now + apr_time_from_sec(3 + i));
    }
    for (i = 0; i < 3; i++)
        assert_int_equal(ask(table, &limit, "ada", now).is_admitted, i < 2);
    /* Those two count from the end of the first two, not from the late time. */
    assert_false(ask(table, &limit, "ada", now + apr_time_from_sec(2)).is_admitted);
}

static void who_finds_no_slot_shares_with_others(void **state)
{
    enum { KEYS = 400 };
    chat_rate_limit_t limit = limit_of("3/h", NULL);
    chat_rate_table_t *table = make_table(16, *state);
    apr_time_t now = chat_clock_now();
    chat_rate_table_counters_t counters;
    int admitted[KEYS] = {0};
    int all = 0;
    int i;

    for (i = 0; i < KEYS * 5; i++) {
        char key[32];

        apr_snprintf(key, sizeof key, "%d", i % KEYS);
        if (ask(table, &limit, key, now).is_admitted) {
            assert_true(++admitted[i % KEYS] <= 3);
            all++;
        }
    }
    chat_rate_table_counters(&counters, table);
    assert_int_equal(all, 16 * 3 + (int)counters.crowded);
    assert_true(counters.crowded > 0);
    for (i = 0; i < 16; i++) { /* when all is forgotten, each has a full allowance */
        char key[32];

        apr_snprintf(key, sizeof key, "new %d", i);
        assert_int_equal(ask(table, &limit, key, now + apr_time_from_sec(3600)).remaining, 2);
    }
}

static apr_size_t ask_all(chat_rate_table_t *table, const chat_rate_limit_t *limit,
                          const char *name, int keys, int times, apr_time_t now)
{
    apr_size_t admitted = 0;
    int i;

    for (i = 0; i < keys * times; i++) {
        char key[32];

        apr_snprintf(key, sizeof key, "%s %d", name, i % keys);
        admitted += (apr_size_t)ask(table, limit, key, now).is_admitted;
    }
    return admitted;
}

/* Somebody with 200,000 names uses up all that these may. */
static void who_has_been_there_keeps_an_allowance(void **state)
{
    chat_rate_limit_t limit = limit_of("5/h", NULL);
    chat_rate_table_t *table = make_table(0, *state);
    apr_time_t now = chat_clock_now();

    assert_int_equal(ask_all(table, &limit, "regular", 1000, 1, now), 1000);
    now += apr_time_from_sec(2 * 3600); /* their allowances have been full for long */
    ask_all(table, &limit, "attacker", 200000, 5, now);
    assert_int_equal(ask_all(table, &limit, "regular", 1000, 5, now), 5000);
    assert_int_equal(ask_all(table, &limit, "regular", 1000, 1, now), 0);
    now += apr_time_from_sec(12 * 3600);
    ask_all(table, &limit, "attacker", 200000, 5, now);
    assert_int_equal(ask_all(table, &limit, "regular", 1000, 5, now), 5000);
}

/* Somebody with so many names that the table is nearly full of them. */
static void who_comes_anew_finds_something(void **state)
{
    chat_rate_limit_t limit = limit_of("5/h", NULL);
    chat_rate_table_t *table = make_table(0, *state);
    apr_time_t now = chat_clock_now();
    apr_size_t most, all;

    ask_all(table, &limit, "attacker", 60000, 5, now);
    most = ask_all(table, &limit, "newcomer", 1000, 5, now);
    ask_all(table, &limit, "other attacker", 60000, 5, now);
    all = ask_all(table, &limit, "late newcomer", 1000, 5, now);
    print_message("# of 5,000: %d beside 60,000 names, %d beside 120,000\n", (int)most, (int)all);
    assert_true(most >= 4500);
    assert_true(all >= 1000);
}

/* Whoever wants to know of the key alone can: a refusal that others had a part in says so. */
static void a_refusal_tells_whether_others_had_a_part(void **state)
{
    enum { KEYS = 400 };
    chat_rate_limit_t limit = limit_of("1/h", NULL);
    chat_rate_table_t *table = make_table(16, *state);
    apr_time_t now = chat_clock_now();
    int alone = 0;
    int i;

    for (i = 0; i < KEYS * 2; i++) {
        chat_rate_table_decision_t decision;
        char key[32];

        apr_snprintf(key, sizeof key, "%d", i % KEYS);
        decision = ask(table, &limit, key, now);
        if (i < KEYS && !decision.is_admitted)
            assert_true(decision.is_shared); /* never asked before */
        alone += !decision.is_admitted && !decision.is_shared;
    }
    assert_int_equal(alone, 16); /* those that have a slot of their own */
}

static void stacked_limits_all_have_a_say(void **state)
{
    chat_rate_limit_t quick = limit_of("2/s", NULL);
    chat_rate_limit_t slow = limit_of("3/m", NULL);
    chat_rate_limit_t off = {.name = "off"};
    const chat_rate_limit_t *limits[] = {&off, &quick, &slow};
    const char *keys[] = {NULL, "ada", "ada"};
    chat_rate_table_t *table = make_table(0, *state);
    apr_time_t now = chat_clock_now();
    chat_rate_table_decision_t decision;

    chat_rate_table_ask(&decision, table, limits, keys, 3, now);
    assert_true(decision.is_admitted);
    assert_int_equal(decision.limit, 1);
    assert_int_equal(decision.remaining, 1);
    chat_rate_table_ask(&decision, table, limits, keys, 3, now);
    chat_rate_table_ask(&decision, table, limits, keys, 3, now);
    assert_false(decision.is_admitted);
    assert_int_equal(decision.limit, 1);
    assert_int_equal(decision.retry_after_us, 500000);
    now += 500000;
    chat_rate_table_ask(&decision, table, limits, keys, 3, now);
    assert_true(decision.is_admitted);
    now += apr_time_from_sec(2);
    chat_rate_table_ask(&decision, table, limits, keys, 3, now); /* refused by the slow one: */
    assert_false(decision.is_admitted);
    assert_int_equal(decision.limit, 2);
    assert_int_equal(ask(table, &quick, "ada", now).remaining, 1); /* the quick one is untouched */

    chat_rate_table_ask(&decision, table, limits, keys, 1, now);
    assert_true(decision.is_admitted);
    assert_int_equal(decision.limit, -1);
}

/* ---- Words -------------------------------------------------------------------------------- */

static void directives_are_read(void **state)
{
    static const struct {
        const char *argv[4];
        int argc, action;
        apr_int64_t count, seconds, burst;
        const char *key;
    } good[] = {
        {{"send", "20/10s"}, 2, CHAT_ACTION_SEND, 20, 10, 20, NULL},
        {{"open", "5/m"}, 2, CHAT_ACTION_OPEN, 5, 60, 5, NULL},
        {{"admin", "100/1h", "burst=7"}, 3, CHAT_ACTION_ADMIN, 100, 3600, 7, NULL},
        {{"typing", "1/2d", "key=%{REMOTE_ADDR}"},
         3,
         CHAT_ACTION_TYPING,
         1,
         172800,
         1,
         "%{REMOTE_ADDR}"},
        {{"read", "10000/s", "key=a b", "burst=1"}, 4, CHAT_ACTION_READ, 10000, 1, 1, "a b"},
        {{"upload", "off"}, 2, CHAT_ACTION_UPLOAD, 0, 0, 0, NULL},
    };
    chat_rate_limit_t limit;
    size_t i;

    for (i = 0; i < UNIT_COUNT(good); i++) {
        assert_null(chat_rate_limit_parse(&limit, good[i].argc, good[i].argv, *state));
        assert_int_equal(limit.action, good[i].action);
        assert_string_equal(limit.name, good[i].argv[0]);
        assert_int_equal(limit.count, good[i].count);
        assert_int_equal(limit.period, apr_time_from_sec(good[i].seconds));
        assert_int_equal(limit.burst, good[i].burst);
        if (good[i].key)
            assert_string_equal(limit.key_text, good[i].key);
        else
            assert_null(limit.key_text);
    }
}

static void wrong_directives_are_explained(void **state)
{
    static const char *const bad[][4] = {{"send"},
                                         {"shout", "5/m"},
                                         {"send", "5"},
                                         {"send", "5/"},
                                         {"send", "/m"},
                                         {"send", "5/0s"},
                                         {"send", "0/m"},
                                         {"send", "-5/m"},
                                         {"send", "5/w"},
                                         {"send", "5/m "},
                                         {"send", "5/5"},
                                         {"send", "5/-5s"},
                                         {"send", "5/367d"},
                                         {"send", "5/99999999999999d"},
                                         {"send", "99999999999999999999/m"},
                                         {"send", "10001/s"},
                                         {"send", "1000000001/366d"},
                                         {"send", "5/m", "burst=0"},
                                         {"send", "5/m", "burst="},
                                         {"send", "5/m", "burst=-1"},
                                         {"send", "1/d", "burst=367"},
                                         {"send", "5/m", "burst=1", "burst=1"},
                                         {"send", "5/m", "key="},
                                         {"send", "5/m", "key=a", "key=b"},
                                         {"send", "5/m", "speed=5"},
                                         {"send", "off", "burst=5"},
                                         {"send", "5/m", "burst=9223372036854775807"},
                                         {"send", "1000000000/366d", "burst=9223372036854775807"},
                                         {"", ""},
                                         {"send", ""}};
    chat_rate_limit_t limit;
    size_t i;

    for (i = 0; i < UNIT_COUNT(bad); i++) {
        int argc = 0;

        while (argc < 4 && bad[i][argc])
            argc++;
        assert_non_null(chat_rate_limit_parse(&limit, argc, bad[i], *state));
    }
}

static void defaults_are_generous(void **state)
{
    chat_rate_table_t *table = make_table(0, *state);
    apr_time_t now = chat_clock_now();
    chat_rate_limit_t limits[CHAT_ACTION_COUNT];
    int i;

    for (i = CHAT_ACTION_NONE + 1; i < CHAT_ACTION_COUNT; i++) {
        chat_rate_limit_default(&limits[i], i);
        assert_string_equal(limits[i].name, chat_rate_limit_action_names[i]);
        assert_int_equal(ask(table, &limits[i], "ada", now).remaining, limits[i].burst - 1);
    }
    assert_int_equal(limits[CHAT_ACTION_TYPING].burst, 40);
    assert_int_equal(limits[CHAT_ACTION_TYPING].span, apr_time_from_sec(4));
}

static void header_fields_are_those_of_the_draft(void **state)
{
    chat_rate_limit_t send = limit_of("600/m", "burst=3");
    chat_rate_limit_t more = limit_of("20/10s", "burst=2");
    chat_rate_limit_t off = {.name = "off"};
    const chat_rate_limit_t *limits[] = {&send, &off, &more};
    const char *keys[] = {"ada", "ada", "ada"};
    chat_rate_table_t *table = make_table(0, *state);
    apr_time_t now = chat_clock_now();
    chat_rate_table_decision_t decision;
    chat_rate_table_headers_t headers;

    more.name = "send-2";
    chat_rate_table_ask(&decision, table, limits, keys, 3, now);
    chat_rate_table_headers(&headers, limits, 3, &decision, *state);
    assert_string_equal(headers.limit, "\"send-2\";r=1;t=1");
    assert_string_equal(headers.policy, "\"send\";q=600;w=60, \"send-2\";q=20;w=10");
    assert_int_equal(headers.retry_after_s, 0);
    chat_rate_table_ask(&decision, table, limits, keys, 3, now);
    chat_rate_table_ask(&decision, table, limits, keys, 3, now);
    chat_rate_table_headers(&headers, limits, 3, &decision, *state);
    assert_string_equal(headers.limit, "\"send-2\";r=0;t=1");
    assert_int_equal(headers.retry_after_s, 1);
    chat_rate_table_ask(&decision, table, limits, keys, 0, now);
    chat_rate_table_headers(&headers, limits, 0, &decision, *state);
    assert_null(headers.limit);
    assert_null(headers.policy);
}

/* ---- The price ---------------------------------------------------------------------------- */

static double ns_per_call(chat_rate_table_t *table, const chat_rate_limit_t *const *limits,
                          int count, int keys)
{
    enum { CALLS = 200000 };
    apr_time_t now = chat_clock_now();
    chat_rate_table_decision_t decision;
    apr_time_t begun;
    int i;

    begun = chat_clock_now();
    for (i = 0; i < CALLS; i++) {
        char key[8] = {'u', (char)(1 + i % keys % 100), (char)(1 + i % keys / 100 % 100),
                       (char)(1 + i % keys / 10000)};
        const char *all[2] = {key, key};

        chat_rate_table_ask(&decision, table, limits, all, count, now);
    }
    return (double)(chat_clock_now() - begun) * 1000 / CALLS;
}

static void the_price_is_told(void **state)
{
    chat_rate_limit_t open = limit_of("10000/s", "burst=1000000");
    chat_rate_limit_t wide = limit_of("9999/s", "burst=1000000");
    chat_rate_limit_t shut = limit_of("1/d", NULL);
    const chat_rate_limit_t *admits[] = {&open, &wide};
    const chat_rate_limit_t *refuses[] = {&shut};

    print_message("# ns per call: one key %.0f, refused %.0f, 10,000 keys %.0f, two limits %.0f\n",
                  ns_per_call(make_table(0, *state), admits, 1, 1),
                  ns_per_call(make_table(0, *state), refuses, 1, 1),
                  ns_per_call(make_table(0, *state), admits, 1, 10000),
                  ns_per_call(make_table(0, *state), admits, 2, 1));
    print_message("# 200,000 new keys in a table of 1,048,576: %.0f\n",
                  ns_per_call(make_table(1048576, *state), admits, 1, 200000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(directives_are_read),
        UNIT_TEST(wrong_directives_are_explained),
        UNIT_TEST(defaults_are_generous),
        UNIT_TEST(header_fields_are_those_of_the_draft),
        UNIT_TEST(it_is_the_textbook_gcra),
        UNIT_TEST(a_refused_one_is_admitted_when_it_was_told),
        UNIT_TEST(a_late_now_gains_nothing),
        UNIT_TEST(who_finds_no_slot_shares_with_others),
        UNIT_TEST(who_has_been_there_keeps_an_allowance),
        UNIT_TEST(who_comes_anew_finds_something),
        UNIT_TEST(a_refusal_tells_whether_others_had_a_part),
        UNIT_TEST(stacked_limits_all_have_a_say),
        UNIT_TEST(a_burst_is_exact_when_all_ask_at_once),
        UNIT_TEST(a_rate_is_exact_while_time_passes),
        UNIT_TEST(each_of_many_keys_gets_exactly_its_own),
        UNIT_TEST(entries_that_change_hands_give_nothing_away),
        UNIT_TEST(stacked_limits_are_exact_together),
        UNIT_TEST(one_limit_for_all_and_one_for_each),
        UNIT_TEST(a_killed_process_leaves_no_harm),
        UNIT_TEST(the_price_is_told),
    };

    return cmocka_run_group_tests_name("chat_rate_table", tests, NULL, NULL);
}
