#include "api/chat_api_metrics.h"

#include <string.h>

#include <http_protocol.h>

#include "guard/chat_guard.h"
#include "core/chat_counters.h"
#include "guard/chat_throttle.h"

#define CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

static void write_family(request_rec *r, const char *name, const char *help)
{
    ap_rprintf(r, "# TYPE %s counter\n# HELP %s %s\n", name, name, help);
}

static void write_counter(request_rec *r, const char *name, const char *label, const char *value,
                          apr_uint64_t count)
{
    ap_rprintf(r, "%s_total{%s=\"%s\"} %" APR_UINT64_T_FMT "\n", name, label, value, count);
}

static void write_answers(request_rec *r)
{
    static const char *const classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
    int i;

    write_family(r, "chat_answers", "Answers to requests for the chat, by class of status.");
    for (i = 0; i < CHAT_COUNT(classes); i++)
        write_counter(r, "chat_answers", "status", classes[i],
                      chat_counters_read(CHAT_COUNTER_ANSWERS + i));
}

static void write_limited(request_rec *r, const char *name, const char *help, int first)
{
    int action;

    write_family(r, name, help);
    for (action = CHAT_ACTION_NONE + 1; action < CHAT_ACTION_COUNT; action++)
        write_counter(r, name, "action", chat_limit_action_names[action],
                      chat_counters_read(first + action));
}

static void write_refusals(request_rec *r)
{
    write_family(r, "chat_csrf_refused", "Requests that a foreign page may have made.");
    write_counter(r, "chat_csrf_refused", "reason", "origin",
                  chat_counters_read(CHAT_COUNTER_CSRF_ORIGIN));
    write_counter(r, "chat_csrf_refused", "reason", "token",
                  chat_counters_read(CHAT_COUNTER_CSRF_TOKEN));
    write_limited(r, "chat_rate_limited", "Requests refused with 429.", CHAT_COUNTER_LIMITED);
    write_limited(r, "chat_rate_limited_dry", "Requests that a dry run would have refused.",
                  CHAT_COUNTER_LIMITED_DRY);
}

static void write_spam(request_rec *r)
{
    write_family(r, "chat_spam", "Messages that a spam rule met.");
    write_counter(r, "chat_spam", "verdict", "flag", chat_counters_read(CHAT_COUNTER_SPAM_FLAGGED));
    write_counter(r, "chat_spam", "verdict", "reject",
                  chat_counters_read(CHAT_COUNTER_SPAM_REJECTED));
    write_family(r, "chat_spam_exhausted", "Patterns that ran out of their allowance of work.");
    ap_rprintf(r, "chat_spam_exhausted_total %" APR_UINT64_T_FMT "\n",
               chat_counters_read(CHAT_COUNTER_SPAM_EXHAUSTED));
}

static void write_throttle(request_rec *r)
{
    chat_throttle_counters_t counters;

    chat_guard_throttle_counters(&counters);
    write_family(r, "chat_throttle_crowded", "Decisions with a shared allowance: table full.");
    ap_rprintf(r, "chat_throttle_crowded_total %" APR_UINT64_T_FMT "\n", counters.crowded);
    write_family(r, "chat_throttle_contended", "Decisions refused because every race was lost.");
    ap_rprintf(r, "chat_throttle_contended_total %" APR_UINT64_T_FMT "\n", counters.contended);
}

int chat_api_metrics_handle(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, "chat-metrics") != 0)
        return DECLINED;
    if (r->method_number != M_GET) {
        r->allowed |= AP_METHOD_BIT << M_GET;
        return HTTP_METHOD_NOT_ALLOWED;
    }
    ap_set_content_type(r, CONTENT_TYPE);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    write_answers(r);
    write_refusals(r);
    write_spam(r);
    write_throttle(r);
    ap_rputs("# EOF\n", r);
    return OK;
}
