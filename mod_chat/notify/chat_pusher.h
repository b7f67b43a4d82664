/**
 * @file chat_pusher.h
 * Delivers pushes (RFC 8030): claims what is due, encrypts it for each subscription of the user,
 * gives it to their push services, records the outcome.
 *
 * In a turn of a worker (chat_worker.h): several deliveries, or pushes that users want to see as a
 * test, at once, until none is under way; no transaction is open while services are waited for. A
 * push whose end could not be recorded is sent again when its claim has run out; it replaces the
 * first, as it has the same topic and tag. A service that refuses, or is slow, delays only what
 * goes to it (chat_push_services.h). Ownership: lives as long as the child. Threads: the worker's.
 */
#ifndef MOD_CHAT_CHAT_PUSHER_H
#define MOD_CHAT_CHAT_PUSHER_H
#include "notify/chat_worker.h"

typedef struct chat_pusher_t chat_pusher_t;

/** `s`: the server whose database it is for, with ChatPushKey. NULL: no memory. */
chat_pusher_t *chat_pusher_create(server_rec *s, apr_pool_t *pchild);

/** A turn; `data` is the chat_pusher_t. */
chat_worker_turn_t chat_pusher_turn;
#endif
