/*
 * The steps of several callers in every order that chance can find.
 *
 * The table is compiled in here with windows of two slots and with atomics that, before each
 * access, hand the processor to another caller or move the clock on. So one thread plays several
 * that are stopped anywhere, or killed; a run is repeated by its seed.
 */
#include "chat_unit.h"

#include <stdatomic.h>
#include <string.h>
#include <ucontext.h>

#include "core/chat_clock.h"

static void step(void);
static apr_time_t read_clock(void);

#undef atomic_load
#undef atomic_fetch_add
#undef atomic_compare_exchange_strong
#undef atomic_compare_exchange_weak
#define atomic_load(at) (step(), atomic_load_explicit(at, memory_order_seq_cst))
#define atomic_fetch_add(at, n) (step(), atomic_fetch_add_explicit(at, n, memory_order_seq_cst))
#define atomic_compare_exchange_strong(at, expected, desired)                                      \
    (step(), atomic_compare_exchange_strong_explicit(at, expected, desired, memory_order_seq_cst,  \
                                                     memory_order_seq_cst))
#define atomic_compare_exchange_weak atomic_compare_exchange_strong
#define chat_clock_now read_clock
#define WINDOW 2
#define LASTING_US UINT64_C(10)

#include "guard/chat_rate_table.c"

#define CALLERS_MAX 4
#define KEYS 4
#define ASKS 8 /* by each caller */
#define CLAIM_AGE_US (2 * APR_USEC_PER_SEC)
#define STACK_BYTES 65536
#define ADMISSIONS_MAX (CALLERS_MAX * ASKS)
#define LIMITS 2

typedef struct admission_t {
    int limit;
    int key;
    apr_time_t from; /* it was decided at a time from here */
    apr_time_t to;   /* to here */
} admission_t;

typedef struct caller_t {
    ucontext_t context;
    char stack[STACK_BYTES];
    int is_done;
} caller_t;

static struct {
    uint64_t random;
    ucontext_t scheduler;
    caller_t callers[CALLERS_MAX];
    int count;
    int current;       /* -1: nobody, atomics are plain */
    int switch_chance; /* of 100 */
    int tick_chance;   /* of 100 */
    apr_time_t now;
    chat_rate_table_t *table;
    chat_rate_limit_t limits[LIMITS];
    admission_t admissions[ADMISSIONS_MAX];
    int admitted;
} world;

static const char *const key_names[KEYS] = {"ada", "bob", "cy", "dot"};

static int happens(int chance)
{
    return unit_random(&world.random, 100) < (unsigned)chance;
}

static void step(void)
{
    if (world.current < 0)
        return;
    if (happens(world.tick_chance))
        world.now += happens(2) ? CLAIM_AGE_US : (apr_time_t)unit_random(&world.random, 15);
    if (happens(world.switch_chance))
        swapcontext(&world.callers[world.current].context, &world.scheduler);
}

static apr_time_t read_clock(void)
{
    return world.now;
}

static void note(int limit, int key, apr_time_t from)
{
    admission_t *admission = &world.admissions[world.admitted++];

    admission->limit = limit;
    admission->key = key;
    admission->from = from;
    admission->to = world.now;
}

static void ask_at_random(void)
{
    int key = (int)unit_random(&world.random, KEYS);
    int is_stacked = happens(30);
    const chat_rate_limit_t *limits[LIMITS] = {&world.limits[0], &world.limits[1]};
    const char *keys[LIMITS] = {key_names[key], "all"};
    apr_time_t from = chat_clock_now();
    chat_rate_table_decision_t decision;

    chat_rate_table_ask(&decision, world.table, limits, keys, is_stacked ? 2 : 1, from);
    if (decision.is_admitted)
        note(0, key, from);
    if (decision.is_admitted && is_stacked && world.admitted < ADMISSIONS_MAX)
        note(1, 0, from);
}

static void be_a_caller(void)
{
    int i;

    for (i = 0; i < ASKS && world.admitted < ADMISSIONS_MAX; i++)
        ask_at_random();
    world.callers[world.current].is_done = 1;
    swapcontext(&world.callers[world.current].context, &world.scheduler);
}

static void make_caller(caller_t *caller)
{
    caller->is_done = 0;
    getcontext(&caller->context);
    caller->context.uc_stack.ss_sp = caller->stack;
    caller->context.uc_stack.ss_size = STACK_BYTES;
    caller->context.uc_link = NULL;
    makecontext(&caller->context, be_a_caller, 0);
}

static void begin(void)
{
    int i;

    world.count = 2 + (int)unit_random(&world.random, CALLERS_MAX - 1);
    world.admitted = 0;
    for (i = 0; i < world.count; i++)
        make_caller(&world.callers[i]);
}

static int pick(void)
{
    int first = (int)unit_random(&world.random, (unsigned)world.count);
    int i;

    for (i = 0; i < world.count; i++)
        if (!world.callers[(first + i) % world.count].is_done)
            return (first + i) % world.count;
    return -1;
}

static void run(void)
{
    begin();
    for (;;) {
        world.current = pick();
        if (world.current < 0)
            return;
        swapcontext(&world.scheduler, &world.callers[world.current].context);
        if (happens(1) && happens(20))
            world.callers[world.current].is_done = 1; /* killed where it stands */
        world.current = -1;
    }
}

/* How many of a key were surely admitted within each stretch of time, and how many may be. */
static void check(uint64_t seed)
{
    int a, b, i;

    for (a = 0; a < world.admitted; a++) {
        for (b = 0; b < world.admitted; b++) {
            const admission_t *first = &world.admissions[a];
            apr_time_t until = world.admissions[b].to;
            const chat_rate_limit_t *limit = &world.limits[first->limit];
            int found = 0;

            if (until < first->from)
                continue;
            for (i = 0; i < world.admitted; i++)
                found += world.admissions[i].limit == first->limit &&
                         world.admissions[i].key == first->key &&
                         world.admissions[i].from >= first->from && world.admissions[i].to <= until;
            if (found > limit->burst + (until - first->from) / limit->interval)
                fail_msg("CHAT_TEST_SEED=%llu: %d admitted in %d µs", (unsigned long long)seed,
                         found, (int)(until - first->from));
        }
    }
}

static void make_limit(chat_rate_limit_t *limit, int burst, int interval_us, int identity)
{
    memset(limit, 0, sizeof *limit);
    limit->name = "test";
    limit->count = 1;
    limit->burst = burst;
    limit->interval = interval_us;
    limit->span = limit->burst * interval_us;
    limit->identity = (apr_uint64_t)identity;
}

static void no_order_of_steps_admits_more(void **state)
{
    uint64_t seeds = unit_random_start();
    const char *runs = getenv("CHAT_TEST_RUNS");
    int left = runs ? (int)strtol(runs, NULL, 10) : 20000;
    chat_rate_table_counters_t counters = {0};
    apr_uint64_t crowded = 0;
    apr_pool_t *p;

    for (; left > 0; left--) {
        uint64_t seed = seeds;

        world.random = seeds;
        unit_random(&seeds, 2); /* the next run's */
        apr_pool_create(&p, *state);
        world.current = -1;
        world.now = 1000;
        assert_int_equal(chat_rate_table_create(&world.table, happens(50) ? 2 : 4, p), APR_SUCCESS);
        memset(world.table->seed, (int)unit_random(&world.random, 256), sizeof world.table->seed);
        make_limit(&world.limits[0], 1 + (int)unit_random(&world.random, 3), 10, 1);
        make_limit(&world.limits[1], 2, 15, 2);
        world.switch_chance = happens(50) ? 3 : 40;
        world.tick_chance = happens(30) ? 0 : happens(50) ? 3 : 20;
        run();
        world.current = -1;
        chat_rate_table_counters(&counters, world.table);
        crowded += counters.crowded;
        check(seed);
        apr_pool_destroy(p);
    }
    assert_true(runs || crowded > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(no_order_of_steps_admits_more)};

    return cmocka_run_group_tests_name("chat_rate_table_order", tests, NULL, NULL);
}
