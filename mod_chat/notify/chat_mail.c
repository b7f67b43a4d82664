#include "notify/chat_mail.h"

#include <http_config.h>

#include "core/chat_clock.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "guard/chat_guard.h"
#include "notify/chat_mail_compose.h"
#include "notify/chat_mail_text.h"

#define LEASE_S 300 /* longer than a mail can take: CHAT_MAIL_TIMEOUT_S_MAX */
#define POLL_US apr_time_from_sec(30)
#define PAUSE_FIRST_S 15
#define PAUSE_MAX_S 300
#define PAUSE_IDLE_S 5 /* and ChatMailTimeout, which the attempt of another child takes */

struct chat_mail_t {
    server_rec *server;
    const chat_config_t *config;
    const chat_mail_config_t *mail;
    const chat_delivery_rules_t *rules;
    chat_curl_t *curl;
};

chat_mail_t *chat_mail_create(server_rec *s, const chat_mail_config_t *mail,
                              const chat_delivery_rules_t *rules, apr_pool_t *pchild)
{
    chat_mail_t *self = apr_pcalloc(pchild, sizeof *self);

    self->server = s;
    self->config = ap_get_module_config(s->module_config, &chat_module);
    self->mail = mail;
    self->rules = rules;
    self->curl = chat_curl_create(chat_worker_must_stop, pchild);
    return self->curl ? self : NULL;
}

/* ---- pauses, shared by the children of this host ---- */

/* How long mail is paused, or 0. */
static apr_interval_time_t pause_left(void)
{
    apr_int64_t until = (apr_int64_t)chat_metrics_read(CHAT_COUNTER_MAIL_PAUSED_UNTIL);
    apr_interval_time_t left = until - chat_clock_now();

    return until && left > 0 ? left : 0;
}

/* The child that finds the fault first logs it. */
static void begin_pause(const chat_mail_t *self, const char *reason)
{
    apr_uint64_t before = chat_metrics_read(CHAT_COUNTER_MAIL_PAUSED_UNTIL);
    apr_uint64_t length = chat_metrics_read(CHAT_COUNTER_MAIL_PAUSE_S);
    apr_uint64_t until;

    length = !before || !length         ? PAUSE_FIRST_S
             : length * 2 < PAUSE_MAX_S ? length * 2
                                        : PAUSE_MAX_S;
    until = (apr_uint64_t)chat_clock_now() + (apr_uint64_t)apr_time_from_sec(length);
    if (!chat_metrics_replace(CHAT_COUNTER_MAIL_PAUSED_UNTIL, before, until))
        return; /* another child has just begun it */
    chat_metrics_claim(CHAT_COUNTER_MAIL_PAUSE_S, length);
    if (!before)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, self->server,
                     "mail: paused, nothing is lost: %s; it is tried again at least every %d s",
                     reason, PAUSE_MAX_S);
}

static void end_pause(const chat_mail_t *self)
{
    apr_uint64_t before = chat_metrics_read(CHAT_COUNTER_MAIL_PAUSED_UNTIL);

    if (before && chat_metrics_replace(CHAT_COUNTER_MAIL_PAUSED_UNTIL, before, 0))
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, self->server, "mail: goes on again");
}

/* Nothing is due, as other hosts have sent it: without a mail nobody would find out that they can
 * be sent again. If they cannot, the next one begins a pause. */
static void forget_pause(const chat_mail_t *self)
{
    apr_int64_t until = (apr_int64_t)chat_metrics_read(CHAT_COUNTER_MAIL_PAUSED_UNTIL);
    int idle_s = self->mail->server.timeout_s + PAUSE_IDLE_S;

    if (until && chat_clock_now() >= until + apr_time_from_sec(idle_s))
        end_pause(self);
}

/* ---- one mail ---- */

/* Each delivery once. Returns how many. */
static int list_deliveries(chat_delivery_ref_t *refs, const chat_mail_row_t *rows, int count)
{
    int n = 0;
    int i;

    for (i = 0; i < count; i++)
        if (!n || refs[n - 1].id != rows[i].delivery_id ||
            refs[n - 1].conversation_id != rows[i].conversation_id)
            refs[n++] =
                (chat_delivery_ref_t){rows[i].conversation_id, rows[i].delivery_id, rows[i].claim};
    return n;
}

static chat_delivery_outcome_t outcome_of(chat_curl_result_t result)
{
    switch (result) {
    case CHAT_CURL_SENT:
        return CHAT_DELIVERY_SENT;
    case CHAT_CURL_REFUSED_RECIPIENT:
    case CHAT_CURL_REFUSED:
        return CHAT_DELIVERY_REFUSED;
    case CHAT_CURL_LATER:
        return CHAT_DELIVERY_LATER;
    case CHAT_CURL_UNKNOWN:
        return CHAT_DELIVERY_UNKNOWN;
    default:
        return CHAT_DELIVERY_RELEASED;
    }
}

static chat_curl_result_t send_mail(chat_delivery_end_t *end, chat_mail_t *self,
                                    const chat_mail_row_t *rows, int count, apr_pool_t *p)
{
    chat_curl_mail_t composed;
    chat_curl_result_t result;
    apr_time_t began = chat_clock_now();

    if (!chat_mail_text_is_address(rows->address)) {
        end->reason = "the address cannot be used";
        end->is_hard = 1;
        return CHAT_CURL_REFUSED_RECIPIENT;
    }
    if (chat_mail_compose(&composed, self->config, self->mail, rows, count, p) != APR_SUCCESS) {
        end->reason = "no random numbers for the link to unsubscribe";
        return CHAT_CURL_LATER;
    }
    result = chat_curl_send_mail(&end->reason, &end->is_hard, self->curl, &self->mail->server,
                                 &composed);
    chat_metrics_count(CHAT_COUNTER_DELIVERY_US, (apr_uint64_t)(chat_clock_now() - began));
    chat_metrics_count(CHAT_COUNTER_DELIVERY_ATTEMPTS, 1);
    return result;
}

static apr_status_t deliver(chat_mail_t *self, chat_listener_t *db, const chat_mail_row_t *rows,
                            int count, apr_pool_t *p)
{
    chat_delivery_ref_t *refs = apr_palloc(p, (apr_size_t)count * sizeof *refs);
    int deliveries = list_deliveries(refs, rows, count);
    chat_delivery_end_t end = {.reason = NULL};
    chat_curl_result_t result = send_mail(&end, self, rows, count, p);

    end.outcome = outcome_of(result);
    if (result == CHAT_CURL_SENT || result == CHAT_CURL_REFUSED_RECIPIENT)
        end.address = rows->address;
    if (result == CHAT_CURL_BROKEN)
        begin_pause(self, end.reason);
    else if (result != CHAT_CURL_STOPPED)
        end_pause(self);
    chat_metrics_count(CHAT_COUNTER_MAILS + (int)end.outcome, (apr_uint64_t)deliveries);
    return chat_store_delivery_finish(db, refs, deliveries, &end, p);
}

/* Whether ChatMailRate allows another one now; otherwise when. */
static apr_interval_time_t rate_left(const chat_mail_t *self)
{
    return self->mail->rate ? chat_guard_ask(self->mail->rate, "mail") : 0;
}

/* When the next mail is due, at most POLL_US from now, as other children decide, too. */
static apr_status_t next_mail(apr_interval_time_t *pwait, chat_listener_t *db, apr_pool_t *p)
{
    apr_int64_t wait_ms;
    apr_status_t rv = chat_store_delivery_next(&wait_ms, db, "email", p);

    *pwait = wait_ms == CHAT_STORE_DELIVERY_NEVER ? POLL_US : apr_time_from_msec(wait_ms);
    if (*pwait > POLL_US)
        *pwait = POLL_US;
    return rv;
}

apr_status_t chat_mail_turn(apr_interval_time_t *pwait, void *data, chat_listener_t *db,
                            apr_pool_t *p)
{
    chat_mail_t *self = data;
    chat_mail_row_t *rows;
    int count, dropped;
    apr_status_t rv;

    *pwait = pause_left();
    if (*pwait)
        return APR_SUCCESS;
    rv = next_mail(pwait, db, p);
    if (rv == APR_SUCCESS && *pwait)
        forget_pause(self);
    if (rv != APR_SUCCESS || *pwait)
        return rv;
    *pwait = rate_left(self);
    if (*pwait)
        return APR_SUCCESS;
    rv = chat_store_delivery_claim_mail(&rows, &count, &dropped, db, self->rules, LEASE_S,
                                        self->mail->content, p);
    if (rv != APR_SUCCESS)
        return rv;
    chat_metrics_count(CHAT_COUNTER_MAILS_DROPPED, (apr_uint64_t)dropped);
    if (count)
        return deliver(self, db, rows, count, p);
    *pwait = dropped ? 0 : CHAT_WORKER_AGAIN_US;
    return APR_SUCCESS;
}
