#include "realtime/chat_poller.h"

#include <string.h>

#include <apr_strings.h>

#include <http_config.h>

#include "cache/chat_invalidation.h"
#include "core/chat_clock.h"
#include "core/chat_cursor.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "realtime/chat_notification_push.h"
#include "store/chat_store_event.h"

struct chat_poller_t {
    server_rec *server;
    apr_uint64_t database;
    chat_listener_t *listener;
    chat_publisher_t *publisher;
    chat_typing_relay_t *relay;
    int started; /* the start that was asked for last, then (chat_publisher_starts_asked_for()); 0:
                    none */
    char epoch[CHAT_EPOCH_CHARS + 1]; /* of the database, then */
    apr_pool_t *snapshot_pool;        /* cleared with each */
    const char *snapshot;             /* up to which everything was published */
    apr_time_t polled_at;
    chat_notification_push_t *push; /* of this turn's poll, in its pool; NULL: none */
};

chat_poller_t *chat_poller_create(server_rec *s, chat_listener_t *listener,
                                  chat_publisher_t *publisher, chat_typing_relay_t *relay,
                                  apr_pool_t *p)
{
    chat_poller_t *poller = apr_pcalloc(p, sizeof *poller);

    poller->server = s;
    poller->database = chat_publisher_database(publisher);
    poller->listener = listener;
    poller->publisher = publisher;
    poller->relay = relay;
    return apr_pool_create(&poller->snapshot_pool, p) == APR_SUCCESS ? poller : NULL;
}

int chat_poller_is_current(const chat_poller_t *poller)
{
    return poller->started && poller->started == chat_publisher_starts_asked_for(poller->publisher);
}

apr_time_t chat_poller_polled_at(const chat_poller_t *poller)
{
    return poller->polled_at;
}

void chat_poller_stop(chat_poller_t *poller)
{
    poller->started = 0;
    poller->push = NULL;
}

void chat_poller_reset(chat_poller_t *poller)
{
    if (poller->started)
        chat_metrics_count(CHAT_COUNTER_RESYNCS, 1);
    chat_poller_stop(poller);
}

/* Everything up to this snapshot is published with the batch, or the position is lost. */
static void move_to(chat_poller_t *poller, const char *snapshot, chat_batch_t *batch)
{
    if (!chat_publisher_publish(poller->publisher, batch)) {
        chat_poller_reset(poller);
        return;
    }
    apr_pool_clear(poller->snapshot_pool);
    poller->snapshot = apr_pstrdup(poller->snapshot_pool, snapshot);
    poller->polled_at = chat_clock_now();
}

/* ---- starting ---- */

apr_status_t chat_poller_start(chat_poller_t *poller, apr_pool_t *p)
{
    int wanted = chat_publisher_starts_asked_for(poller->publisher);
    apr_uint64_t poll_number = chat_invalidation_poll_begin();
    apr_time_t asked_at = chat_clock_now();
    chat_batch_t *batch;
    const char *snapshot;
    const char *epoch;
    apr_status_t rv = chat_store_event_snapshot(&snapshot, &epoch, poller->listener, p);

    if (rv != APR_SUCCESS)
        return rv;
    batch = chat_batch_create(poller->publisher);
    if (!batch)
        return APR_ENOMEM;
    batch->is_start = 1;
    apr_cpystrn(batch->epoch, epoch, sizeof batch->epoch);
    apr_cpystrn(poller->epoch, epoch, sizeof poller->epoch);
    chat_typing_relay_check_access(poller->relay);
    chat_invalidation_feed_started(poller->database, snapshot, chat_cursor_epoch(epoch));
    chat_invalidation_poll_end(poller->database, poll_number, asked_at);
    poller->started = wanted;
    move_to(poller, snapshot, batch);
    return APR_SUCCESS;
}

/* ---- polling ---- */

/* A backup was restored while the connection lasted, or a pooler gave it to another server: the
 * position and the numbers belong to another life of the database. */
static int is_other_epoch(chat_poller_t *poller, const char *epoch)
{
    if (strcmp(epoch, poller->epoch) == 0)
        return 0;
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, poller->server,
                 "feed: the epoch of the database has changed, as after a restore: WebSockets are "
                 "closed, and their clients reconnect and fetch everything again");
    chat_poller_reset(poller);
    return 1;
}

static apr_status_t fill(chat_batch_t *batch, int *pcount, chat_poller_t *poller, chat_rows_t *rows,
                         apr_pool_t *p)
{
    const chat_presence_t *presence = chat_publisher_presence(poller->publisher);
    apr_status_t rv = APR_SUCCESS;
    chat_event_t event;

    *pcount = 0;
    while (rv == APR_SUCCESS && chat_store_event_next(&event, rows)) {
        chat_invalidation_note_event(poller->database, &event);
        rv = chat_batch_add_event(batch, &event, presence, p);
        chat_notification_push_add(poller->push, &event);
        chat_typing_relay_note_event(poller->relay, &event);
        chat_metrics_gauge_set(CHAT_GAUGE_FEED_LAG_US, event.age); /* the newest comes last */
        ++*pcount;
    }
    return rv;
}

apr_status_t chat_poller_poll(chat_poller_t *poller, apr_pool_t *p)
{
    const char *snapshot = poller->snapshot;
    apr_uint64_t poll_number = chat_invalidation_poll_begin();
    apr_time_t asked_at = chat_clock_now();
    const chat_config_t *config;
    chat_batch_t *batch;
    chat_rows_t *rows;
    const char *epoch;
    int count;
    apr_status_t rv = chat_store_event_read(&rows, &snapshot, &epoch, poller->listener,
                                            CHAT_POLLER_EVENTS_MAX, p);

    if (rv != APR_SUCCESS || is_other_epoch(poller, epoch))
        return rv;
    batch = chat_batch_create(poller->publisher);
    if (!batch)
        return APR_ENOMEM;
    apr_cpystrn(batch->epoch, epoch, sizeof batch->epoch);
    config = ap_get_module_config(poller->server->module_config, &chat_module);
    batch->root = apr_pstrcat(p, chat_config_first_root(config), "/", NULL);
    poller->push =
        chat_notification_push_create(chat_publisher_presence(poller->publisher), config, p);
    rv = fill(batch, &count, poller, rows, p);
    if (rv != APR_SUCCESS || count == CHAT_POLLER_EVENTS_MAX) {
        chat_batch_destroy(batch); /* there may be more, and not only newer ones */
        chat_poller_reset(poller);
        return rv;
    }
    chat_metrics_count(CHAT_COUNTER_EVENTS, (apr_uint64_t)count);
    chat_invalidation_poll_end(poller->database, poll_number,
                               asked_at); /* before a client receives it, and asks */
    move_to(poller, snapshot, batch);
    return APR_SUCCESS;
}

apr_status_t chat_poller_publish_notifications(chat_poller_t *poller)
{
    chat_notification_push_t *push = poller->push;
    chat_batch_t *batch;
    apr_status_t rv;

    poller->push = NULL;
    if (!push || !chat_notification_push_is_needed(push))
        return APR_SUCCESS;
    batch = chat_batch_create(poller->publisher);
    if (!batch)
        return APR_ENOMEM;
    rv = chat_notification_push_publish(batch, push, poller->listener);
    if (rv != APR_SUCCESS)
        chat_batch_destroy(batch);
    else if (!chat_publisher_publish(poller->publisher, batch))
        chat_poller_reset(poller);
    return rv;
}
