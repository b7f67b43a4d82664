#include "api/chat_api_metrics.h"

#include <string.h>

#include <apr_strings.h>

#include <http_config.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>

#include "core/chat_clock.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "guard/chat_guard.h"
#include "guard/chat_rate_table.h"
#include "service/chat_upload.h"

#define CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Counters: one, or one for each value of a label. */
typedef struct family_t {
    const char *name;
    const char *help;
    int first;         /* the counter, or that of the first value; the others follow it */
    const char *label; /* NULL: none */
    const char *const *values;
    int count;
} family_t;

static const char *const classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
static const char *const reasons[] = {"origin", "token"};
static const char *const verdicts[] = {"flag", "reject"};
/* RFC 6455 section 7.4.1 */
static const char *const codes[CHAT_CLOSE_CODES_COUNTED] = {
    "1000", "1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008",
    "1009", "1010", "1011", "1012", "1013", "1014", "1015", "other"};

#define ALONE NULL, NULL, 0
#define BY(label, values) label, values, CHAT_COUNT(values)
#define BY_ACTION "action", chat_rate_limit_action_names + 1, CHAT_ACTION_COUNT - 1 /* not none */

static const char *const group_sizes[CHAT_GROUP_SIZES] = {"1", "2-4", "5-16", "17-64"};

static const family_t families[] = {
    {"chat_answers", "Answers to requests for the API, by class of status.", CHAT_COUNTER_ANSWERS,
     BY("status", classes)},
    {"chat_csrf_refused", "Requests refused by the CSRF check, by reason.",
     CHAT_COUNTER_CSRF_ORIGIN, BY("reason", reasons)},
    {"chat_rate_limited", "Requests refused with 429, by action.", CHAT_COUNTER_LIMITED + 1,
     BY_ACTION},
    {"chat_rate_limited_dry", "Requests that ChatRateLimitMode dry-run has not refused.",
     CHAT_COUNTER_LIMITED_DRY + 1, BY_ACTION},
    {"chat_spam", "Messages that match a spam rule, by verdict.", CHAT_COUNTER_SPAM_FLAGGED,
     BY("verdict", verdicts)},
    {"chat_spam_exhausted", "Matches of spam patterns that exceeded the limit of work.",
     CHAT_COUNTER_SPAM_EXHAUSTED, ALONE},
    {"chat_attachments", "Files that were sent with messages, by what became of them.",
     CHAT_COUNTER_UPLOADS, "result", chat_upload_results, CHAT_UPLOAD_RESULTS},
    {"chat_sockets_opened", "WebSockets opened.", CHAT_COUNTER_SOCKETS_OPENED, ALONE},
    {"chat_sockets_closed", "WebSockets closed, by close code.", CHAT_COUNTER_SOCKETS_CLOSED,
     BY("code", codes)},
    {"chat_sockets_refused", "Handshakes refused because of ChatWebSocketMax.",
     CHAT_COUNTER_SOCKETS_REFUSED, ALONE},
    {"chat_sockets_slow", "WebSockets closed because the client did not read.",
     CHAT_COUNTER_SOCKETS_SLOW, ALONE},
    {"chat_frames", "Frames sent to clients.", CHAT_COUNTER_FRAMES, ALONE},
    {"chat_events", "Events read by feeds.", CHAT_COUNTER_EVENTS, ALONE},
    {"chat_notifies_sent", "Notifications (NOTIFY) sent to other feeds.",
     CHAT_COUNTER_NOTIFIES_SENT, ALONE},
    {"chat_resyncs", "Times that a feed may have missed events, and clients were told to resync.",
     CHAT_COUNTER_RESYNCS, ALONE},
    {"chat_cache_hits", "Answers served from ChatCache.", CHAT_COUNTER_CACHE_HITS, ALONE},
    {"chat_cache_misses", "Answers not found in ChatCache.", CHAT_COUNTER_CACHE_MISSES, ALONE},
    {"chat_send_statements", "Statements to store messages, by how many each was for.",
     CHAT_COUNTER_SENDS + CHAT_GROUP_COUNTER_STATEMENTS, BY("messages", group_sizes)},
    {"chat_sends_left_out",
     "Messages left out of a statement for several, and stored by one of their own.",
     CHAT_COUNTER_SENDS + CHAT_GROUP_COUNTER_LEFT_OUT, ALONE},
    {"chat_read_statements",
     "Statements to mark messages as read, by how many readers each was for.",
     CHAT_COUNTER_READS + CHAT_GROUP_COUNTER_STATEMENTS, BY("readers", group_sizes)},
    {"chat_reads_left_out",
     "Readers left out of a statement for several, whose messages one of their own marked.",
     CHAT_COUNTER_READS + CHAT_GROUP_COUNTER_LEFT_OUT, ALONE},
    {"chat_typing_dropped", "Typing notices dropped.", CHAT_COUNTER_TYPING_DROPPED, ALONE},
    {"chat_loop_queue_full", "Tasks for event loops that their full queues did not accept.",
     CHAT_COUNTER_LOOP_QUEUE_FULL, ALONE},
};

static void write_head(request_rec *r, const char *name, const char *type, const char *unit,
                       const char *help)
{
    ap_rprintf(r, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
    if (unit)
        ap_rprintf(r, "# UNIT %s %s\n", name, unit);
}

static void write_total(request_rec *r, const char *name, const char *unit, const char *help,
                        apr_uint64_t count)
{
    write_head(r, name, "counter", unit, help);
    ap_rprintf(r, "%s_total %" APR_UINT64_T_FMT "\n", name, count);
}

static void write_family(request_rec *r, const family_t *family)
{
    int i;

    if (!family->label) {
        write_total(r, family->name, NULL, family->help, chat_metrics_read(family->first));
        return;
    }
    write_head(r, family->name, "counter", NULL, family->help);
    for (i = 0; i < family->count; i++)
        ap_rprintf(r, "%s_total{%s=\"%s\"} %" APR_UINT64_T_FMT "\n", family->name, family->label,
                   family->values[i], chat_metrics_read(family->first + i));
}

static void write_rate_table(request_rec *r)
{
    chat_rate_table_counters_t counters;

    chat_guard_throttle_counters(&counters);
    write_total(r, "chat_rate_table_crowded", NULL,
                "Rate limit decisions that used a shared allowance as the table was full.",
                counters.crowded);
    write_total(r, "chat_rate_table_contended", NULL,
                "Rate limit decisions that refused because of contention.", counters.contended);
}

static void write_delivery(request_rec *r, const char *kind, const char *result, int counter)
{
    ap_rprintf(r, "chat_deliveries_total{kind=\"%s\",result=\"%s\"} %" APR_UINT64_T_FMT "\n", kind,
               result, chat_metrics_read(counter));
}

/* How long something took, in all, and how often. */
static void write_seconds(request_rec *r, const char *name, const char *help, int us, int count)
{
    write_head(r, name, "summary", "seconds", help);
    ap_rprintf(r, "%s_count %" APR_UINT64_T_FMT "\n", name, chat_metrics_read(count));
    ap_rprintf(r, "%s_sum %.6f\n", name, (double)chat_metrics_read(us) / APR_USEC_PER_SEC);
}

static void write_deliveries(request_rec *r)
{
    static const char *const mails[CHAT_OUTCOMES_MAX] = {"sent", "refused", "later", "unknown",
                                                         "released"};
    static const char *const pushes[CHAT_OUTCOMES_MAX] = {"sent", "gone", "refused", "later",
                                                          "released"};
    int i;

    write_head(r, "chat_deliveries", "counter", NULL,
               "Attempts to deliver notifications, and deliveries that were dropped before one "
               "as they were not needed any more, by kind and result.");
    for (i = 0; i < CHAT_OUTCOMES_MAX; i++)
        write_delivery(r, "email", mails[i], CHAT_COUNTER_MAILS + i);
    write_delivery(r, "email", "dropped", CHAT_COUNTER_MAILS_DROPPED);
    for (i = 0; i < CHAT_OUTCOMES_MAX; i++)
        write_delivery(r, "push", pushes[i], CHAT_COUNTER_PUSHES + i);
    write_delivery(r, "push", "dropped", CHAT_COUNTER_PUSHES_DROPPED);
    write_seconds(r, "chat_delivery_seconds", "Duration of these attempts.",
                  CHAT_COUNTER_DELIVERY_US, CHAT_COUNTER_DELIVERY_ATTEMPTS);
}

static void write_outbox(request_rec *r)
{
    static const struct {
        const char *labels;
        int counter;
    } lines[] = {{"kind=\"email\",state=\"due\"", CHAT_COUNTER_MAILS_DUE},
                 {"kind=\"email\",state=\"dead\"", CHAT_COUNTER_MAILS_DEAD},
                 {"kind=\"push\",state=\"due\"", CHAT_COUNTER_PUSHES_DUE},
                 {"kind=\"push\",state=\"dead\"", CHAT_COUNTER_PUSHES_DEAD}};
    int i;

    write_head(
        r, "chat_outbox", "gauge", NULL,
        "Deliveries that are due or have failed for good, counted once a minute up to 10,000.");
    for (i = 0; i < CHAT_COUNT(lines); i++)
        ap_rprintf(r, "chat_outbox{%s} %" APR_UINT64_T_FMT "\n", lines[i].labels,
                   chat_metrics_read(lines[i].counter));
}

static void write_gauge(request_rec *r, const char *name, const char *unit, const char *help,
                        apr_int64_t value)
{
    write_head(r, name, "gauge", unit, help);
    ap_rprintf(r, "%s %" APR_INT64_T_FMT "\n", name, value);
}

/* A gauge by state: those that work, and those that do not. */
static void write_states(request_rec *r, const char *name, const char *help, apr_int64_t up,
                         const char *other, apr_int64_t others)
{
    write_head(r, name, "gauge", NULL, help);
    ap_rprintf(r, "%s{state=\"up\"} %" APR_INT64_T_FMT "\n", name, up);
    ap_rprintf(r, "%s{state=\"%s\"} %" APR_INT64_T_FMT "\n", name, other, others);
}

static void write_gauges(request_rec *r)
{
    apr_int64_t now[CHAT_GAUGE_COUNT];
    int children = chat_metrics_gauge_totals(now);

    write_gauge(r, "chat_children", NULL,
                "Child processes of httpd, including those that are stopping.", children);
    write_gauge(r, "chat_sockets", NULL, "Open WebSockets.", now[CHAT_GAUGE_SOCKETS]);
    write_gauge(r, "chat_queued_bytes", "bytes", "Bytes queued for clients of WebSockets.",
                now[CHAT_GAUGE_QUEUED_BYTES]);
    write_gauge(r, "chat_commands", NULL, "Frames from clients that are being processed.",
                now[CHAT_GAUGE_COMMANDS]);
    write_states(r, "chat_event_loops", "Event loops of WebSockets, one in each child, by state.",
                 now[CHAT_GAUGE_LOOPS], "failed", now[CHAT_GAUGE_LOOPS_FAILED]);
    write_states(
        r, "chat_feeds", "Feeds, the threads that read events, by the state of their databases.",
        now[CHAT_GAUGE_FEEDS] - now[CHAT_GAUGE_FEEDS_AWAY], "away", now[CHAT_GAUGE_FEEDS_AWAY]);
    write_states(r, "chat_notifiers",
                 "Threads that send mail and pushes, by the state of their databases.",
                 now[CHAT_GAUGE_WORKERS] - now[CHAT_GAUGE_WORKERS_AWAY], "away",
                 now[CHAT_GAUGE_WORKERS_AWAY]);
    write_gauge(r, "chat_mail_paused", NULL,
                "1: no mail is sent, as the mail server could not be reached or refuses all.",
                chat_metrics_read(CHAT_COUNTER_MAIL_PAUSED_UNTIL) != 0);
    write_gauge(r, "chat_waiting", NULL,
                "Sides of conversations whose readers may have to be told of something unread.",
                (apr_int64_t)chat_metrics_read(CHAT_COUNTER_WAITING));
    write_head(r, "chat_feed_lag_seconds", "gauge", "seconds",
               "Age of the newest event when it was sent to WebSockets.");
    ap_rprintf(r, "chat_feed_lag_seconds %.6f\n",
               (double)now[CHAT_GAUGE_FEED_LAG_US] / APR_USEC_PER_SEC);
}

/* The longest of all databases, in microseconds. */
static apr_interval_time_t search_lag(void)
{
    apr_interval_time_t longest = 0;
    const server_rec *s;

    for (s = ap_server_conf; s; s = s->next) {
        const chat_config_t *config = ap_get_module_config(s->module_config, &chat_module);
        apr_interval_time_t lag =
            config->search_slot < 0
                ? 0
                : chat_clock_now() -
                      (apr_time_t)chat_metrics_read(CHAT_COUNTER_INDEXED_AT + config->search_slot);

        longest = lag > longest ? lag : longest;
    }
    return longest;
}

static void write_search_lag(request_rec *r)
{
    write_head(r, "chat_search_lag_seconds", "gauge", "seconds",
               "Time since searches could find all messages.");
    ap_rprintf(r, "chat_search_lag_seconds %.3f\n", (double)search_lag() / APR_USEC_PER_SEC);
}

int chat_api_metrics_handle(request_rec *r)
{
    int i;

    if (!r->handler || strcmp(r->handler, "chat-metrics") != 0)
        return DECLINED;
    if (r->method_number != M_GET) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
        return HTTP_METHOD_NOT_ALLOWED;
    }
    ap_set_content_type(r, CONTENT_TYPE);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    for (i = 0; i < CHAT_COUNT(families); i++)
        write_family(r, &families[i]);
    write_rate_table(r);
    write_total(r, "chat_attachment_bytes", "bytes", "Bytes of files that were stored.",
                chat_metrics_read(CHAT_COUNTER_UPLOAD_BYTES));
    write_seconds(r, "chat_scan_seconds", "Duration of scanning files (ChatScan).",
                  CHAT_COUNTER_SCAN_US, CHAT_COUNTER_SCANS);
    write_seconds(r, "chat_send_wait_seconds",
                  "Time that messages waited while statements for others ran (ChatGroupPosting).",
                  CHAT_COUNTER_SENDS + CHAT_GROUP_COUNTER_WAIT_US,
                  CHAT_COUNTER_SENDS + CHAT_GROUP_COUNTER_WAITS);
    write_seconds(r, "chat_read_wait_seconds",
                  "Time that readers waited while statements for others ran (ChatGroupPosting).",
                  CHAT_COUNTER_READS + CHAT_GROUP_COUNTER_WAIT_US,
                  CHAT_COUNTER_READS + CHAT_GROUP_COUNTER_WAITS);
    write_deliveries(r);
    write_outbox(r);
    write_gauges(r);
    write_search_lag(r);
    ap_rputs("# EOF\n", r);
    return OK;
}

/* ---- mod_status ---- */

#define N "%" APR_INT64_T_FMT
#define U "%" APR_UINT64_T_FMT

/* Of all children together, or of the database: a name for ?auto, and a heading. */
static const struct {
    const char *name;
    const char *heading;
    int counter;
} totals[] = {
    {"ChatWaiting", "Waiting to be told", CHAT_COUNTER_WAITING},
    {"ChatMailsDue", "Mails due", CHAT_COUNTER_MAILS_DUE},
    {"ChatMailsDead", "Mails failed", CHAT_COUNTER_MAILS_DEAD},
    {"ChatPushesDue", "Pushes due", CHAT_COUNTER_PUSHES_DUE},
    {"ChatPushesDead", "Pushes failed", CHAT_COUNTER_PUSHES_DEAD},
    {"ChatAttachments", "Files stored", CHAT_COUNTER_UPLOADS}, /* the first result */
    {"ChatAttachmentBytes", "Bytes stored", CHAT_COUNTER_UPLOAD_BYTES},
    {"ChatSocketsOpened", "Sockets opened", CHAT_COUNTER_SOCKETS_OPENED},
    {"ChatSocketsRefused", "Sockets refused", CHAT_COUNTER_SOCKETS_REFUSED},
};

/* With ?auto: one line for each value. */
static void write_status_lines(request_rec *r)
{
    static const struct {
        const char *name;
        chat_gauge_t gauge;
    } lines[] = {
        {"ChatSockets", CHAT_GAUGE_SOCKETS},
        {"ChatQueuedBytes", CHAT_GAUGE_QUEUED_BYTES},
        {"ChatCommands", CHAT_GAUGE_COMMANDS},
        {"ChatEventLoops", CHAT_GAUGE_LOOPS},
        {"ChatEventLoopsFailed", CHAT_GAUGE_LOOPS_FAILED},
        {"ChatFeeds", CHAT_GAUGE_FEEDS},
        {"ChatFeedsAway", CHAT_GAUGE_FEEDS_AWAY},
        {"ChatFeedLagUs", CHAT_GAUGE_FEED_LAG_US},
        {"ChatNotifiers", CHAT_GAUGE_WORKERS},
        {"ChatNotifiersAway", CHAT_GAUGE_WORKERS_AWAY},
    };
    apr_int64_t now[CHAT_GAUGE_COUNT];
    int i;

    chat_metrics_gauge_totals(now);
    for (i = 0; i < CHAT_COUNT(lines); i++)
        ap_rprintf(r, "%s: " N "\n", lines[i].name, now[lines[i].gauge]);
    for (i = 0; i < CHAT_COUNT(totals); i++)
        ap_rprintf(r, "%s: " U "\n", totals[i].name, chat_metrics_read(totals[i].counter));
    ap_rprintf(r, "ChatMailPaused: %d\n", chat_metrics_read(CHAT_COUNTER_MAIL_PAUSED_UNTIL) != 0);
    ap_rprintf(r, "ChatSearchLagUs: " N "\n", (apr_int64_t)search_lag());
}

/* What no single child has. */
static void write_status_totals(request_rec *r, int has_tables)
{
    const char *row =
        has_tables ? "<tr><th align=\"left\">%s</th><td>" U "</td></tr>\n" : "<dt>%s: " U "</dt>\n";
    int i;

    ap_rputs(has_tables ? "<table border=\"0\">\n" : "<dl>\n", r);
    for (i = 0; i < CHAT_COUNT(totals); i++)
        ap_rprintf(r, row, totals[i].heading, chat_metrics_read(totals[i].counter));
    ap_rprintf(r, row, "Search lag (ms)", (apr_uint64_t)search_lag() / 1000);
    ap_rputs(has_tables ? "</table>\n" : "</dl>\n", r);
}

static const char *loop_word(const apr_int64_t *values)
{
    if (values[CHAT_GAUGE_LOOPS_FAILED])
        return "failed";
    return values[CHAT_GAUGE_LOOPS] ? "up" : "off";
}

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
    write_status_totals(r, has_tables);
    return OK;
}
