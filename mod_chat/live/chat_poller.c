#include "live/chat_poller.h"

#include <string.h>

#include <apr_strings.h>

#include <http_config.h>

#include "core/chat_clock.h"
#include "core/chat_cursor.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "live/chat_concern.h"
#include "store/chat_changes.h"
#include "store/chat_store_event.h"

struct chat_poller_t {
    server_rec *server;
    apr_uint64_t database;
    chat_listener_t *listener;
    chat_outlet_t *outlet;
    chat_typing_relay_t *relay;
    int started; /* the start that was asked for last, then (chat_outlet_wanted()); 0: none */
    char epoch[CHAT_EPOCH_CHARS + 1]; /* of the database, then */
    apr_pool_t *snapshot_pool;        /* cleared with each */
    const char *snapshot;             /* up to which everything was published */
    apr_time_t polled_at;
    chat_concerns_t *concerns; /* of this turn's poll, in its pool; NULL: none */
};

chat_poller_t *chat_poller_create(server_rec *s, chat_listener_t *listener, chat_outlet_t *outlet,
                                  chat_typing_relay_t *relay, apr_pool_t *p)
{
    chat_poller_t *poller = apr_pcalloc(p, sizeof *poller);

    poller->server = s;
    poller->database = chat_outlet_database(outlet);
    poller->listener = listener;
    poller->outlet = outlet;
    poller->relay = relay;
    return apr_pool_create(&poller->snapshot_pool, p) == APR_SUCCESS ? poller : NULL;
}

int chat_poller_is_current(const chat_poller_t *poller)
{
    return poller->started && poller->started == chat_outlet_wanted(poller->outlet);
}

apr_time_t chat_poller_polled_at(const chat_poller_t *poller)
{
    return poller->polled_at;
}

void chat_poller_stop(chat_poller_t *poller)
{
    poller->started = 0;
    poller->concerns = NULL;
}

void chat_poller_reset(chat_poller_t *poller)
{
    if (poller->started)
        chat_metrics_count(CHAT_COUNTER_RESYNCS, 1);
    chat_poller_stop(poller);
}

/* Everything up to this snapshot is published with the batch, or the position is lost. */
static void move_to(chat_poller_t *poller, const char *snapshot, chat_news_t *news)
{
    if (!chat_outlet_tell(poller->outlet, news)) {
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
    int wanted = chat_outlet_wanted(poller->outlet);
    apr_uint64_t look = chat_changes_look();
    apr_time_t asked_at = chat_clock_now();
    chat_news_t *news;
    const char *snapshot;
    const char *epoch;
    apr_status_t rv = chat_store_event_snapshot(&snapshot, &epoch, poller->listener, p);

    if (rv != APR_SUCCESS)
        return rv;
    news = chat_news_create(poller->outlet);
    if (!news)
        return APR_ENOMEM;
    news->is_begin = 1;
    apr_cpystrn(news->epoch, epoch, sizeof news->epoch);
    apr_cpystrn(poller->epoch, epoch, sizeof poller->epoch);
    chat_typing_relay_check_access(poller->relay);
    chat_changes_begun(poller->database, snapshot, chat_cursor_epoch(epoch));
    chat_changes_heard(poller->database, look, asked_at);
    poller->started = wanted;
    move_to(poller, snapshot, news);
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
                 "feed: the database has another epoch, as when a backup was restored: WebSockets "
                 "are closed, and their clients come back and fetch anew");
    chat_poller_reset(poller);
    return 1;
}

static apr_status_t fill(chat_news_t *news, int *pcount, chat_poller_t *poller, chat_rows_t *rows,
                         apr_pool_t *p)
{
    const chat_presence_t *presence = chat_outlet_presence(poller->outlet);
    apr_status_t rv = APR_SUCCESS;
    chat_event_t event;

    *pcount = 0;
    while (rv == APR_SUCCESS && chat_store_event_next(&event, rows)) {
        chat_changes_note_event(poller->database, &event, p);
        rv = chat_news_add_event(news, &event, presence, p);
        chat_concerns_add(poller->concerns, &event);
        chat_typing_relay_note_event(poller->relay, &event);
        chat_metrics_gauge_set(CHAT_GAUGE_FEED_LAG_US, event.age); /* the newest comes last */
        ++*pcount;
    }
    return rv;
}

apr_status_t chat_poller_poll(chat_poller_t *poller, apr_pool_t *p)
{
    const char *snapshot = poller->snapshot;
    apr_uint64_t look = chat_changes_look();
    apr_time_t asked_at = chat_clock_now();
    chat_news_t *news;
    chat_rows_t *rows;
    const char *epoch;
    int count;
    apr_status_t rv = chat_store_event_read(&rows, &snapshot, &epoch, poller->listener,
                                            CHAT_POLLER_EVENTS_MAX, p);

    if (rv != APR_SUCCESS || is_other_epoch(poller, epoch))
        return rv;
    news = chat_news_create(poller->outlet);
    if (!news)
        return APR_ENOMEM;
    poller->concerns =
        chat_concerns_create(chat_outlet_presence(poller->outlet),
                             ap_get_module_config(poller->server->module_config, &chat_module), p);
    rv = fill(news, &count, poller, rows, p);
    if (rv != APR_SUCCESS || count == CHAT_POLLER_EVENTS_MAX) {
        chat_news_destroy(news); /* there may be more, and not only newer ones */
        chat_poller_reset(poller);
        return rv;
    }
    chat_metrics_count(CHAT_COUNTER_EVENTS, (apr_uint64_t)count);
    chat_changes_heard(poller->database, look, asked_at); /* before a client is told, and asks */
    move_to(poller, snapshot, news);
    return APR_SUCCESS;
}

apr_status_t chat_poller_publish_notifications(chat_poller_t *poller)
{
    chat_concerns_t *concerns = poller->concerns;
    chat_news_t *news;
    apr_status_t rv;

    poller->concerns = NULL;
    if (!concerns || !chat_concerns_exist(concerns))
        return APR_SUCCESS;
    news = chat_news_create(poller->outlet);
    if (!news)
        return APR_ENOMEM;
    rv = chat_concerns_tell(news, concerns, poller->listener);
    if (rv != APR_SUCCESS)
        chat_news_destroy(news);
    else if (!chat_outlet_tell(poller->outlet, news))
        chat_poller_reset(poller);
    return rv;
}
