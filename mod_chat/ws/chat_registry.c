#include "ws/chat_registry.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>

#include <http_config.h>

#include "core/chat_clock.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "realtime/chat_encode.h"
#include "ws/chat_loop.h"
#include "ws/chat_ws_session.h"

#define LOG_EVERY_US apr_time_from_sec(60)

/* A batch on its way to the event loop's thread. */
typedef struct delivery_t {
    chat_task_t task; /* the first member */
    chat_batch_t *batch;
} delivery_t;

static struct {
    const chat_config_t *config; /* the main server's */
    apr_hash_t *by_user;         /* by `key`, the first of each user's list */
    chat_ws_session_t *first;    /* of all */
} registry;

/* ---- who is connected ---- */

/* After the first of its user, whose key the table refers to. */
static void add_to_user(chat_ws_session_t *session)
{
    chat_ws_session_t *first = apr_hash_get(registry.by_user, &session->key, sizeof session->key);

    if (!first) {
        apr_hash_set(registry.by_user, &session->key, sizeof session->key, session);
        return;
    }
    session->previous_of_user = first;
    session->next_of_user = first->next_of_user;
    if (first->next_of_user)
        first->next_of_user->previous_of_user = session;
    first->next_of_user = session;
}

static void remove_from_user(chat_ws_session_t *session)
{
    chat_ws_session_t *next = session->next_of_user;

    if (next)
        next->previous_of_user = session->previous_of_user;
    if (session->previous_of_user) {
        session->previous_of_user->next_of_user = next;
        return;
    }
    apr_hash_set(registry.by_user, &session->key, sizeof session->key, NULL);
    if (next)
        apr_hash_set(registry.by_user, &next->key, sizeof next->key, next);
}

static void add(chat_ws_session_t *session)
{
    session->next = registry.first;
    if (registry.first)
        registry.first->previous = session;
    registry.first = session;
    add_to_user(session);
}

static void remove_session(chat_ws_session_t *session)
{
    if (session->previous)
        session->previous->next = session->next;
    else
        registry.first = session->next;
    if (session->next)
        session->next->previous = session->previous;
    remove_from_user(session);
}

/* ---- opening and ending ---- */

int chat_registry_may_log_refusal(void)
{
    static _Atomic apr_time_t logged_at;
    apr_time_t before = atomic_load(&logged_at);
    apr_time_t now = chat_clock_now();

    return now - before >= LOG_EVERY_US && atomic_compare_exchange_strong(&logged_at, &before, now);
}

/* The word of ChatWebSocketMax for the limit that this session is above; NULL: it is above none. */
static const char *limit_exceeded(const chat_ws_session_t *session)
{
    int user_max = registry.config->sockets_per_user_max;
    int address_max = registry.config->sockets_per_address_max;
    int of_user;
    int of_address;

    if (user_max == 0 && address_max == 0)
        return NULL;
    chat_quota_count(&of_user, &of_address, session->quota);
    if (user_max && of_user > user_max)
        return "user";
    return address_max && of_address > address_max ? "address" : NULL;
}

static void refuse(chat_ws_session_t *session, const char *limit)
{
    chat_metrics_count(CHAT_COUNTER_SOCKETS_REFUSED, 1);
    if (chat_registry_may_log_refusal())
        ap_log_cerror(APLOG_MARK, APLOG_NOTICE, 0, session->conn->c,
                      "session(user %" APR_INT64_T_FMT "): closed 1013, its %s has too many: see "
                      "ChatWebSocketMax, %s=",
                      session->identity.user_id, limit, limit);
    chat_conn_close(session->conn, CHAT_CLOSE_TRY_LATER);
}

/* Its user was found in another epoch of the database: the id may be somebody else's now. */
static int is_of_other_epoch(const chat_ws_session_t *session)
{
    return strcmp(session->identity.epoch, chat_publisher_epoch(session->publisher)) != 0;
}

static void on_open(chat_conn_t *conn)
{
    chat_ws_session_t *session = conn->owner;
    const char *limit = limit_exceeded(session);

    session->conn = conn;
    add(session);
    chat_publisher_add_session(session->publisher, session->identity.user_id);
    if (limit) {
        refuse(session, limit);
    } else if (chat_publisher_has_started(session->publisher) && is_of_other_epoch(session)) {
        chat_conn_close(conn, CHAT_CLOSE_GOING_AWAY);
    } else if (chat_publisher_has_started(session->publisher)) {
        apr_pool_t *p;

        apr_pool_create(&p, NULL);
        chat_ws_session_greet(session, p);
        apr_pool_destroy(p);
    }
}

static void on_end(chat_conn_t *conn)
{
    chat_ws_session_t *session = conn->owner;

    if (!session->conn)
        return; /* it ended before it was opened */
    remove_session(session);
    chat_publisher_remove_session(session->publisher, session->identity.user_id);
    chat_ws_session_end(session);
}

static void on_free(void *owner)
{
    chat_ws_session_destroy(owner);
}

const chat_conn_role_t chat_registry_role = {.on_open = on_open,
                                             .on_message = chat_ws_session_on_message,
                                             .on_drain = chat_ws_session_on_drain,
                                             .on_tick = chat_ws_session_on_tick,
                                             .on_end = on_end,
                                             .on_free = on_free,
                                             .queue_bytes_max = CHAT_WS_SESSION_QUEUE_BYTES_MAX};

/* ---- delivery ---- */

/* A feed has started: sessions that wait for it are greeted; those greeted before may have missed
 * events; those of another epoch must connect again. */
static void start_all(const chat_publisher_t *publisher)
{
    chat_shared_buf_t *resync;
    chat_ws_session_t *session;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    resync = chat_encode_resync(NULL, chat_publisher_epoch(publisher), p);
    for (session = registry.first; session; session = session->next) {
        if (session->publisher != publisher || session->conn->state != CHAT_CONN_OPEN)
            continue;
        if (is_of_other_epoch(session)) {
            chat_ws_session_send(session, resync);
            chat_conn_close(session->conn, CHAT_CLOSE_GOING_AWAY);
        } else if (session->is_greeted) {
            chat_ws_session_resync(session, resync);
        } else {
            chat_ws_session_greet(session, p);
        }
        apr_pool_clear(p);
    }
    chat_shared_buf_unref(resync);
    apr_pool_destroy(p);
}

static void deliver_to(chat_ws_session_t *session, const chat_batch_item_t *item,
                       chat_shared_buf_t *buf)
{
    if (!buf) {
        chat_conn_close(session->conn, CHAT_CLOSE_POLICY);
        chat_loop_mark_dirty(session->conn);
    } else if (session->is_greeted && item->is_unordered) {
        chat_ws_session_send(session, buf);
    } else if (session->is_greeted) {
        chat_ws_session_deliver(
            session, &(chat_ws_session_event_t){
                         .conversation_id = item->conversation_id, .seq = item->seq, .buf = buf});
    }
}

/* To all sessions of the user; returns how many there are. */
static apr_uint64_t deliver(const chat_batch_item_t *item, const chat_recipient_frame_t *delivery,
                            apr_uint64_t database)
{
    const chat_ws_session_t wanted = {.key = {.database = database, .user_id = delivery->user_id}};
    chat_ws_session_t *session = apr_hash_get(registry.by_user, &wanted.key, sizeof wanted.key);
    apr_uint64_t count = 0;

    for (; session; session = session->next_of_user) {
        deliver_to(session, item, delivery->buf);
        count++;
    }
    return count;
}

static void deliver_batch(chat_task_t *task)
{
    delivery_t *posted = (delivery_t *)task;
    chat_batch_t *batch = posted->batch;
    apr_uint64_t database = chat_publisher_database(batch->publisher);
    const chat_batch_item_t *item;
    apr_uint64_t frames = 0;
    int i;

    chat_publisher_taken(batch->publisher, batch);
    if (batch->is_start)
        start_all(batch->publisher);
    for (item = batch->first; item; item = item->next)
        for (i = 0; i < item->count; i++)
            frames += deliver(item, &item->recipients[i], database);
    chat_metrics_count(CHAT_COUNTER_FRAMES, frames);
    chat_batch_destroy(batch);
    free(posted);
}

/* On a feed's thread. */
static apr_status_t post_batch(chat_batch_t *batch)
{
    delivery_t *posted = calloc(1, sizeof *posted);

    if (!posted)
        return APR_ENOMEM;
    posted->task.run = deliver_batch;
    posted->batch = batch;
    chat_loop_post(&posted->task);
    return APR_SUCCESS;
}

/* ---- start ---- */

apr_status_t chat_registry_child_init(server_rec *s, apr_pool_t *pchild)
{
    apr_pool_t *p;
    apr_status_t rv = apr_pool_create(&p, pchild); /* the event loop's from now on */

    if (rv != APR_SUCCESS)
        return rv;
    apr_pool_tag(p, "mod_chat:registry");
    registry.config = ap_get_module_config(s->module_config, &chat_module);
    registry.by_user = apr_hash_make(p);
    chat_publisher_set_sink(post_batch);
    return APR_SUCCESS;
}
