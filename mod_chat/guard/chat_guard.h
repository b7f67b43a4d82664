/**
 * @file chat_guard.h
 * The guards of an exchange, the one file of this room that sees a request: is it them (CSRF), and
 * not so fast (rate limits). What they may do is checked by the statement that does it.
 *
 * Threads: the worker that serves the request.
 */
#ifndef MOD_CHAT_CHAT_GUARD_H
#define MOD_CHAT_CHAT_GUARD_H
#include "guard/chat_rate_table.h"
#include "http/chat_request.h"

/** In post_config: the tables that count for rate limits, and for messages that repeat. */
void chat_guard_use(chat_rate_table_t *for_limits, chat_rate_table_t *for_repeats);

/** Give a ctx what the guards share with the rest. */
void chat_guard_share(chat_ctx_t *ctx);

/** Who asks: make req->ctx. 401 or 403 for nobody, or a name that cannot be one. */
chat_problem_t *chat_guard_enter(chat_request_t *req);

/** 404 unless there is a user and ChatAdmin allows them. For each request below admin/, once
 * Apache's authorisation has allowed it. */
chat_problem_t *chat_guard_admin(chat_request_t *req);

/** 403 for a request that a foreign page may have made; and the token, for a browser without. */
chat_problem_t *chat_guard_csrf(chat_request_t *req);

/** The origin of the page that asks, when it is another than ours and trusted; NULL otherwise. */
const char *chat_guard_trusted_origin(const chat_request_t *req);

/** In fixups: a token for a page of the site that has the user's name, where ChatCSRFEnvironment
 * says so. */
int chat_guard_fill_environment(request_rec *r);

/** The same for the handshake of a WebSocket, where Origin alone tells. */
chat_problem_t *chat_guard_origin(chat_request_t *req);

/** 429 when the action was done too often; sets RateLimit and RateLimit-Policy. */
chat_problem_t *chat_guard_limit(chat_request_t *req, chat_action_t action);

/** What limits need to know of an exchange after it is over, for what is done over a WebSocket: the
 * keys that only its request could tell. malloc'ed; NULL: there are none. */
typedef struct chat_guard_keys_t chat_guard_keys_t;
chat_guard_keys_t *chat_guard_keys_create(const chat_request_t *req);
void chat_guard_keys_destroy(chat_guard_keys_t *keys /* NULL: nothing */);

/** As chat_guard_limit(), without a request: `action` is send, read or typing. */
chat_problem_t *chat_guard_limit_ws(const chat_ctx_t *ctx, chat_action_t action,
                                    const chat_guard_keys_t *keys);

/** What the table of limits has met, for the metrics. */
void chat_guard_throttle_counters(chat_rate_table_counters_t *counters);
#endif
