/**
 * @file chat_gate.h
 * A gate with so many places: who finds none waits, but not for ever.
 *
 * Threads: any. Ownership: lives in the pool given, for as long as somebody may enter.
 */
#ifndef MOD_CHAT_CHAT_GATE_H
#define MOD_CHAT_CHAT_GATE_H
#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_time.h>

typedef struct chat_gate_t chat_gate_t;

chat_gate_t *chat_gate_create(int places, apr_pool_t *p);

/** Take a place. APR_TIMEUP: none came free within `wait`. */
apr_status_t chat_gate_enter(chat_gate_t *gate, apr_interval_time_t wait);

/** Give it back. */
void chat_gate_leave(chat_gate_t *gate);
#endif
