#include "guard/chat_guard.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <http_config.h>
#include <http_protocol.h>

#include "core/chat_clock.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "guard/chat_csrf.h"
#include "guard/chat_rate_table.h"
#include "guard/chat_user_tag.h"
#include "http/chat_expression.h"

#define USER_HEADER "X-Chat-User"

#define PROFILES_A_MINUTE 20 /* updates of one user's row */

_Static_assert((int)CHAT_ACTION_COUNT == CHAT_ACTIONS_MAX, "the configuration has all actions");

struct chat_guard_keys_t {
    char *values[CHAT_ACTION_COUNT][CHAT_RATE_TABLE_STACK_MAX]; /* NULL: none */
};

static chat_rate_table_t *throttle;
static chat_rate_table_t *repeats;
static chat_rate_limit_t default_limits[CHAT_ACTION_COUNT];
static chat_rate_limit_t profile_limit = {.name = "profile",
                                          .count = PROFILES_A_MINUTE,
                                          .period = apr_time_from_sec(60),
                                          .burst = PROFILES_A_MINUTE};

/* ---- start ---- */

void chat_guard_use(chat_rate_table_t *for_limits, chat_rate_table_t *for_repeats)
{
    int action;

    throttle = for_limits;
    repeats = for_repeats;
    chat_rate_limit_seal(&profile_limit);
    for (action = CHAT_ACTION_NONE + 1; action < CHAT_ACTION_COUNT; action++)
        chat_rate_limit_default(&default_limits[action], action);
}

/* A changed profile invalidates the response cache of all users. A user with two sessions that have
 * different display names would change it with each request, so the number of changes is limited; a
 * later request stores the change. */
static int may_store_profile(const chat_ctx_t *ctx)
{
    const chat_rate_limit_t *limits[] = {&profile_limit};
    const char *keys[] = {ctx->profile.external_id};
    chat_rate_table_decision_t decision;

    chat_rate_table_ask(&decision, throttle, limits, keys, 1, chat_clock_now());
    return decision.is_admitted;
}

apr_interval_time_t chat_guard_ask(const chat_rate_limit_t *limit, const char *key)
{
    chat_rate_table_decision_t decision;

    chat_rate_table_ask(&decision, throttle, &limit, &key, 1, chat_clock_now());
    return decision.is_admitted ? 0 : decision.retry_after_us;
}

void chat_guard_begin(chat_ctx_t *ctx, const chat_config_t *config, chat_db_t *db, apr_pool_t *p)
{
    *ctx = (chat_ctx_t){.pool = p,
                        .config = config,
                        .db = db,
                        .repeats = repeats,
                        .may_store_profile = may_store_profile};
}

static int is_admin(const chat_request_t *req)
{
    const chat_section_config_t *section =
        ap_get_module_config(req->r->per_dir_config, &chat_module);

    return req->r->user && section->has_admin == 1 &&
           chat_expression_is_true(section->admin, req->r);
}

chat_problem_t *chat_guard_admin(chat_request_t *req)
{
    const char *user = req->r->user;

    if (is_admin(req))
        return NULL;
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, req->r,
                  "request(%s): ChatAdmin does not allow %s%s, the client gets 404",
                  chat_request_id(req->r), user ? "user " : "a request without a user",
                  user ? user : "");
    return chat_problem_of_status(req->pool, HTTP_NOT_FOUND);
}

/* ---- whose request it is ---- */

void chat_guard_name_user(chat_request_t *req)
{
    char *tag = apr_palloc(req->pool, CHAT_USER_TAG_CHARS + 1);

    chat_user_tag_make(tag, req->ctx->profile.external_id);
    if (*tag)
        apr_table_setn(req->r->headers_out, USER_HEADER, tag);
}

chat_problem_t *chat_guard_user(const chat_request_t *req)
{
    const char *said = apr_table_get(req->r->headers_in, USER_HEADER);
    const char *tag = apr_table_get(req->r->headers_out, USER_HEADER);

    if (!said || (tag && strcmp(said, tag) == 0))
        return NULL;
    return chat_problem(req->pool, HTTP_FORBIDDEN, "other_user",
                        "This was written by somebody else than the user who is logged in now.");
}

/* ---- CSRF ---- */

static void describe(chat_csrf_request_t *request, const chat_request_t *req)
{
    const request_rec *r = req->r;
    const char *host = apr_table_get(r->headers_in, "Host");

    request->method = r->method;
    request->sec_fetch_site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    request->origin = apr_table_get(r->headers_in, "Origin");
    request->cookie_name = req->config->csrf_cookie;
    request->cookie = apr_table_get(r->headers_in, "Cookie");
    request->authorization = apr_table_get(r->headers_in, "Authorization");
    request->token = apr_table_get(r->headers_in, "X-CSRFToken");
    request->self_origin =
        host ? apr_pstrcat(req->pool, ap_http_scheme(r), "://", host, NULL) : NULL;
    request->username = r->user;
}

static int is_safe(const request_rec *r)
{
    return r->method_number == M_GET || r->method_number == M_OPTIONS;
}

static void set_cookie(chat_request_t *req, const chat_csrf_request_t *request,
                       const char *old_name)
{
    int is_tls = strcmp(ap_http_scheme(req->r), "https") == 0;
    const char *cookie = chat_csrf_cookie_to_set(req->config->csrf_mode, req->config->secrets,
                                                 request, old_name, is_tls, req->pool);

    if (cookie)
        apr_table_addn(req->r->headers_out, "Set-Cookie", cookie);
}

const char *chat_guard_trusted_origin(const chat_request_t *req)
{
    return chat_csrf_trusted_origin(req->config->trusted_origins,
                                    apr_table_get(req->r->headers_in, "Origin"), req->pool);
}

/* For pages that do not have the cookie, do not know its name, or cannot read it, as they are of a
 * trusted origin. */
static void give_token(chat_request_t *req)
{
    const char *token =
        chat_csrf_token(req->config->csrf_mode, req->config->secrets, req->r->user, req->pool);

    if (token)
        apr_table_setn(req->r->headers_out, "X-CSRFToken", token);
}

chat_problem_t *chat_guard_csrf(chat_request_t *req)
{
    chat_csrf_request_t request;
    chat_problem_t *problem;
    int is_token;

    if (req->config->csrf_mode == CHAT_CSRF_OFF)
        return NULL;
    describe(&request, req);
    problem = chat_csrf_check(req->config->csrf_mode, req->config->secrets,
                              req->config->trusted_origins, &request, req->pool);
    is_token = problem && strcmp(problem->code, "csrf_token") == 0;
    if (problem)
        chat_metrics_count(is_token ? CHAT_COUNTER_CSRF_TOKEN : CHAT_COUNTER_CSRF_ORIGIN, 1);
    if (is_token || (!problem && is_safe(req->r))) {
        set_cookie(req, &request, NULL);
        if (req->config->csrf_old_cookie)
            set_cookie(req, &request, req->config->csrf_old_cookie);
    }
    if (is_token || (!problem && is_safe(req->r) && chat_guard_trusted_origin(req)))
        give_token(req);
    return problem;
}

int chat_guard_fill_environment(request_rec *r)
{
    const chat_section_config_t *section = ap_get_module_config(r->per_dir_config, &chat_module);
    const chat_config_t *config = ap_get_module_config(r->server->module_config, &chat_module);
    const char *token;

    if (section->gives_csrf_token != 1)
        return DECLINED;
    token = chat_csrf_token(config->csrf_mode, config->secrets, r->user, r->pool);
    if (token)
        apr_table_setn(r->subprocess_env, "CHAT_CSRF_TOKEN", token);
    return DECLINED;
}

chat_problem_t *chat_guard_origin(chat_request_t *req)
{
    chat_csrf_request_t request;
    chat_problem_t *problem;

    describe(&request, req);
    problem = chat_csrf_check_origin(req->config->trusted_origins, &request, req->pool);
    if (problem)
        chat_metrics_count(CHAT_COUNTER_CSRF_ORIGIN, 1);
    return problem;
}

/* ---- rate limits ---- */

/* Collect the limits of an action, and the keys to count by. Returns their number. Expressions are
 * evaluated for the request; without one (NULL) their values are those that were kept. */
static int gather(const chat_rate_limit_t **limits, const char **keys, const chat_ctx_t *ctx,
                  chat_action_t action, request_rec *r, const chat_guard_keys_t *kept)
{
    const apr_array_header_t *configured = ctx->config->limits[action];
    int i;

    limits[0] = &default_limits[action];
    keys[0] = ctx->profile.external_id;
    for (i = 0; configured && i < configured->nelts; i++) {
        const chat_configured_limit_t *line =
            &APR_ARRAY_IDX(configured, i, chat_configured_limit_t);

        limits[i] = line->limit;
        keys[i] = ctx->profile.external_id;
        if (line->key)
            keys[i] = r      ? chat_expression_evaluate(line->key, r)
                      : kept ? kept->values[action][i]
                             : NULL;
    }
    return configured ? configured->nelts : 1;
}

static void set_limit_headers(chat_request_t *req, const chat_rate_table_headers_t *headers)
{
    apr_table_t *out = req->r->headers_out;

    if (headers->limit)
        apr_table_setn(out, "RateLimit", headers->limit);
    if (headers->policy)
        apr_table_setn(out, "RateLimit-Policy", headers->policy);
}

static void log_dry_run(const chat_ctx_t *ctx, const char *limit, request_rec *r)
{
    if (r)
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r,
                      "request(%s): the rate limit %s would refuse this (dry run)",
                      chat_request_id(r), limit);
    else
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, chat_db_server(ctx->db),
                     "socket: the rate limit %s would refuse this (dry run)", limit);
}

/* `r` NULL: over a WebSocket. */
static chat_problem_t *refuse(const chat_ctx_t *ctx, const chat_rate_limit_t *limit,
                              int retry_after_s, request_rec *r)
{
    chat_problem_t *problem;

    if (ctx->config->limits_mode == CHAT_LIMITS_DRY_RUN) {
        chat_metrics_count(CHAT_COUNTER_LIMITED_DRY + limit->action, 1);
        log_dry_run(ctx, limit->name, r);
        return NULL;
    }
    chat_metrics_count(CHAT_COUNTER_LIMITED + limit->action, 1);
    problem = chat_problem(
        ctx->pool, HTTP_TOO_MANY_REQUESTS, "rate_limited",
        apr_psprintf(ctx->pool, "Rate limit exceeded. Try again in %d s.", retry_after_s));
    problem->retry_after_s = retry_after_s;
    return problem;
}

/* For LogFormat: %{chat-limit}n; "off" if the action has no limit. */
static void leave_note(request_rec *r, const chat_rate_table_decision_t *decision,
                       const chat_rate_table_headers_t *headers)
{
    const char *left = headers->limit ? headers->limit : "off";

    apr_table_setn(r->notes, "chat-limit", decision->is_admitted ? left : "refused");
}

chat_problem_t *chat_guard_limit(chat_request_t *req, chat_action_t action)
{
    const chat_rate_limit_t *limits[CHAT_RATE_TABLE_STACK_MAX];
    const char *keys[CHAT_RATE_TABLE_STACK_MAX];
    chat_rate_table_decision_t decision;
    chat_rate_table_headers_t headers;
    chat_problem_t *problem = NULL;
    int count;

    if (action == CHAT_ACTION_NONE || req->config->limits_mode == CHAT_LIMITS_OFF)
        return NULL;
    count = gather(limits, keys, req->ctx, action, req->r, NULL);
    chat_rate_table_ask(&decision, throttle, limits, keys, count, chat_clock_now());
    chat_rate_table_headers(&headers, limits, count, &decision, req->pool);
    leave_note(req->r, &decision, &headers);
    if (!decision.is_admitted)
        problem = refuse(req->ctx, limits[decision.limit], headers.retry_after_s, req->r);
    if (decision.is_admitted || problem)
        set_limit_headers(req, &headers);
    return problem;
}

/* ---- WebSockets, after the request ---- */

/* Over the WebSocket. */
static int is_done_later(int action)
{
    return action == CHAT_ACTION_SEND || action == CHAT_ACTION_READ || action == CHAT_ACTION_TYPING;
}

chat_guard_keys_t *chat_guard_keys_create(const chat_request_t *req)
{
    chat_guard_keys_t *keys = NULL;
    int action;
    int i;

    for (action = 0; action < CHAT_ACTION_COUNT; action++) {
        const apr_array_header_t *configured = req->config->limits[action];

        for (i = 0; is_done_later(action) && configured && i < configured->nelts; i++) {
            const chat_expression_t *expression =
                APR_ARRAY_IDX(configured, i, chat_configured_limit_t).key;
            const char *value = chat_expression_evaluate(expression, req->r);

            if (expression && !keys)
                keys = calloc(1, sizeof *keys);
            if (value && keys)
                keys->values[action][i] = strdup(value);
        }
    }
    return keys;
}

void chat_guard_keys_destroy(chat_guard_keys_t *keys)
{
    int action;
    int i;

    if (!keys)
        return;
    for (action = 0; action < CHAT_ACTION_COUNT; action++)
        for (i = 0; i < CHAT_RATE_TABLE_STACK_MAX; i++)
            free(keys->values[action][i]);
    free(keys);
}

chat_problem_t *chat_guard_limit_ws(const chat_ctx_t *ctx, chat_action_t action,
                                    const chat_guard_keys_t *kept)
{
    const chat_rate_limit_t *limits[CHAT_RATE_TABLE_STACK_MAX];
    const char *keys[CHAT_RATE_TABLE_STACK_MAX];
    chat_rate_table_decision_t decision;
    chat_rate_table_headers_t headers;
    int count;

    if (ctx->config->limits_mode == CHAT_LIMITS_OFF)
        return NULL;
    count = gather(limits, keys, ctx, action, NULL, kept);
    chat_rate_table_ask(&decision, throttle, limits, keys, count, chat_clock_now());
    if (decision.is_admitted)
        return NULL;
    chat_rate_table_headers(&headers, limits, count, &decision, ctx->pool);
    return refuse(ctx, limits[decision.limit], headers.retry_after_s, NULL);
}

void chat_guard_throttle_counters(chat_rate_table_counters_t *counters)
{
    chat_rate_table_counters(counters, throttle);
}
