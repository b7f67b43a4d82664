#include "notify/chat_pusher.h"

#include <string.h>

#include <apr_strings.h>

#include <http_config.h>

#include "core/chat_clock.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "core/chat_webpush.h"
#include "guard/chat_push_endpoint.h"
#include "notify/chat_curl.h"
#include "notify/chat_push_payload.h"
#include "notify/chat_vapid.h"
#include "store/chat_store_push_delivery.h"

#define LEASE_S 300 /* longer than pushes to all subscriptions of a user can take */
#define POLL_US apr_time_from_sec(30)
#define AGAIN_US apr_time_from_msec(200) /* what was due has been claimed by others */
#define COMPLAINT_US apr_time_from_sec(3600)
#define PAUSE_MAX_S 86400
#define REASON_BYTES_MAX 100

struct chat_pusher_t {
    server_rec *server;
    const chat_config_t *config;
    chat_curl_t *curl;
    chat_vapid_t *vapid;
    apr_time_t complained_at;
};

chat_pusher_t *chat_pusher_create(server_rec *s, apr_pool_t *pchild)
{
    chat_pusher_t *self = apr_pcalloc(pchild, sizeof *self);

    self->server = s;
    self->config = ap_get_module_config(s->module_config, &chat_module);
    self->vapid = chat_vapid_create(self->config->push_key, self->config->push_contact, pchild);
    self->curl = chat_curl_create(chat_worker_must_stop, pchild);
    return self->curl ? self : NULL;
}

/* ---- one push ---- */

static const apr_array_header_t *headers_of(const chat_push_row_t *row, const char *authorization,
                                            apr_pool_t *p)
{
    apr_array_header_t *headers = apr_array_make(p, 8, sizeof(const char *));

    APR_ARRAY_PUSH(headers, const char *) = authorization;
    APR_ARRAY_PUSH(headers, const char *) = "TTL: " APR_STRINGIFY(CHAT_PUSH_TTL_S);
    APR_ARRAY_PUSH(headers, const char *) = "Urgency: high";
    APR_ARRAY_PUSH(headers, const char *) =
        apr_pstrcat(p, "Topic: ", chat_push_payload_tag(row, p), NULL);
    APR_ARRAY_PUSH(headers, const char *) = "Content-Type: application/octet-stream";
    APR_ARRAY_PUSH(headers, const char *) = "Content-Encoding: aes128gcm";
    APR_ARRAY_PUSH(headers, const char *) = "Expect:"; /* libcurl would wait for 100 */
    return headers;
}

/* APR_EINVAL: the subscription cannot be used. */
static apr_status_t encrypt(chat_curl_post_t *post, const chat_pusher_t *self,
                            const chat_push_row_t *row, int has_body, apr_pool_t *p)
{
    unsigned char *body = apr_palloc(p, CHAT_WEBPUSH_BODY_BYTES_MAX);
    chat_webpush_keys_t keys;
    apr_size_t length;
    const char *text = chat_push_payload_write(&length, row, self->config, has_body, p);
    apr_status_t rv = chat_webpush_read_keys(&keys, row->p256dh, row->auth);

    post->body = body;
    return rv == APR_SUCCESS ? chat_webpush_encrypt(body, &post->length, &keys, text, length, p)
                             : rv;
}

/* Once more without the message if it is too large, whatever else it is that a service finds so. */
static apr_status_t post_push(chat_curl_answer_t *answer, chat_pusher_t *self,
                              chat_curl_post_t *post, const chat_push_row_t *row, apr_pool_t *p)
{
    apr_status_t rv = encrypt(post, self, row, 1, p);

    if (rv != APR_SUCCESS)
        return rv;
    chat_curl_post(answer, self->curl, post);
    if (answer->status != HTTP_REQUEST_ENTITY_TOO_LARGE)
        return APR_SUCCESS;
    rv = encrypt(post, self, row, 0, p);
    if (rv == APR_SUCCESS)
        chat_curl_post(answer, self->curl, post);
    return rv;
}

static chat_push_outcome_t outcome_of(const chat_curl_answer_t *answer)
{
    int status = answer->status;

    if (answer->is_stopped)
        return CHAT_PUSH_RELEASED;
    if (status >= 200 && status < 300)
        return CHAT_PUSH_SENT;
    if (status == HTTP_NOT_FOUND || status == HTTP_GONE)
        return CHAT_PUSH_GONE;
    if (status == 0 || status == HTTP_REQUEST_TIME_OUT || status == HTTP_TOO_MANY_REQUESTS ||
        status >= 500)
        return CHAT_PUSH_LATER;
    return CHAT_PUSH_REFUSED;
}

/* Of all that services refuse, this may be the fault of the key, the contact or the clock, which
 * concern every push. */
static void complain(chat_pusher_t *self, const char *host, int status)
{
    apr_time_t now = chat_clock_now();

    if (self->complained_at && now - self->complained_at < COMPLAINT_US)
        return;
    self->complained_at = now;
    ap_log_error(
        APLOG_MARK, APLOG_WARNING, 0, self->server,
        "push: %s has refused a message with %d: check ChatPushKey, ChatPushContact and the "
        "clock if that goes on",
        host, status);
}

static void push(chat_push_end_t *end, const char **preason, chat_pusher_t *self,
                 const chat_push_row_t *row, apr_pool_t *p)
{
    chat_curl_post_t post = {.url = row->endpoint, .ca_file = self->config->push_ca};
    chat_curl_answer_t answer = {.status = 0};
    chat_push_endpoint_t endpoint;
    const char *header;
    apr_status_t rv;

    end->outcome = CHAT_PUSH_GONE; /* what the directives do not allow any more */
    if (chat_push_endpoint_read(&endpoint, row->endpoint, strlen(row->endpoint),
                                self->config->push_exemptions, self->config->push_hosts, p))
        return;
    post.may_be_private = endpoint.is_exempt;
    end->outcome = CHAT_PUSH_LATER;
    header = chat_vapid_header(self->vapid, endpoint.origin, chat_clock_now(), chat_clock_wall());
    if (!header)
        return;
    post.headers = headers_of(row, header, p);
    rv = post_push(&answer, self, &post, row, p);
    if (rv == APR_EINVAL)
        end->outcome = CHAT_PUSH_GONE;
    if (rv != APR_SUCCESS)
        return;
    end->outcome = outcome_of(&answer);
    end->pause_s = answer.retry_after_s < PAUSE_MAX_S ? answer.retry_after_s : PAUSE_MAX_S;
    if (end->outcome == CHAT_PUSH_REFUSED)
        complain(self, endpoint.host, answer.status);
    if (end->outcome != CHAT_PUSH_SENT)
        *preason = answer.status
                       ? apr_psprintf(p, "the push service has answered %d", answer.status)
                       : apr_pstrdup(p, answer.reason);
    ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, self->server,
                 "push: subscription %" APR_INT64_T_FMT ": %s", row->subscription_id,
                 end->outcome == CHAT_PUSH_SENT ? "sent" : *preason);
}

/* ---- a turn ---- */

static apr_status_t deliver(chat_pusher_t *self, chat_listener_t *db, const chat_push_row_t *rows,
                            int count, apr_pool_t *p)
{
    chat_push_end_t *ends = apr_pcalloc(p, (apr_size_t)count * sizeof *ends);
    const char *reason = NULL;
    int i;

    for (i = 0; i < count; i++) {
        apr_time_t began = chat_clock_now();

        ends[i].subscription_id = rows[i].subscription_id;
        ends[i].outcome = CHAT_PUSH_RELEASED;
        if (chat_worker_must_stop())
            continue;
        push(&ends[i], &reason, self, &rows[i], p);
        chat_metrics_count(CHAT_COUNTER_PUSHES + (int)ends[i].outcome, 1);
        chat_metrics_count(CHAT_COUNTER_DELIVERY_US, (apr_uint64_t)(chat_clock_now() - began));
        chat_metrics_count(CHAT_COUNTER_DELIVERY_ATTEMPTS, 1);
    }
    return chat_store_push_delivery_finish(db, rows, ends, count, reason, p);
}

apr_status_t chat_pusher_turn(apr_interval_time_t *pwait, void *data, chat_listener_t *db,
                              apr_pool_t *p)
{
    chat_pusher_t *self = data;
    chat_push_row_t *rows;
    apr_int64_t wait_ms;
    int count;
    apr_status_t rv = chat_store_push_delivery_next(&wait_ms, db, p);

    *pwait =
        wait_ms < 0 || wait_ms > apr_time_as_msec(POLL_US) ? POLL_US : apr_time_from_msec(wait_ms);
    if (rv != APR_SUCCESS || *pwait)
        return rv;
    rv = chat_store_push_delivery_claim(&rows, &count, db, LEASE_S,
                                        chat_p256_key_id(self->config->push_key),
                                        self->config->push_content != CHAT_PUSH_CONTENT_NONE, p);
    if (rv != APR_SUCCESS)
        return rv;
    if (count)
        return deliver(self, db, rows, count, p);
    *pwait = AGAIN_US;
    return APR_SUCCESS;
}
