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
#include "notify/chat_push_services.h"
#include "notify/chat_vapid.h"
#include "store/chat_store_push_delivery.h"

#define LEASE_S 300          /* longer than pushes to all subscriptions of a user can take */
#define PUSHES_MAX 48        /* under way at once */
#define SUBSCRIPTIONS_MAX 16 /* of a user: chat.save_push_subscription() */
#define SLICE_US                                                                                   \
    apr_time_from_msec(200) /* while pushes are under way: to look for further ones                \
                             */
#define POLL_US apr_time_from_sec(30)
#define COMPLAINT_US apr_time_from_sec(3600)
#define PAUSE_MAX_S 86400
#define REASON_BYTES_MAX 100

typedef enum { WAITING, SENDING, ENDED } state_t;

typedef struct delivery_t delivery_t;

/* To one subscription. */
typedef struct push_t {
    delivery_t *delivery;
    const chat_push_row_t *row;
    chat_push_end_t *end;
    state_t state;
    chat_push_endpoint_t endpoint;
    chat_curl_post_t post;
    int is_without_body; /* as the service has found it too large */
    apr_time_t began_at;
} push_t;

/* A delivery that was claimed, until all its pushes have ended. */
struct delivery_t {
    delivery_t *next;
    apr_pool_t *pool;
    chat_push_row_t *rows;
    push_t *pushes;
    chat_push_end_t *ends;
    int count;
    const char *reason;
};

struct chat_pusher_t {
    server_rec *server;
    const chat_config_t *config;
    chat_curl_posts_t *posts;
    chat_push_services_t *services;
    chat_vapid_t *vapid;
    apr_time_t complained_at;
    delivery_t *deliveries;
};

chat_pusher_t *chat_pusher_create(server_rec *s, apr_pool_t *pchild)
{
    chat_pusher_t *self = apr_pcalloc(pchild, sizeof *self);

    self->server = s;
    self->config = ap_get_module_config(s->module_config, &chat_module);
    self->vapid = chat_vapid_create(self->config->push_key, self->config->push_contact, pchild);
    self->services = chat_push_services_create(pchild);
    self->posts = chat_curl_posts_create(PUSHES_MAX, pchild);
    return self->posts ? self : NULL;
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
static apr_status_t encrypt(push_t *push, const chat_pusher_t *self)
{
    apr_pool_t *p = push->delivery->pool;
    unsigned char *body = apr_palloc(p, CHAT_WEBPUSH_BODY_BYTES_MAX);
    chat_webpush_keys_t keys;
    apr_size_t length;
    const char *text =
        chat_push_payload_write(&length, push->row, self->config, !push->is_without_body, p);
    apr_status_t rv = chat_webpush_read_keys(&keys, push->row->p256dh, push->row->auth);

    push->post.body = body;
    return rv == APR_SUCCESS
               ? chat_webpush_encrypt(body, &push->post.length, &keys, text, length, p)
               : rv;
}

static chat_push_outcome_t outcome_of(const chat_curl_answer_t *answer)
{
    int status = answer->status;

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

/* A push that has not been sent yet; or its end, if it cannot be. */
static void prepare(push_t *push, chat_pusher_t *self)
{
    const char *url = push->row->endpoint;
    apr_pool_t *p = push->delivery->pool;
    const char *header;
    apr_status_t rv;

    push->end->subscription_id = push->row->subscription_id;
    push->state = ENDED;
    push->end->outcome = CHAT_PUSH_GONE; /* what the directives do not allow any more */
    if (chat_push_endpoint_read(&push->endpoint, url, strlen(url), self->config->push_exemptions,
                                self->config->push_hosts, p))
        return;
    push->end->outcome = CHAT_PUSH_LATER;
    header =
        chat_vapid_header(self->vapid, push->endpoint.origin, chat_clock_now(), chat_clock_wall());
    if (!header)
        return;
    push->post.url = url;
    push->post.ca_file = self->config->push_ca;
    push->post.may_be_private = push->endpoint.is_exempt;
    push->post.headers = headers_of(push->row, apr_pstrdup(p, header), p);
    rv = encrypt(push, self);
    if (rv == APR_EINVAL)
        push->end->outcome = CHAT_PUSH_GONE;
    if (rv == APR_SUCCESS)
        push->state = WAITING;
}

static void end(push_t *push, chat_push_outcome_t outcome)
{
    push->state = ENDED;
    push->end->outcome = outcome;
    chat_metrics_count(CHAT_COUNTER_PUSHES + (int)outcome, 1);
}

/* Begin to send it, unless its service is busy; if that is slow, it is put off. */
static void begin(push_t *push, chat_pusher_t *self)
{
    apr_time_t now = chat_clock_now();

    switch (
        chat_push_services_begin(&push->end->pause_s, self->services, push->endpoint.origin, now)) {
    case CHAT_PUSH_SERVICE_READY:
        push->state = SENDING;
        push->began_at = now;
        if (chat_curl_posts_begin(self->posts, &push->post, push) == APR_SUCCESS)
            return;
        chat_push_services_end(self->services, push->endpoint.origin, 0, now);
        push->state = WAITING;
        return;
    case CHAT_PUSH_SERVICE_SLOW:
        end(push, CHAT_PUSH_RELEASED);
        return;
    default:
        return;
    }
}

/* Once more without the message if it is too large, whatever else it is that a service finds so. */
static int is_sent_again(push_t *push, const chat_curl_answer_t *answer, chat_pusher_t *self)
{
    if (answer->status != HTTP_REQUEST_ENTITY_TOO_LARGE || push->is_without_body)
        return 0;
    push->is_without_body = 1;
    if (encrypt(push, self) != APR_SUCCESS)
        return 0;
    push->state = WAITING;
    begin(push, self);
    return 1;
}

static void note_answer(push_t *push, const chat_curl_answer_t *answer, chat_pusher_t *self)
{
    apr_time_t now = chat_clock_now();
    apr_pool_t *p = push->delivery->pool;
    const char *reason = answer->status
                             ? apr_psprintf(p, "the push service has answered %d", answer->status)
                             : apr_pstrdup(p, answer->reason);

    chat_push_services_end(self->services, push->endpoint.origin, now - push->began_at, now);
    chat_metrics_count(CHAT_COUNTER_DELIVERY_US, (apr_uint64_t)(now - push->began_at));
    chat_metrics_count(CHAT_COUNTER_DELIVERY_ATTEMPTS, 1);
    if (is_sent_again(push, answer, self))
        return;
    end(push, outcome_of(answer));
    push->end->pause_s = answer->retry_after_s < PAUSE_MAX_S ? answer->retry_after_s : PAUSE_MAX_S;
    if (push->end->outcome == CHAT_PUSH_REFUSED)
        complain(self, push->endpoint.host, answer->status);
    if (push->end->outcome != CHAT_PUSH_SENT)
        push->delivery->reason = reason;
    ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, self->server,
                 "push: subscription %" APR_INT64_T_FMT ": %s", push->row->subscription_id,
                 push->end->outcome == CHAT_PUSH_SENT ? "sent" : reason);
}

/* ---- what is under way ---- */

static int count_in(const delivery_t *delivery, state_t state)
{
    int i, count = 0;

    for (i = 0; i < delivery->count; i++)
        count += delivery->pushes[i].state == state;
    return count;
}

/* None waits, and those of another user may begin. */
static int has_room(const chat_pusher_t *self)
{
    const delivery_t *delivery;

    for (delivery = self->deliveries; delivery; delivery = delivery->next)
        if (count_in(delivery, WAITING))
            return 0;
    return !chat_worker_is_stopping() && chat_curl_posts_room(self->posts) >= SUBSCRIPTIONS_MAX;
}

static void begin_waiting(chat_pusher_t *self)
{
    delivery_t *delivery;
    int i;

    for (delivery = self->deliveries; delivery; delivery = delivery->next)
        for (i = 0; i < delivery->count; i++)
            if (delivery->pushes[i].state == WAITING)
                begin(&delivery->pushes[i], self);
}

/* Those that are not sent yet count as not tried. */
static void release_all(chat_pusher_t *self)
{
    apr_time_t now = chat_clock_now();
    delivery_t *delivery;
    int i;

    chat_curl_posts_stop(self->posts);
    for (delivery = self->deliveries; delivery; delivery = delivery->next)
        for (i = 0; i < delivery->count; i++) {
            push_t *push = &delivery->pushes[i];

            if (push->state == SENDING)
                chat_push_services_end(self->services, push->endpoint.origin, now - push->began_at,
                                       now);
            if (push->state != ENDED)
                end(push, CHAT_PUSH_RELEASED);
        }
}

static void add(chat_pusher_t *self, delivery_t *delivery)
{
    delivery_t **plast = &self->deliveries;
    int i;

    delivery->pushes =
        apr_pcalloc(delivery->pool, (apr_size_t)delivery->count * sizeof *delivery->pushes);
    delivery->ends =
        apr_pcalloc(delivery->pool, (apr_size_t)delivery->count * sizeof *delivery->ends);
    for (i = 0; i < delivery->count; i++) {
        push_t *push = &delivery->pushes[i];

        push->delivery = delivery;
        push->row = &delivery->rows[i];
        push->end = &delivery->ends[i];
        prepare(push, self);
        if (push->state == ENDED)
            end(push, push->end->outcome);
    }
    while (*plast)
        plast = &(*plast)->next;
    *plast = delivery;
}

/* Claim a delivery. 0 in `*pis_claimed`: others have claimed what was due. */
static apr_status_t claim(int *pis_claimed, chat_pusher_t *self, chat_listener_t *db, apr_pool_t *p)
{
    delivery_t *delivery;
    apr_pool_t *pool;
    int dropped;
    apr_status_t rv = apr_pool_create(&pool, p);

    if (rv != APR_SUCCESS)
        return rv;
    delivery = apr_pcalloc(pool, sizeof *delivery);
    delivery->pool = pool;
    rv = chat_store_push_delivery_claim(&delivery->rows, &delivery->count, &dropped, db, LEASE_S,
                                        chat_p256_key_id(self->config->push_key),
                                        self->config->push_content != CHAT_PUSH_CONTENT_NONE, pool);
    chat_metrics_count(CHAT_COUNTER_PUSHES_DROPPED, (apr_uint64_t)dropped);
    *pis_claimed = delivery->count || dropped;
    if (rv == APR_SUCCESS && delivery->count)
        add(self, delivery);
    else
        apr_pool_destroy(pool);
    return rv;
}

/* When the next one is due; at most POLL_US from now, as other children decide, too. */
static apr_status_t next_push(apr_interval_time_t *pwait, chat_listener_t *db, apr_pool_t *p)
{
    apr_int64_t wait_ms;
    apr_pool_t *pool;
    apr_status_t rv = apr_pool_create(&pool, p);

    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_store_push_delivery_next(&wait_ms, db, pool);
    *pwait =
        wait_ms < 0 || wait_ms > apr_time_as_msec(POLL_US) ? POLL_US : apr_time_from_msec(wait_ms);
    apr_pool_destroy(pool);
    return rv;
}

/* Claim what is due, while there is room. `*pwait`: how long until more may be. */
static apr_status_t claim_due(apr_interval_time_t *pwait, chat_pusher_t *self, chat_listener_t *db,
                              apr_pool_t *p)
{
    apr_status_t rv = APR_SUCCESS;
    int is_claimed;

    *pwait = SLICE_US;
    while (rv == APR_SUCCESS && has_room(self)) {
        rv = next_push(pwait, db, p);
        if (rv != APR_SUCCESS || *pwait)
            return rv;
        rv = claim(&is_claimed, self, db, p);
        *pwait = is_claimed ? SLICE_US : CHAT_WORKER_AGAIN_US;
        if (!is_claimed)
            return rv;
        begin_waiting(self);
    }
    return rv;
}

/* Record the ends of those of which all pushes have ended. */
static apr_status_t finish_ended(chat_pusher_t *self, chat_listener_t *db)
{
    delivery_t **pdelivery = &self->deliveries;
    apr_status_t rv = APR_SUCCESS;

    while (*pdelivery && rv == APR_SUCCESS) {
        delivery_t *delivery = *pdelivery;

        if (count_in(delivery, ENDED) < delivery->count) {
            pdelivery = &delivery->next;
            continue;
        }
        rv = chat_store_push_delivery_finish(db, delivery->rows, delivery->ends, delivery->count,
                                             delivery->reason, delivery->pool);
        *pdelivery = delivery->next;
        apr_pool_destroy(delivery->pool);
    }
    return rv;
}

/* Send, for a moment. */
static apr_status_t go_on(chat_pusher_t *self, chat_listener_t *db, apr_interval_time_t wait)
{
    chat_curl_answer_t answer;
    push_t *push;

    begin_waiting(self);
    push = chat_curl_posts_next(&answer, self->posts, wait < SLICE_US ? wait : SLICE_US);
    for (; push; push = chat_curl_posts_next(&answer, self->posts, 0))
        note_answer(push, &answer, self);
    if (chat_worker_must_stop())
        release_all(self);
    return finish_ended(self, db);
}

/* ---- a turn ---- */

apr_status_t chat_pusher_turn(apr_interval_time_t *pwait, void *data, chat_listener_t *db,
                              apr_pool_t *p)
{
    chat_pusher_t *self = data;
    apr_status_t rv;

    do {
        rv = claim_due(pwait, self, db, p);
        if (rv == APR_SUCCESS)
            rv = go_on(self, db, *pwait);
    } while (rv == APR_SUCCESS && self->deliveries);
    if (rv != APR_SUCCESS)
        release_all(self);
    self->deliveries = NULL; /* what is left is sent again when its claim has run out */
    return rv;
}
