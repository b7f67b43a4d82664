#include "realtime/chat_presence.h"

#include <stdatomic.h>

#include "core/chat_hash.h"

#define SLOTS 8192 /* a power of two */

struct chat_presence_t {
    _Atomic int sessions;
    _Atomic unsigned short slots[SLOTS]; /* sessions, by a hash of their user's id */
};

chat_presence_t *chat_presence_create(apr_pool_t *p)
{
    return apr_pcalloc(p, sizeof(chat_presence_t));
}

static unsigned slot_of(apr_int64_t user_id)
{
    return (unsigned)chat_hash_id((apr_uint64_t)user_id) & (SLOTS - 1);
}

void chat_presence_add(chat_presence_t *presence, apr_int64_t user_id)
{
    atomic_fetch_add(&presence->slots[slot_of(user_id)], 1);
    atomic_fetch_add(&presence->sessions, 1);
}

void chat_presence_remove(chat_presence_t *presence, apr_int64_t user_id)
{
    atomic_fetch_sub(&presence->slots[slot_of(user_id)], 1);
    atomic_fetch_sub(&presence->sessions, 1);
}

int chat_presence_has_any(const chat_presence_t *presence)
{
    return atomic_load(&presence->sessions) > 0;
}

int chat_presence_may_have(const chat_presence_t *presence, apr_int64_t user_id)
{
    return atomic_load_explicit(&presence->slots[slot_of(user_id)], memory_order_relaxed) > 0;
}
