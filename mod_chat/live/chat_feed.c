#include "live/chat_feed.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

#include <http_config.h>

#include "cache/chat_typing_marks.h"
#include "core/chat_clock.h"
#include "core/chat_config.h"
#include "core/chat_metrics.h"
#include "core/chat_cursor.h"
#include "core/chat_log.h"
#include "live/chat_concern.h"
#include "live/chat_marks.h"
#include "live/chat_typists.h"
#include "store/chat_changes.h"
#include "store/chat_commit_hook.h"
#include "store/chat_listener.h"
#include "store/chat_store_event.h"

#define CHANNEL_BELL "chat_bell"
#define CHANNEL_TYPING "chat_typing"
#define RING_US apr_time_from_msec(2)   /* between two rings, so that company is gathered */
#define TYPED_US apr_time_from_msec(20) /* between two notifications of typing */
#define LOOK_US apr_time_from_sec(1)    /* without a bell */
#define IDLE_US apr_time_from_sec(5)    /* without sockets */
#define PRUNE_US apr_time_from_sec(15)
#define PRUNE_AGAIN_US apr_time_from_msec(500) /* when there is too much for once */
#define STALE_US apr_time_from_sec(40) /* events live for a minute: then the place is lost */
#define RETRY_FIRST_US apr_time_from_msec(200)
#define RETRY_MAX_US apr_time_from_sec(2)
#define START_AGAIN_US                                                                             \
    apr_time_from_sec(60) /* a feed that could not be started: not with each commit */

typedef struct feed_t {
    struct feed_t *next;
    apr_uint64_t database;
    server_rec *server;
    chat_listener_t *listener;
    apr_thread_t *thread;
    apr_pool_t *round; /* cleared after each turn */
    int wake_fd;
    _Atomic int has_commits; /* in this child since it looked whether it was woken */
    _Atomic int is_watched;  /* also without a listener: for chat_changes.h */
    chat_outlet_t *outlet;

    apr_thread_mutex_t *mutex; /* guards `typed` */
    chat_marks_t typed;        /* here */

    /* The feed's thread only. */
    char epoch[CHAT_EPOCH_CHARS + 1]; /* of the database when it began last */
    int is_away;
    int is_direct; /* it connects as requests do, by DBDParams */
    int has_complained;
    int has_heard_bell;
    int must_ring;
    int must_check_typists;    /* who may type where has changed */
    chat_concerns_t *concerns; /* of this turn's look, in `round`; NULL: there was none */
    chat_marks_t heard;        /* from elsewhere, and ends that were noticed here */
    chat_typists_t typists;    /* whom the sockets were told of */
    apr_time_t rung_at;
    apr_time_t typed_at;
    apr_time_t looked_at;
    apr_time_t look_at; /* the next time at the latest */
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

static void wake(feed_t *feed)
{
    uint64_t one = 1;

    (void)!write(feed->wake_fd, &one, sizeof one); /* full: it wakes anyway */
}

/* ---- reading ---- */

/* When there was no room to tell it, nothing was looked at: it begins anew. */
static void note_look(feed_t *feed, int is_told)
{
    if (!is_told)
        return;
    feed->looked_at = chat_clock_now();
    feed->look_at = feed->looked_at + LOOK_US;
}

static apr_status_t begin(feed_t *feed, int wanted)
{
    apr_uint64_t look = chat_changes_look();
    apr_time_t asked_at = chat_clock_now();
    chat_news_t *news;
    const char *snapshot;
    const char *epoch;
    apr_status_t rv = chat_store_event_snapshot(&snapshot, &epoch, feed->listener, feed->round);

    if (rv != APR_SUCCESS)
        return rv;
    news = chat_news_create(feed->outlet);
    if (!news)
        return APR_ENOMEM;
    feed->must_check_typists = 1; /* for what was not looked at */
    apr_cpystrn(feed->epoch, epoch, sizeof feed->epoch);
    apr_cpystrn(news->epoch, epoch, sizeof news->epoch);
    chat_changes_begun(feed->database, snapshot, chat_cursor_epoch(epoch));
    chat_changes_heard(feed->database, look, asked_at);
    note_look(feed, chat_outlet_begin(feed->outlet, news, snapshot, wanted));
    return APR_SUCCESS;
}

/* ---- typing ---- */

static void end_typist(feed_t *feed, const chat_typist_t *typist)
{
    chat_typed_t end = typist->typed;

    end.is_typing = 0;
    end.is_noticed = 1;
    chat_marks_add(&feed->heard, &end);
}

/* Those who typed what is in this message do not any more. */
static void end_typing_by(feed_t *feed, const chat_event_t *event)
{
    int i;

    for (i = 0; i < feed->typists.count; i++)
        if (chat_typists_ends_with(&feed->typists.typists[i], event->conversation.id,
                                   event->message.sender_id, event->message.seq))
            end_typist(feed, &feed->typists.typists[i]);
}

static void note_for_typing(feed_t *feed, const chat_event_t *event)
{
    switch (event->kind) {
    case CHAT_EVENT_MESSAGE:
        end_typing_by(feed, event);
        break;
    case CHAT_EVENT_BLOCKED:
    case CHAT_EVENT_DEACTIVATED:
    case CHAT_EVENT_PEOPLE:
        feed->must_check_typists = 1;
        break;
    default:
        break;
    }
}

/* What there is no room for waits for the next turn. */
static void end_typing_by_time(feed_t *feed, apr_time_t now)
{
    int i;

    for (i = 0; i < feed->typists.count && feed->heard.count < CHAT_MARKS_MAX; i++)
        if (feed->typists.typists[i].until <= now)
            end_typist(feed, &feed->typists.typists[i]);
}

/* Who is to be told of this mark. `typer` NULL: the conversation is gone, and nobody. */
static int note_typed(feed_t *feed, const chat_typed_t *typed, const chat_named_typer_t *typer)
{
    if (typer && typer->is_typing)
        return chat_typists_begin(&feed->typists, typed, !typer->is_member, chat_clock_now());
    return chat_typists_end(&feed->typists, typed, typer && !typer->is_member);
}

static apr_status_t tell_typing(feed_t *feed)
{
    const chat_typed_t *marks = feed->heard.marks;
    chat_news_t *news;
    chat_named_typer_t typer;
    chat_rows_t *rows;
    int count = feed->heard.count;
    int next = 0;
    apr_status_t rv = chat_store_event_typers(&rows, feed->listener, marks, count, feed->round);

    feed->heard.count = 0;
    if (rv != APR_SUCCESS)
        return rv;
    news = chat_news_create(feed->outlet);
    if (!news)
        return APR_ENOMEM;
    while (rv == APR_SUCCESS && chat_store_event_next_typer(&typer, rows)) {
        int told;

        while (next < typer.place)
            note_typed(feed, &marks[next++], NULL);
        told = note_typed(feed, &marks[next++], &typer);
        if (told)
            rv = chat_news_add_typer(news, &typer, told & CHAT_TYPISTS_TELL_MEMBER,
                                     chat_outlet_is_here, feed->round);
    }
    while (next < count)
        note_typed(feed, &marks[next++], NULL);
    chat_outlet_tell(feed->outlet, news);
    return rv;
}

/* Those who may not type any more have an end. */
static apr_status_t check_typists(feed_t *feed)
{
    chat_typed_t *marks = apr_palloc(feed->round, CHAT_TYPISTS_MAX * sizeof *marks);
    chat_named_typer_t typer;
    chat_rows_t *rows;
    int count = feed->typists.count;
    apr_status_t rv;
    int i;

    feed->must_check_typists = 0;
    if (count == 0)
        return APR_SUCCESS;
    for (i = 0; i < count; i++)
        marks[i] = feed->typists.typists[i].typed;
    rv = chat_store_event_typers(&rows, feed->listener, marks, count, feed->round);
    if (rv != APR_SUCCESS)
        return rv;
    while (chat_store_event_next_typer(&typer, rows))
        if (!typer.is_typing)
            end_typist(feed, &feed->typists.typists[typer.place]);
    return APR_SUCCESS;
}

static apr_status_t serve_typing(feed_t *feed)
{
    apr_status_t rv = APR_SUCCESS;

    if (feed->must_check_typists)
        rv = check_typists(feed);
    end_typing_by_time(feed, chat_clock_now());
    if (rv == APR_SUCCESS && feed->heard.count)
        rv = tell_typing(feed);
    return rv;
}

/* ---- events ---- */

static apr_status_t fill(chat_news_t *news, int *pcount, feed_t *feed, chat_rows_t *rows,
                         apr_pool_t *p)
{
    apr_status_t rv = APR_SUCCESS;
    chat_event_t event;

    *pcount = 0;
    while (rv == APR_SUCCESS && chat_store_event_next(&event, rows)) {
        chat_changes_note_event(feed->database, &event, p);
        rv = chat_news_add_event(news, &event, chat_outlet_is_here, p);
        chat_concerns_add(feed->concerns, &event);
        note_for_typing(feed, &event);
        chat_metrics_gauge_set(CHAT_GAUGE_FEED_LAG_US, event.age); /* the newest comes last */
        ++*pcount;
    }
    return rv;
}

/* After the events themselves, and the bell, which do not wait for it. */
static apr_status_t tell_notifications(feed_t *feed)
{
    chat_news_t *news;
    apr_status_t rv;

    if (!chat_outlet_begun(feed->outlet) || !feed->concerns || !chat_concerns_exist(feed->concerns))
        return APR_SUCCESS;
    news = chat_news_create(feed->outlet);
    if (!news)
        return APR_ENOMEM;
    rv = chat_concerns_tell(news, feed->concerns, feed->listener);
    if (rv == APR_SUCCESS)
        chat_outlet_tell(feed->outlet, news);
    else
        chat_news_destroy(news);
    return rv;
}

/* A backup was restored under our connection, or a pooler gave one to another server: positions and
 * numbers are those of another life. It begins anew at once. */
static int is_other_epoch(feed_t *feed, const char *epoch)
{
    if (strcmp(epoch, feed->epoch) == 0)
        return 0;
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, feed->server,
                 "feed: the database has another epoch, as when a backup was restored: WebSockets "
                 "are closed, and their clients come back and fetch anew");
    chat_outlet_lose(feed->outlet);
    return 1;
}

static apr_status_t look(feed_t *feed)
{
    const char *snapshot = chat_outlet_snapshot(feed->outlet);
    apr_uint64_t look = chat_changes_look();
    apr_time_t asked_at = chat_clock_now();
    chat_news_t *news;
    chat_rows_t *rows;
    const char *epoch;
    int count;
    apr_status_t rv = chat_store_event_read(&rows, &snapshot, &epoch, feed->listener,
                                            CHAT_FEED_EVENTS_MAX, feed->round);

    if (rv != APR_SUCCESS || is_other_epoch(feed, epoch))
        return rv;
    news = chat_news_create(feed->outlet);
    if (!news)
        return APR_ENOMEM;
    feed->concerns = chat_concerns_create(
        feed->outlet, chat_outlet_is_here,
        ap_get_module_config(feed->server->module_config, &chat_module), feed->round);
    rv = fill(news, &count, feed, rows, feed->round);
    if (rv != APR_SUCCESS || count == CHAT_FEED_EVENTS_MAX) {
        chat_news_destroy(news); /* there may be more behind, out of order */
        chat_outlet_lose(feed->outlet);
        return rv;
    }
    chat_metrics_count(CHAT_COUNTER_EVENTS, (apr_uint64_t)count);
    chat_changes_heard(feed->database, look, asked_at); /* before anybody is told, and asks */
    note_look(feed, chat_outlet_move(feed->outlet, news, snapshot));
    return APR_SUCCESS;
}

/* ---- hearing ---- */

/* Requests ask the memory of this host who types. */
static void keep_typed(feed_t *feed, const chat_typed_t *typed, int count)
{
    int i;

    for (i = 0; i < count; i++)
        if (!typed[i].is_kept)
            chat_typing_marks_keep(feed->server, feed->database, &typed[i], feed->round);
}

/* What comes from a child of this host is kept already. */
static void take_typed(feed_t *feed, const char *payload)
{
    const char *host = chat_typing_marks_host();
    int first = feed->heard.count;

    chat_marks_read(&feed->heard, payload, feed->round);
    if (strncmp(payload, host, strlen(host)) != 0)
        keep_typed(feed, feed->heard.marks + first, feed->heard.count - first);
}

static void take_notifications(feed_t *feed)
{
    chat_heard_t heard;

    while (chat_listener_next(&heard, feed->listener)) {
        if (strcmp(heard.channel, CHANNEL_TYPING) == 0)
            take_typed(feed, heard.payload);
        else if (!heard.is_own)
            feed->has_heard_bell = 1;
    }
}

/* ---- ringing ---- */

static apr_status_t ring(feed_t *feed, apr_time_t now)
{
    feed->must_ring = 0;
    feed->rung_at = now;
    chat_metrics_count(CHAT_COUNTER_BELLS, 1);
    return chat_store_event_notify(feed->listener, CHANNEL_BELL, "", feed->round);
}

static apr_status_t ring_typed(feed_t *feed, apr_time_t now)
{
    chat_marks_t *typed = apr_palloc(feed->round, sizeof *typed);
    const char *marks;
    int taken;

    apr_thread_mutex_lock(feed->mutex);
    *typed = feed->typed;
    marks = chat_marks_take(&feed->typed, feed->round);
    taken = typed->count - feed->typed.count;
    apr_thread_mutex_unlock(feed->mutex);
    feed->typed_at = now;
    if (taken == 0)
        return APR_SUCCESS;
    keep_typed(feed, typed->marks, taken);
    return chat_store_event_notify(
        feed->listener, CHANNEL_TYPING,
        apr_pstrcat(feed->round, chat_typing_marks_host(), " ", marks, NULL), feed->round);
}

static int has_typed(feed_t *feed)
{
    int count;

    apr_thread_mutex_lock(feed->mutex);
    count = feed->typed.count;
    apr_thread_mutex_unlock(feed->mutex);
    return count > 0;
}

/* ---- the thread ---- */

static void set_away(feed_t *feed, int is_away)
{
    chat_metrics_gauge_add(CHAT_GAUGE_FEEDS_AWAY, is_away - feed->is_away);
    feed->is_away = is_away;
}

static void complain_of_pooler(feed_t *feed)
{
    if (feed->has_complained || !chat_listener_is_deaf(feed->listener))
        return;
    feed->has_complained = 1;
    ap_log_error(
        APLOG_MARK, APLOG_WARNING, 0, feed->server,
        "feed: its connection goes through a pooler, which LISTEN does not: what happens in other "
        "children is heard up to a second late, and typing there not at all; set "
        "ChatDatabaseListen to the address of the database itself");
}

static void connect_anew(feed_t *feed, apr_time_t now)
{
    static const char *const channels[] = {CHANNEL_BELL, CHANNEL_TYPING, NULL};

    if (now < feed->retry_at)
        return;
    chat_outlet_lose(feed->outlet);
    feed->heard.count = 0;
    if (chat_listener_connect(feed->listener, channels) == APR_SUCCESS) {
        if (feed->is_away)
            ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, feed->server,
                         "feed: the database is there again");
        complain_of_pooler(feed);
        set_away(feed, 0);
        if (feed->is_direct)
            chat_db_note_there(feed->server); /* clients will resume at once */
        feed->retry_us = RETRY_FIRST_US;
        feed->must_ring = 1; /* for what was committed meanwhile */
        return;
    }
    if (!feed->is_away)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, feed->server,
                     "feed: %s; WebSockets hear nothing until it is there again",
                     chat_listener_cause(feed->listener));
    set_away(feed, 1);
    feed->retry_at = now + feed->retry_us;
    if (feed->retry_us < RETRY_MAX_US)
        feed->retry_us *= 2;
}

static apr_time_t earlier(apr_time_t a, apr_time_t b)
{
    return a < b ? a : b;
}

static int is_wanted(feed_t *feed)
{
    return chat_outlet_has_listeners(feed->outlet) || atomic_load(&feed->is_watched);
}

/* When there is something to do, even if nobody wakes us. */
static apr_time_t next_deadline(feed_t *feed)
{
    apr_time_t deadline = feed->prune_at;

    if (!chat_listener_is_connected(feed->listener))
        return feed->retry_at;
    deadline = earlier(deadline, chat_clock_now() + IDLE_US);
    if (is_wanted(feed))
        deadline = earlier(deadline, feed->look_at);
    if (feed->typists.count)
        deadline = earlier(deadline, chat_typists_until(&feed->typists));
    if (feed->must_ring)
        deadline = earlier(deadline, feed->rung_at + RING_US);
    if (has_typed(feed))
        deadline = earlier(deadline, feed->typed_at + TYPED_US);
    return deadline;
}

static apr_status_t serve_listeners(feed_t *feed, apr_time_t now)
{
    int wanted = chat_outlet_wanted(feed->outlet);
    int begun = chat_outlet_begun(feed->outlet);
    apr_status_t rv = APR_SUCCESS;

    if (!is_wanted(feed)) {
        chat_outlet_leave(feed->outlet);
        feed->heard.count = 0;
        feed->typists.count = 0;
        feed->has_heard_bell = 0;
        return APR_SUCCESS;
    }
    if (begun && now > feed->looked_at + STALE_US) {
        chat_outlet_lose(feed->outlet);
        begun = 0;
    }
    if (begun != wanted)
        rv = begin(feed, wanted);
    else if (feed->has_heard_bell || now >= feed->look_at)
        rv = look(feed);
    feed->has_heard_bell = 0;
    return rv == APR_SUCCESS ? serve_typing(feed) : rv;
}

static apr_status_t prune(feed_t *feed, apr_time_t now)
{
    int may_have_more;
    apr_status_t rv = chat_store_event_prune(&may_have_more, feed->listener, feed->round);

    feed->prune_at = now + (may_have_more ? PRUNE_AGAIN_US : PRUNE_US);
    return rv;
}

static apr_status_t work(feed_t *feed, apr_time_t now)
{
    apr_status_t rv;

    rv = serve_listeners(feed, now);
    if (rv == APR_SUCCESS && feed->must_ring && now >= feed->rung_at + RING_US)
        rv = ring(feed, now);
    if (rv == APR_SUCCESS)
        rv = tell_notifications(feed);
    if (rv == APR_SUCCESS && now >= feed->typed_at + TYPED_US && has_typed(feed))
        rv = ring_typed(feed, now);
    if (rv == APR_SUCCESS && now >= feed->prune_at)
        rv = prune(feed, now);
    return rv;
}

/* The sockets here hear of a commit at once, those of other children by the bell. */
static void plan_turn(feed_t *feed, apr_time_t now)
{
    if (!atomic_exchange(&feed->has_commits, 0))
        return;
    feed->must_ring = 1;
    feed->look_at = earlier(feed->look_at, now);
}

static void take_turn(feed_t *feed)
{
    apr_interval_time_t wait = 0;
    uint64_t ignored;
    apr_status_t rv;

    take_notifications(feed); /* those that came with an answer make no socket readable */
    if (!feed->has_heard_bell && !feed->heard.count)
        wait = next_deadline(feed) - chat_clock_now();
    chat_listener_wait(feed->listener, feed->wake_fd, wait);
    (void)!read(feed->wake_fd, &ignored, sizeof ignored);
    plan_turn(feed, chat_clock_now());
    if (!chat_listener_is_connected(feed->listener))
        connect_anew(feed, chat_clock_now());
    if (!chat_listener_is_connected(feed->listener) || atomic_load(&feeds.is_stopping))
        return;
    take_notifications(feed);
    rv = work(feed, chat_clock_now());
    if (rv == APR_SUCCESS)
        return;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, feed->server, "feed: %s",
                 chat_listener_cause(feed->listener));
    chat_outlet_lose(feed->outlet);
    if (chat_listener_is_connected(feed->listener))
        apr_sleep(RETRY_FIRST_US); /* it is the statement, and it would fail again at once */
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    feed_t *feed = data;

    chat_metrics_gauge_add(CHAT_GAUGE_FEEDS, 1);
    while (!atomic_load(&feeds.is_stopping)) {
        take_turn(feed);
        feed->concerns = NULL;
        apr_pool_clear(feed->round);
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

/* Under the mutex. */
static feed_t *start(chat_db_t *db)
{
    const chat_config_t *config;
    apr_pool_t *p;
    feed_t *feed;

    if (chat_clock_now() < feeds.start_at || apr_pool_create(&p, feeds.pool) != APR_SUCCESS)
        return NULL;
    feed = apr_pcalloc(p, sizeof *feed);
    feed->database = chat_db_identity(db);
    feed->server = chat_db_server(db);
    config = ap_get_module_config(feed->server->module_config, &chat_module);
    feed->is_direct = !config->database_listen;
    feed->listener = chat_listener_create(
        config->database_listen ? config->database_listen : chat_db_params(db), p);
    feed->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    feed->retry_us = RETRY_FIRST_US;
    feed->prune_at = chat_clock_now() + PRUNE_US;
    apr_pool_create(&feed->round, p);
    feed->outlet = chat_outlet_create(feed->database, feed->wake_fd, p);
    if (feed->wake_fd < 0 || !feed->outlet ||
        apr_thread_mutex_create(&feed->mutex, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS ||
        apr_thread_create(&feed->thread, NULL, run, feed, p) != APR_SUCCESS) {
        ap_log_error(
            APLOG_MARK, APLOG_ERR, 0, feed->server,
            "a feed could not be started: WebSockets of this child are refused; the next try "
            "is in a minute");
        if (feed->wake_fd >= 0)
            close(feed->wake_fd);
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
    if (!feed && !atomic_load(&feeds.is_stopping))
        feed = start(db);
    apr_thread_mutex_unlock(feeds.mutex);
    return feed;
}

chat_outlet_t *chat_feed_outlet(chat_db_t *db)
{
    feed_t *feed = feed_of(db);

    return feed ? feed->outlet : NULL;
}

/* ---- hearing of commits ---- */

static void hear_committed(chat_db_t *db)
{
    feed_t *feed = feed_of(db);

    if (feed && !atomic_exchange(&feed->has_commits, 1)) /* else it is awake, and has not looked */
        wake(feed);
}

static void add_typed(feed_t *feed, const chat_typed_t *typed)
{
    apr_thread_mutex_lock(feed->mutex);
    chat_marks_add(&feed->typed, typed);
    apr_thread_mutex_unlock(feed->mutex);
    wake(feed);
}

static void hear_typed(chat_db_t *db, const chat_typed_t *typed)
{
    feed_t *feed = feed_of(db);

    if (feed)
        add_typed(feed, typed);
}

void chat_feed_hear_typed(const chat_outlet_t *outlet, const chat_typed_t *typed)
{
    add_typed(find(chat_outlet_database(outlet)), typed);
}

static void need_feed(chat_db_t *db, int must_poll)
{
    feed_t *feed = feed_of(db);

    if (feed && must_poll && !atomic_exchange(&feed->is_watched, 1))
        chat_outlet_want(feed->outlet);
}

static const chat_commit_hook_t commit_hook = {
    .committed = hear_committed, .typed = hear_typed, .need_feed = need_feed};

apr_status_t chat_feed_child_init(server_rec *s, apr_pool_t *pchild)
{
    apr_status_t rv;

    (void)s;
    rv = apr_pool_create(&feeds.pool, pchild);
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
        wake(feed);
        apr_thread_join(&rv, feed->thread);
    }
}

void chat_feed_close_all(void)
{
    feed_t *feed;

    for (feed = atomic_load(&feeds.first); feed; feed = feed->next)
        close(feed->wake_fd);
}
