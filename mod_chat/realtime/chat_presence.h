/**
 * @file chat_presence.h
 * Which users have WebSocket sessions in this child, so that nothing is encoded for those who have
 * none.
 *
 * Users are counted in slots by a hash of their id. Two of them may share a slot, and then one
 * counts as present because the other is; the registry of sessions decides. Threads: any, without
 * locks.
 */
#ifndef MOD_CHAT_CHAT_PRESENCE_H
#define MOD_CHAT_CHAT_PRESENCE_H
#include <apr_pools.h>

typedef struct chat_presence_t chat_presence_t;

chat_presence_t *chat_presence_create(apr_pool_t *p);

/** A session of the user opens, or has ended. */
void chat_presence_add(chat_presence_t *presence, apr_int64_t user_id);
void chat_presence_remove(chat_presence_t *presence, apr_int64_t user_id);

/** Whether there is a session of anybody. */
int chat_presence_has_any(const chat_presence_t *presence);

/** Whether the user may have one: 0 is certain. */
int chat_presence_may_have(const chat_presence_t *presence, apr_int64_t user_id);
#endif
