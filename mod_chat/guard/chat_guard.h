/**
 * @file chat_guard.h
 * The checks of a request before its handler runs: user, administrator, CSRF, rate limits.
 *
 * In this room, only this file uses the request. Whether the user may see or change a conversation
 * is not checked here, but by the SQL statement that reads or changes it. Threads: the worker that
 * serves the request.
 */
#ifndef MOD_CHAT_CHAT_GUARD_H
#define MOD_CHAT_CHAT_GUARD_H
#include "db/chat_db.h"
#include "guard/chat_rate_table.h"
#include "http/chat_request.h"

/** In post_config: the tables that count for rate limits, and for messages that repeat. */
void chat_guard_use(chat_rate_table_t *for_limits, chat_rate_table_t *for_repeats);

/** How long `key` must wait by this limit, which is counted together for all children of the host;
 * 0: it is admitted. */
apr_interval_time_t chat_guard_ask(const chat_rate_limit_t *limit, const char *key);

/** Begin a request or a command of a WebSocket: fill a ctx with all but the user. */
void chat_guard_begin(chat_ctx_t *ctx, const chat_config_t *config, chat_db_t *db, apr_pool_t *p);

/** 404 unless ChatAdmin allows the user. For each request below admin/, after Require has allowed
 * it. */
chat_problem_t *chat_guard_admin(chat_request_t *req);

/** Put the tag of the user into the answer, X-Chat-User (chat_user_tag.h). */
void chat_guard_name_user(chat_request_t *req);

/** 403 `other_user` if the request has an X-Chat-User that is not the tag of its user: before
 * anything is read or changed. After chat_guard_name_user(). */
chat_problem_t *chat_guard_user(const chat_request_t *req);

/** 403 for a request that another site may have caused; sets the cookie with the token if needed.
 */
chat_problem_t *chat_guard_csrf(chat_request_t *req);

/** The Origin of a request if it is in ChatTrustedOrigin, otherwise NULL. */
const char *chat_guard_trusted_origin(const chat_request_t *req);

/** In fixups: set CHAT_CSRF_TOKEN for pages of the site, if ChatCSRFEnvironment is on. */
int chat_guard_fill_environment(request_rec *r);

/** The CSRF check of a WebSocket handshake, by Origin only. */
chat_problem_t *chat_guard_origin(chat_request_t *req);

/** 429 if the rate limit of the action is exceeded; sets RateLimit and RateLimit-Policy. */
chat_problem_t *chat_guard_limit(chat_request_t *req, chat_action_t action);

/** The values of key= expressions of ChatRateLimit, evaluated with the handshake and used for what
 * is later done over the WebSocket. From malloc(); NULL: there are none. */
typedef struct chat_guard_keys_t chat_guard_keys_t;
chat_guard_keys_t *chat_guard_keys_create(const chat_request_t *req);
void chat_guard_keys_destroy(chat_guard_keys_t *keys /* NULL: nothing */);

/** As chat_guard_limit(), without a request: `action` is send, read or typing. */
chat_problem_t *chat_guard_limit_ws(const chat_ctx_t *ctx, chat_action_t action,
                                    const chat_guard_keys_t *keys);

/** The counters of the rate table, for the metrics. */
void chat_guard_throttle_counters(chat_rate_table_counters_t *counters);
#endif
