#include "core/chat_counters.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include <apr_shm.h>

static _Atomic uint64_t *counters;

apr_status_t chat_counters_create(void **pmemory, apr_pool_t *p)
{
    apr_size_t bytes = CHAT_COUNTER_COUNT * sizeof *counters;
    apr_shm_t *shm;
    apr_status_t rv = apr_shm_create(&shm, bytes, NULL, p);

    if (rv != APR_SUCCESS)
        return rv;
    *pmemory = apr_shm_baseaddr_get(shm);
    memset(*pmemory, 0, bytes);
    return APR_SUCCESS;
}

void chat_counters_use(void *memory)
{
    counters = memory;
}

void chat_counters_add(int counter, apr_uint64_t more)
{
    if (counters)
        atomic_fetch_add_explicit(&counters[counter], more, memory_order_relaxed);
}

apr_uint64_t chat_counters_read(int counter)
{
    return counters ? atomic_load_explicit(&counters[counter], memory_order_relaxed) : 0;
}

int chat_counters_claim(int counter, apr_uint64_t value)
{
    return !counters || atomic_exchange(&counters[counter], value) != value;
}

int chat_counters_replace(int counter, apr_uint64_t old, apr_uint64_t value)
{
    return !counters || atomic_compare_exchange_strong(&counters[counter], &old, value);
}

apr_uint64_t chat_counters_take(int counter)
{
    return counters ? atomic_exchange(&counters[counter], 0) : 0;
}
