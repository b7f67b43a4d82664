/*
 * Preloaded into httpd under ThreadSanitizer: APR's atomic operations once more, built so that it
 * sees them. With those of the library, which it cannot look into, it would take what one thread of
 * httpd hands to the next (the pools of connections above all) for memory that both use at once.
 */
#include <apr_atomic.h>

#define ORDER __ATOMIC_SEQ_CST

apr_status_t apr_atomic_init(apr_pool_t *p)
{
    (void)p;
    return APR_SUCCESS;
}

#define INTEGERS(bits)                                                                             \
    apr_uint##bits##_t apr_atomic_read##bits(volatile apr_uint##bits##_t *mem)                     \
    {                                                                                              \
        return __atomic_load_n(mem, ORDER);                                                        \
    }                                                                                              \
    void apr_atomic_set##bits(volatile apr_uint##bits##_t *mem, apr_uint##bits##_t value)          \
    {                                                                                              \
        __atomic_store_n(mem, value, ORDER);                                                       \
    }                                                                                              \
    apr_uint##bits##_t apr_atomic_add##bits(volatile apr_uint##bits##_t *mem,                      \
                                            apr_uint##bits##_t value)                              \
    {                                                                                              \
        return __atomic_fetch_add(mem, value, ORDER);                                              \
    }                                                                                              \
    void apr_atomic_sub##bits(volatile apr_uint##bits##_t *mem, apr_uint##bits##_t value)          \
    {                                                                                              \
        __atomic_fetch_sub(mem, value, ORDER);                                                     \
    }                                                                                              \
    apr_uint##bits##_t apr_atomic_inc##bits(volatile apr_uint##bits##_t *mem)                      \
    {                                                                                              \
        return __atomic_fetch_add(mem, 1, ORDER);                                                  \
    }                                                                                              \
    int apr_atomic_dec##bits(volatile apr_uint##bits##_t *mem)                                     \
    {                                                                                              \
        return __atomic_sub_fetch(mem, 1, ORDER) != 0;                                             \
    }                                                                                              \
    apr_uint##bits##_t apr_atomic_cas##bits(volatile apr_uint##bits##_t *mem,                      \
                                            apr_uint##bits##_t with, apr_uint##bits##_t cmp)       \
    {                                                                                              \
        __atomic_compare_exchange_n(mem, &cmp, with, 0, ORDER, ORDER);                             \
        return cmp;                                                                                \
    }                                                                                              \
    apr_uint##bits##_t apr_atomic_xchg##bits(volatile apr_uint##bits##_t *mem,                     \
                                             apr_uint##bits##_t value)                             \
    {                                                                                              \
        return __atomic_exchange_n(mem, value, ORDER);                                             \
    }

INTEGERS(32)
INTEGERS(64)

void *apr_atomic_casptr(volatile void **mem, void *with, const void *cmp)
{
    void *seen = (void *)cmp;

    __atomic_compare_exchange_n((void **)mem, &seen, with, 0, ORDER, ORDER);
    return seen;
}

void *apr_atomic_xchgptr(volatile void **mem, void *with)
{
    return __atomic_exchange_n((void **)mem, with, ORDER);
}
