#include "realtime/chat_feed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/param.h>

#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

#include <http_config.h>

#include "core/chat_clock.h"
#include "core/chat_config.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "core/chat_wake.h"
#include "db/chat_listener.h"
#include "realtime/chat_poller.h"
#include "realtime/chat_typing_relay.h"
#include "store/chat_commit_hook.h"
#include "store/chat_store_event.h"
#include "store/chat_store_prune.h"

#define CHANNEL_EVENTS "chat_bell"      /* the release before listens on it, too */
#define NOTIFY_US apr_time_from_msec(2) /* between two notifications, so that commits gather */
#define POLL_US apr_time_from_sec(1)    /* without a notification */
#define PRUNE_US apr_time_from_sec(15)
#define PRUNE_AGAIN_US apr_time_from_msec(500) /* when there is too much for once */
#define STALE_US apr_time_from_sec(40) /* events live for a minute: then the position is lost */
#define RETRY_FIRST_US apr_time_from_msec(200)
#define RETRY_MAX_US apr_time_from_sec(2)
#define START_AGAIN_US apr_time_from_sec(60) /* a feed that could not start: not at each commit */

typedef struct feed_t {
    struct feed_t *next;
    apr_uint64_t database;
    server_rec *server;
    chat_listener_t *listener;
    apr_thread_t *thread;
    apr_pool_t *turn; /* cleared after each */
    int wake_fd;
    _Atomic int has_commits; /* in this child, since the thread looked last */
    _Atomic int is_watched;  /* it polls even without sessions: for chat_invalidation.h */
    chat_publisher_t *publisher;
    chat_typing_relay_t *relay;
    chat_poller_t *poller;

    /* The feed's thread only. */
    int is_away;
    int is_direct; /* it connects as requests do, by DBDParams */
    int has_warned_of_pooler;
    int was_notified;
    int must_notify;
    apr_time_t notified_at; /* the other feeds, the last time */
    apr_time_t poll_at;     /* at the latest */
    apr_time_t prune_at;
    apr_time_t retry_at;
    apr_interval_time_t retry_us;
} feed_t;

static struct {
    apr_pool_t *pool;
    apr_thread_mutex_t *mutex; /* guards `pool`, `start_at` and making feeds */
    apr_time_t start_at;       /* not before */
    _Atomic(feed_t *) first;
    _Atomic int is_stopping;
} feeds;

static int is_stopping(void)
{
    return atomic_load(&feeds.is_stopping);
}

/* Whatever it does is done by the feeds of other children as well. */
static const chat_listener_stop_t stop = {is_stopping, is_stopping};

/* ---- the connection ---- */

static void set_away(feed_t *feed, int is_away)
{
    chat_metrics_gauge_add(CHAT_GAUGE_FEEDS_AWAY, is_away - feed->is_away);
    feed->is_away = is_away;
}

static void warn_of_pooler(feed_t *feed)
{
    if (feed->has_warned_of_pooler || !chat_listener_is_pooled(feed->listener))
        return;
    feed->has_warned_of_pooler = 1;
    ap_log_error(
        APLOG_MARK, APLOG_WARNING, 0, feed->server,
        "feed: LISTEN does not work through a connection pooler: events of other children arrive "
        "up to "
        "a second late, and typing there not at all; set ChatDatabaseListen to the address of "
        "PostgreSQL itself");
}

static void note_connected(feed_t *feed)
{
    if (feed->is_away)
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, feed->server,
                     "feed: connected to the database again");
    warn_of_pooler(feed);
    set_away(feed, 0);
    if (feed->is_direct)
        chat_db_note_there(feed->server); /* clients will resume at once */
    feed->retry_us = RETRY_FIRST_US;
    feed->must_notify = 1; /* of what was committed meanwhile */
}

static void note_away(feed_t *feed, apr_time_t now)
{
    if (!feed->is_away)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, feed->server,
                     "feed: %s; no live updates until it reconnects",
                     chat_listener_cause(feed->listener));
    set_away(feed, 1);
    feed->retry_at = now + feed->retry_us;
    if (feed->retry_us < RETRY_MAX_US)
        feed->retry_us *= 2;
}

static void connect_again(feed_t *feed, apr_time_t now)
{
    static const char *const channels[] = {CHANNEL_EVENTS, CHAT_TYPING_RELAY_CHANNEL, NULL};

    if (now < feed->retry_at)
        return;
    chat_poller_reset(feed->poller);
    chat_typing_relay_drop_received(feed->relay);
    if (chat_listener_connect(feed->listener, channels) == APR_SUCCESS)
        note_connected(feed);
    else if (!is_stopping())
        note_away(feed, now);
}

/* ---- one turn ---- */

static void receive(feed_t *feed)
{
    chat_listener_notify_t notification;

    while (chat_listener_next(&notification, feed->listener)) {
        if (strcmp(notification.channel, CHAT_TYPING_RELAY_CHANNEL) == 0)
            chat_typing_relay_receive(feed->relay, notification.payload, feed->turn);
        else if (!notification.is_own)
            feed->was_notified = 1;
    }
}

static int must_poll(const feed_t *feed)
{
    return chat_presence_has_any(chat_publisher_presence(feed->publisher)) ||
           atomic_load(&feed->is_watched);
}

/* When there is something to do, even if nothing wakes the thread. */
static apr_time_t deadline(const feed_t *feed)
{
    apr_time_t at = feed->prune_at;

    if (!chat_listener_is_connected(feed->listener))
        return feed->retry_at;
    if (must_poll(feed))
        at = MIN(at, feed->poll_at);
    if (feed->must_notify)
        at = MIN(at, feed->notified_at + NOTIFY_US);
    return chat_typing_relay_deadline(feed->relay, at);
}

static apr_status_t poll_events(feed_t *feed, apr_time_t now)
{
    apr_status_t rv;

    if (chat_poller_is_current(feed->poller) &&
        now > chat_poller_polled_at(feed->poller) + STALE_US)
        chat_poller_reset(feed->poller);
    if (!chat_poller_is_current(feed->poller))
        rv = chat_poller_start(feed->poller, feed->turn);
    else if (feed->was_notified || now >= feed->poll_at)
        rv = chat_poller_poll(feed->poller, feed->turn);
    else
        return APR_SUCCESS;
    if (rv == APR_SUCCESS && chat_poller_is_current(feed->poller))
        feed->poll_at = chat_poller_polled_at(feed->poller) + POLL_US;
    return rv;
}

/* To the sessions of this child. */
static apr_status_t publish(feed_t *feed, apr_time_t now)
{
    apr_status_t rv = APR_SUCCESS;

    if (must_poll(feed)) {
        rv = poll_events(feed, now);
        if (rv == APR_SUCCESS)
            rv = chat_typing_relay_publish(feed->relay, feed->turn);
        if (APR_STATUS_IS_EAGAIN(rv)) {
            chat_poller_reset(feed->poller);
            rv = APR_SUCCESS;
        }
    } else {
        chat_poller_stop(feed->poller);
        chat_typing_relay_reset(feed->relay);
    }
    feed->was_notified = 0;
    return rv;
}

/* The feeds of other children. */
static apr_status_t notify(feed_t *feed, apr_time_t now)
{
    if (!feed->must_notify || now < feed->notified_at + NOTIFY_US)
        return APR_SUCCESS;
    feed->must_notify = 0;
    feed->notified_at = now;
    chat_metrics_count(CHAT_COUNTER_NOTIFIES_SENT, 1);
    return chat_store_event_notify(feed->listener, CHANNEL_EVENTS, "", feed->turn);
}

static apr_status_t prune(feed_t *feed, apr_time_t now)
{
    int may_have_more;
    apr_status_t rv;

    if (now < feed->prune_at)
        return APR_SUCCESS;
    rv = chat_store_prune(&may_have_more, feed->listener, feed->turn);
    feed->prune_at = now + (may_have_more ? PRUNE_AGAIN_US : PRUNE_US);
    return rv;
}

static apr_status_t work(feed_t *feed, apr_time_t now)
{
    apr_status_t rv = publish(feed, now);

    if (rv == APR_SUCCESS)
        rv = notify(feed, now);
    if (rv == APR_SUCCESS)
        rv = chat_poller_publish_notifications(feed->poller);
    if (rv == APR_SUCCESS)
        rv = chat_typing_relay_notify(feed->relay, now, feed->turn);
    return rv == APR_SUCCESS ? prune(feed, now) : rv;
}

static void wait_for_work(feed_t *feed)
{
    apr_interval_time_t wait = 0;

    receive(feed); /* what came with the answer to a statement makes no descriptor readable */
    if (!feed->was_notified && !chat_typing_relay_has_received(feed->relay))
        wait = deadline(feed) - chat_clock_now();
    chat_listener_wait(feed->listener, feed->wake_fd, wait);
    chat_wake_clear(feed->wake_fd);
    if (atomic_exchange(&feed->has_commits, 0)) {
        feed->must_notify = 1;
        feed->poll_at = MIN(feed->poll_at, chat_clock_now());
    }
}

static void take_turn(feed_t *feed)
{
    apr_status_t rv;

    wait_for_work(feed);
    if (!chat_listener_is_connected(feed->listener))
        connect_again(feed, chat_clock_now());
    if (!chat_listener_is_connected(feed->listener) || is_stopping())
        return;
    receive(feed);
    rv = work(feed, chat_clock_now());
    if (rv == APR_SUCCESS || is_stopping())
        return;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, feed->server, "feed: %s",
                 chat_listener_cause(feed->listener));
    chat_poller_reset(feed->poller);
    if (chat_listener_is_connected(feed->listener))
        apr_sleep(RETRY_FIRST_US); /* it is the statement, and it would fail again at once */
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    feed_t *feed = data;

    pthread_setname_np(pthread_self(), CHAT_FEED_THREAD_NAME);
    chat_metrics_gauge_add(CHAT_GAUGE_FEEDS, 1);
    while (!is_stopping()) {
        take_turn(feed);
        apr_pool_clear(feed->turn);
    }
    chat_listener_close(feed->listener);
    set_away(feed, 0);
    chat_metrics_gauge_add(CHAT_GAUGE_FEEDS, -1);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* ---- start and stop ---- */

static feed_t *find(apr_uint64_t database)
{
    feed_t *feed = atomic_load(&feeds.first);

    while (feed && feed->database != database)
        feed = feed->next;
    return feed;
}

/* APR_EGENERAL: something without a reason of its own could not be made. */
static apr_status_t make_parts(feed_t *feed, chat_db_t *db, apr_pool_t *p)
{
    const chat_config_t *config = ap_get_module_config(feed->server->module_config, &chat_module);
    apr_status_t rv = apr_pool_create(&feed->turn, p);

    if (rv == APR_SUCCESS)
        rv = chat_wake_open(&feed->wake_fd);
    if (rv != APR_SUCCESS)
        return rv;
    feed->is_direct = !config->database_listen;
    feed->listener =
        chat_listener_create(config->database_listen ? config->database_listen : chat_db_params(db),
                             "mod_chat feed", &stop, p);
    feed->publisher = chat_publisher_create(feed->database, feed->wake_fd, p);
    feed->relay = chat_typing_relay_create(feed->server, feed->listener, feed->publisher, p);
    if (!feed->relay)
        return APR_EGENERAL;
    feed->poller =
        chat_poller_create(feed->server, feed->listener, feed->publisher, feed->relay, p);
    return feed->poller ? APR_SUCCESS : APR_EGENERAL;
}

/* Under the mutex. */
static feed_t *start(chat_db_t *db)
{
    apr_pool_t *p;
    apr_status_t rv;
    feed_t *feed;

    if (chat_clock_now() < feeds.start_at || apr_pool_create(&p, feeds.pool) != APR_SUCCESS)
        return NULL;
    feed = apr_pcalloc(p, sizeof *feed);
    feed->wake_fd = -1;
    feed->database = chat_db_identity(db);
    feed->server = chat_db_server(db);
    feed->retry_us = RETRY_FIRST_US;
    feed->prune_at = chat_clock_now() + PRUNE_US;
    rv = make_parts(feed, db, p);
    if (rv == APR_SUCCESS)
        rv = apr_thread_create(&feed->thread, NULL, run, feed, p);
    if (rv != APR_SUCCESS) {
        ap_log_error(
            APLOG_MARK, APLOG_ERR, rv, feed->server,
            "feed: could not be started: this child refuses WebSockets; it tries again in a "
            "minute");
        chat_wake_close(&feed->wake_fd);
        apr_pool_destroy(p);
        feeds.start_at = chat_clock_now() + START_AGAIN_US;
        return NULL;
    }
    feed->next = atomic_load(&feeds.first);
    atomic_store(&feeds.first, feed);
    return feed;
}

static feed_t *feed_of(chat_db_t *db)
{
    apr_uint64_t database = chat_db_identity(db);
    feed_t *feed;

    if (!database || !feeds.mutex)
        return NULL;
    feed = find(database);
    if (feed)
        return feed;
    apr_thread_mutex_lock(feeds.mutex);
    feed = find(database);
    if (!feed && !is_stopping())
        feed = start(db);
    apr_thread_mutex_unlock(feeds.mutex);
    return feed;
}

chat_publisher_t *chat_feed_outlet(chat_db_t *db)
{
    feed_t *feed = feed_of(db);

    return feed ? feed->publisher : NULL;
}

/* ---- what requests and sessions do ---- */

static void committed(chat_db_t *db)
{
    feed_t *feed = feed_of(db);

    if (feed && !atomic_exchange(&feed->has_commits, 1)) /* otherwise it is awake already */
        chat_wake_signal(feed->wake_fd);
}

static void say_typed(feed_t *feed, const chat_typing_change_t *typed)
{
    chat_typing_relay_add(feed->relay, typed);
    chat_wake_signal(feed->wake_fd);
}

static void note_typed(chat_db_t *db, const chat_typing_change_t *typed)
{
    feed_t *feed = feed_of(db);

    if (feed)
        say_typed(feed, typed);
}

void chat_feed_note_typing(const chat_publisher_t *publisher, const chat_typing_change_t *typed)
{
    say_typed(find(chat_publisher_database(publisher)), typed);
}

static void need_feed(chat_db_t *db, int is_watched)
{
    feed_t *feed = feed_of(db);

    if (feed && is_watched && !atomic_exchange(&feed->is_watched, 1))
        chat_publisher_ask_for_start(feed->publisher);
}

static const chat_commit_hook_t commit_hook = {
    .committed = committed, .typed = note_typed, .need_feed = need_feed};

apr_status_t chat_feed_child_init(apr_pool_t *pchild)
{
    apr_status_t rv = apr_pool_create(&feeds.pool, pchild);

    if (rv != APR_SUCCESS)
        return rv;
    apr_pool_tag(feeds.pool, "mod_chat:feeds");
    rv = apr_thread_mutex_create(&feeds.mutex, APR_THREAD_MUTEX_DEFAULT, feeds.pool);
    if (rv == APR_SUCCESS)
        chat_commit_hook_register(&commit_hook);
    return rv;
}

void chat_feed_join_all(void)
{
    feed_t *feed;
    apr_status_t rv;

    if (!feeds.mutex)
        return;
    apr_thread_mutex_lock(feeds.mutex); /* nobody starts another one now */
    atomic_store(&feeds.is_stopping, 1);
    apr_thread_mutex_unlock(feeds.mutex);
    for (feed = atomic_load(&feeds.first); feed; feed = feed->next) {
        chat_wake_signal(feed->wake_fd);
        apr_thread_join(&rv, feed->thread);
    }
}

void chat_feed_close_all(void)
{
    feed_t *feed;

    for (feed = atomic_load(&feeds.first); feed; feed = feed->next)
        chat_wake_close(&feed->wake_fd);
}
