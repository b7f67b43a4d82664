/**
 * @file chat_unit.h
 * What the unit tests share: a pool for each test, and random numbers that can be repeated.
 */
#ifndef MOD_CHAT_CHAT_UNIT_H
#define MOD_CHAT_CHAT_UNIT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <cmocka.h>

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** A test whose `*state` is a pool of its own. */
#define UNIT_TEST(name) cmocka_unit_test_setup_teardown(name, unit_make_pool, unit_destroy_pool)

static inline int unit_make_pool(void **state)
{
    apr_pool_t *p;

    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&p, NULL) != APR_SUCCESS)
        return -1;
    *state = p;
    return 0;
}

static inline int unit_destroy_pool(void **state)
{
    apr_pool_destroy(*state);
    apr_terminate();
    return 0;
}

/** Under valgrind, all is so slow that clocks decide which do not elsewhere. */
static inline int unit_is_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload && strstr(preload, "vgpreload");
}

/** Begin a run of random numbers: CHAT_TEST_SEED repeats an earlier one. */
static inline uint64_t unit_random_start(void)
{
    const char *given = getenv("CHAT_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) << 16 ^ getpid();

    print_message("# CHAT_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/** The next number below `limit` (splitmix64, whose low bits are as random as its high ones). */
static inline uint64_t unit_random(uint64_t *state, uint64_t limit)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % limit;
}
#endif
