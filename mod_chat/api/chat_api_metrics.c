#include "api/chat_api_metrics.h"

#include <string.h>

#include <apr_strings.h>

#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>

#include "core/chat_metrics.h"
#include "guard/chat_guard.h"
#include "guard/chat_rate_table.h"

#define CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define CLOSE_CODE_MIN 1000 /* RFC 6455 section 7.4.1 */

static void write_family(request_rec *r, const char *name, const char *help)
{
    ap_rprintf(r, "# TYPE %s counter\n# HELP %s %s\n", name, name, help);
}

static void write_counter(request_rec *r, const char *name, const char *label, const char *value,
                          apr_uint64_t count)
{
    ap_rprintf(r, "%s_total{%s=\"%s\"} %" APR_UINT64_T_FMT "\n", name, label, value, count);
}

static void write_total(request_rec *r, const char *name, const char *help, apr_uint64_t count)
{
    write_family(r, name, help);
    ap_rprintf(r, "%s_total %" APR_UINT64_T_FMT "\n", name, count);
}

static void write_gauge_family(request_rec *r, const char *name, const char *unit, const char *help)
{
    ap_rprintf(r, "# TYPE %s gauge\n", name);
    if (unit)
        ap_rprintf(r, "# UNIT %s %s\n", name, unit);
    ap_rprintf(r, "# HELP %s %s\n", name, help);
}

static void write_gauge(request_rec *r, const char *name, const char *unit, const char *help,
                        apr_int64_t value)
{
    write_gauge_family(r, name, unit, help);
    ap_rprintf(r, "%s %" APR_INT64_T_FMT "\n", name, value);
}

/* A gauge by state: those that work, and those that do not. */
static void write_states(request_rec *r, const char *name, const char *help, apr_int64_t up,
                         const char *other, apr_int64_t others)
{
    write_gauge_family(r, name, NULL, help);
    ap_rprintf(r, "%s{state=\"up\"} %" APR_INT64_T_FMT "\n", name, up);
    ap_rprintf(r, "%s{state=\"%s\"} %" APR_INT64_T_FMT "\n", name, other, others);
}

static void write_answers(request_rec *r)
{
    static const char *const classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
    int i;

    write_family(r, "chat_answers", "Answers to requests for the API, by class of status.");
    for (i = 0; i < CHAT_COUNT(classes); i++)
        write_counter(r, "chat_answers", "status", classes[i],
                      chat_metrics_read(CHAT_COUNTER_ANSWERS + i));
}

static void write_limited(request_rec *r, const char *name, const char *help, int first)
{
    int action;

    write_family(r, name, help);
    for (action = CHAT_ACTION_NONE + 1; action < CHAT_ACTION_COUNT; action++)
        write_counter(r, name, "action", chat_rate_limit_action_names[action],
                      chat_metrics_read(first + action));
}

static void write_refusals(request_rec *r)
{
    write_family(r, "chat_csrf_refused", "Requests refused by the CSRF check, by reason.");
    write_counter(r, "chat_csrf_refused", "reason", "origin",
                  chat_metrics_read(CHAT_COUNTER_CSRF_ORIGIN));
    write_counter(r, "chat_csrf_refused", "reason", "token",
                  chat_metrics_read(CHAT_COUNTER_CSRF_TOKEN));
    write_limited(r, "chat_rate_limited", "Requests refused with 429, by action.",
                  CHAT_COUNTER_LIMITED);
    write_limited(r, "chat_rate_limited_dry",
                  "Requests that ChatRateLimitMode dry-run has not refused.",
                  CHAT_COUNTER_LIMITED_DRY);
}

static void write_spam(request_rec *r)
{
    write_family(r, "chat_spam", "Messages that match a spam rule, by verdict.");
    write_counter(r, "chat_spam", "verdict", "flag", chat_metrics_read(CHAT_COUNTER_SPAM_FLAGGED));
    write_counter(r, "chat_spam", "verdict", "reject",
                  chat_metrics_read(CHAT_COUNTER_SPAM_REJECTED));
    write_total(r, "chat_spam_exhausted",
                "Matches of spam patterns that exceeded the limit of work.",
                chat_metrics_read(CHAT_COUNTER_SPAM_EXHAUSTED));
}

static void write_throttle(request_rec *r)
{
    chat_rate_table_counters_t counters;

    chat_guard_throttle_counters(&counters);
    write_total(r, "chat_rate_table_crowded",
                "Rate limit decisions that used a shared allowance as the table was full.",
                counters.crowded);
    write_total(r, "chat_rate_table_contended",
                "Rate limit decisions that refused because of contention.", counters.contended);
}

/* ---- WebSockets ---- */

static void write_closed(request_rec *r)
{
    static const char name[] = "chat_sockets_closed";
    int i;

    write_family(r, name, "WebSockets closed, by close code.");
    for (i = 0; i < CHAT_CLOSE_CODES_COUNTED; i++)
        write_counter(r, name, "code",
                      i < CHAT_CLOSE_CODES_COUNTED - 1 ? apr_itoa(r->pool, CLOSE_CODE_MIN + i)
                                                       : "other",
                      chat_metrics_read(CHAT_COUNTER_SOCKETS_CLOSED + i));
}

static int count_children(void)
{
    apr_int64_t values[CHAT_GAUGE_COUNT];
    int count = 0;
    int slot = 0;
    pid_t pid;

    while (chat_metrics_next_child(&slot, &pid, values))
        count++;
    return count;
}

static void write_sockets(request_rec *r)
{
    write_gauge(r, "chat_children", NULL,
                "Child processes of httpd, including those that are stopping.", count_children());
    write_gauge(r, "chat_sockets", NULL, "Open WebSockets.",
                chat_metrics_gauge_sum(CHAT_GAUGE_SOCKETS));
    write_gauge(r, "chat_queued_bytes", "bytes", "Bytes queued for clients of WebSockets.",
                chat_metrics_gauge_sum(CHAT_GAUGE_QUEUED_BYTES));
    write_gauge(r, "chat_commands", NULL, "Frames from clients that are being processed.",
                chat_metrics_gauge_sum(CHAT_GAUGE_COMMANDS));
    write_states(r, "chat_event_loops", "Event loops of WebSockets, one in each child, by state.",
                 chat_metrics_gauge_sum(CHAT_GAUGE_LOOPS), "failed",
                 chat_metrics_gauge_sum(CHAT_GAUGE_LOOPS_FAILED));
    write_closed(r);
}

static void write_feeds(request_rec *r)
{
    apr_int64_t lag_us = chat_metrics_gauge_max(CHAT_GAUGE_FEED_LAG_US);
    apr_int64_t away = chat_metrics_gauge_sum(CHAT_GAUGE_FEEDS_AWAY);

    write_states(r, "chat_feeds",
                 "Feeds, the threads that read events, by the state of their databases.",
                 chat_metrics_gauge_sum(CHAT_GAUGE_FEEDS) - away, "away", away);
    write_gauge_family(r, "chat_feed_lag_seconds", "seconds",
                       "Age of the newest event when it was sent to WebSockets.");
    ap_rprintf(r, "chat_feed_lag_seconds %.6f\n", (double)lag_us / APR_USEC_PER_SEC);
}

static void write_live_totals(request_rec *r)
{
    static const struct {
        int counter;
        const char *name;
        const char *help;
    } totals[] = {
        {CHAT_COUNTER_SOCKETS_OPENED, "chat_sockets_opened", "WebSockets opened."},
        {CHAT_COUNTER_SOCKETS_REFUSED, "chat_sockets_refused",
         "Handshakes refused because of ChatWebSocketMax."},
        {CHAT_COUNTER_SOCKETS_SLOW, "chat_sockets_slow",
         "WebSockets closed because the client did not read."},
        {CHAT_COUNTER_FRAMES, "chat_frames", "Frames sent to clients."},
        {CHAT_COUNTER_EVENTS, "chat_events", "Events read by feeds."},
        {CHAT_COUNTER_NOTIFIES_SENT, "chat_notifies_sent",
         "Notifications (NOTIFY) sent to other feeds."},
        {CHAT_COUNTER_RESYNCS, "chat_resyncs",
         "Times that a feed may have missed events, and clients were told to resync."},
        {CHAT_COUNTER_CACHE_HITS, "chat_cache_hits", "Answers served from ChatCache."},
        {CHAT_COUNTER_CACHE_MISSES, "chat_cache_misses", "Answers not found in ChatCache."},
        {CHAT_COUNTER_TYPING_DROPPED, "chat_typing_dropped", "Typing notices dropped."},
        {CHAT_COUNTER_LOOP_QUEUE_FULL, "chat_loop_queue_full",
         "Tasks for event loops that their full queues did not accept."},
    };
    int i;

    for (i = 0; i < CHAT_COUNT(totals); i++)
        write_total(r, totals[i].name, totals[i].help, chat_metrics_read(totals[i].counter));
}

int chat_api_metrics_handle(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, "chat-metrics") != 0)
        return DECLINED;
    if (r->method_number != M_GET) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
        return HTTP_METHOD_NOT_ALLOWED;
    }
    ap_set_content_type(r, CONTENT_TYPE);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    write_answers(r);
    write_refusals(r);
    write_spam(r);
    write_throttle(r);
    write_sockets(r);
    write_feeds(r);
    write_live_totals(r);
    ap_rputs("# EOF\n", r);
    return OK;
}

/* ---- mod_status ---- */

/* With ?auto: one line for each value. */
static void write_status_lines(request_rec *r)
{
    static const struct {
        const char *name;
        chat_gauge_t gauge;
    } sums[] = {
        {"ChatSockets", CHAT_GAUGE_SOCKETS},
        {"ChatQueuedBytes", CHAT_GAUGE_QUEUED_BYTES},
        {"ChatCommands", CHAT_GAUGE_COMMANDS},
        {"ChatEventLoops", CHAT_GAUGE_LOOPS},
        {"ChatEventLoopsFailed", CHAT_GAUGE_LOOPS_FAILED},
        {"ChatFeeds", CHAT_GAUGE_FEEDS},
        {"ChatFeedsAway", CHAT_GAUGE_FEEDS_AWAY},
    };
    int i;

    for (i = 0; i < CHAT_COUNT(sums); i++)
        ap_rprintf(r, "%s: %" APR_INT64_T_FMT "\n", sums[i].name,
                   chat_metrics_gauge_sum(sums[i].gauge));
    ap_rprintf(r, "ChatFeedLagUs: %" APR_INT64_T_FMT "\n",
               chat_metrics_gauge_max(CHAT_GAUGE_FEED_LAG_US));
}

static const char *loop_word(const apr_int64_t *values)
{
    if (values[CHAT_GAUGE_LOOPS_FAILED])
        return "failed";
    return values[CHAT_GAUGE_LOOPS] ? "up" : "off";
}

#define N "%" APR_INT64_T_FMT
#define STATUS_ROW                                                                                 \
    "<tr><td>%" APR_PID_T_FMT "</td><td>%s</td><td>" N "</td><td>" N "</td><td>" N "</td><td>" N   \
    "</td><td>" N "</td><td>%.1f</td></tr>\n"
#define STATUS_LINE                                                                                \
    "<dt>PID %" APR_PID_T_FMT ": event loop %s, " N " sockets, " N " bytes queued, " N             \
    " commands, " N " feeds, " N " of them away, %.1f ms behind</dt>\n"

static void write_status_children(request_rec *r, int has_tables)
{
    apr_int64_t values[CHAT_GAUGE_COUNT];
    int slot = 0;
    pid_t pid;

    while (chat_metrics_next_child(&slot, &pid, values))
        ap_rprintf(r, has_tables ? STATUS_ROW : STATUS_LINE, pid, loop_word(values),
                   values[CHAT_GAUGE_SOCKETS], values[CHAT_GAUGE_QUEUED_BYTES],
                   values[CHAT_GAUGE_COMMANDS], values[CHAT_GAUGE_FEEDS],
                   values[CHAT_GAUGE_FEEDS_AWAY], (double)values[CHAT_GAUGE_FEED_LAG_US] / 1000);
}

int chat_api_metrics_status(request_rec *r, int flags)
{
    int has_tables = !(flags & AP_STATUS_NOTABLE);

    if (flags & AP_STATUS_SHORT) {
        write_status_lines(r);
        return OK;
    }
    ap_rputs("<hr />\n<h2>Chat</h2>\n", r);
    ap_rputs(has_tables ? "<table border=\"0\"><tr><th>PID</th><th>Event loop</th><th>Sockets</th>"
                          "<th>Bytes queued</th><th>Commands</th><th>Feeds</th><th>Away</th>"
                          "<th>Lag (ms)</th></tr>\n"
                        : "<dl>\n",
             r);
    write_status_children(r, has_tables);
    ap_rputs(has_tables ? "</table>\n" : "</dl>\n", r);
    return OK;
}
