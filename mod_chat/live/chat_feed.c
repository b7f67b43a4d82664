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

#include "core/chat_config.h"
#include "core/chat_counters.h"
#include "core/chat_gauges.h"
#include "core/chat_log.h"
#include "core/chat_number.h"
#include "live/chat_concern.h"
#include "live/chat_hub.h"
#include "live/chat_marks.h"
#include "live/chat_news.h"
#include "live/chat_place.h"
#include "live/chat_socket.h"
#include "store/chat_bell.h"
#include "store/chat_changes.h"
#include "store/chat_listener.h"
#include "store/chat_store_event.h"

#define CHANNEL_BELL "chat_bell"
#define CHANNEL_TYPING "chat_typing"
#define RING_US apr_time_from_msec(2)   /* between two rings, so that company is gathered */
#define TYPED_US apr_time_from_msec(20) /* between two notifications of typing */
#define LOOK_US apr_time_from_sec(1)    /* without a bell */
#define AHEAD_US apr_time_from_msec(2)  /* behind what was told ahead */
#define IDLE_US apr_time_from_sec(5)    /* without sockets */
#define PRUNE_US apr_time_from_sec(15)
#define PRUNE_AGAIN_US apr_time_from_msec(500) /* when there is too much for once */
#define STALE_US apr_time_from_sec(40) /* events live for a minute: then the place is lost */
#define RETRY_FIRST_US apr_time_from_msec(200)
#define RETRY_MAX_US apr_time_from_sec(2)
#define HUB_WAIT_US apr_time_from_sec(2)
#define PRESENCE_SLOTS 8192 /* a power of two */

/* What a feed is woken for. */
enum { NOTHING, TOLD_AHEAD, NEWS };

struct chat_feed_t {
    chat_feed_t *next;
    apr_uint64_t database;
    server_rec *server;
    chat_listener_t *listener;
    apr_thread_t *thread;
    apr_pool_t *pool;  /* lives as long as the child */
    apr_pool_t *round; /* cleared after each turn */
    int wake_fd;
    _Atomic int poked; /* what happened here since it looked whether it was woken */
    _Atomic int listeners;
    _Atomic int is_watched; /* also without a listener: for chat_changes.h */
    _Atomic int wanted;     /* grows with each first listener: a beginning is asked for */
    _Atomic int letters;    /* not opened yet */
    _Atomic unsigned short presence[PRESENCE_SLOTS]; /* listeners, by a hash of the user's id */

    apr_thread_mutex_t *mutex; /* guards `typed` */
    chat_marks_t typed;        /* here */

    int has_begun; /* the hub's thread only */

    chat_place_t *place;
    _Atomic int begun; /* the value of `wanted` that was satisfied; 0: none. Set with the place */

    /* The feed's thread only. */
    int is_away;
    int has_complained;
    int has_heard_bell;
    int must_ring;
    chat_concerns_t *concerns; /* of this turn's look, in `round`; NULL: there was none */
    chat_marks_t heard;        /* from elsewhere */
    apr_time_t rung_at;
    apr_time_t typed_at;
    apr_time_t looked_at;
    apr_time_t look_at; /* the next time at the latest */
    apr_time_t prune_at;
    apr_time_t retry_at;
    apr_interval_time_t retry_us;
};

static struct {
    apr_pool_t *pool;
    apr_thread_mutex_t *mutex; /* guards `pool` and making feeds */
    _Atomic(chat_feed_t *) first;
    _Atomic int is_stopping;
} feeds;

static unsigned slot_of(apr_int64_t user_id)
{
    return (unsigned)(((apr_uint64_t)user_id * APR_UINT64_C(0x9E3779B97F4A7C15)) >> 40) &
           (PRESENCE_SLOTS - 1);
}

static void wake(chat_feed_t *feed)
{
    uint64_t one = 1;

    (void)!write(feed->wake_fd, &one, sizeof one); /* full: it wakes anyway */
}

/* ---- for the hub ---- */

void chat_feed_add_listener(chat_feed_t *feed, apr_int64_t user_id)
{
    atomic_fetch_add(&feed->presence[slot_of(user_id)], 1);
    if (atomic_fetch_add(&feed->listeners, 1) > 0)
        return;
    feed->has_begun = 0;
    atomic_fetch_add(&feed->wanted, 1);
    wake(feed);
}

void chat_feed_remove_listener(chat_feed_t *feed, apr_int64_t user_id)
{
    atomic_fetch_sub(&feed->presence[slot_of(user_id)], 1);
    atomic_fetch_sub(&feed->listeners, 1);
}

int chat_feed_has_begun(const chat_feed_t *feed)
{
    return feed->has_begun;
}

void chat_feed_opened(chat_feed_t *feed, int is_begin)
{
    if (is_begin)
        feed->has_begun = 1;
    atomic_fetch_sub(&feed->letters, 1);
}

apr_uint64_t chat_feed_database(const chat_feed_t *feed)
{
    return feed->database;
}

/* ---- telling the hub ---- */

static int is_here(const chat_feed_t *feed, apr_int64_t user_id)
{
    return atomic_load_explicit(&((chat_feed_t *)feed)->presence[slot_of(user_id)],
                                memory_order_relaxed) > 0;
}

static void leave_place(chat_feed_t *feed)
{
    chat_place_lock(feed->place);
    chat_place_lose(feed->place);
    atomic_store(&feed->begun, 0);
    chat_place_unlock(feed->place);
}

static void lose_place(chat_feed_t *feed)
{
    if (atomic_load(&feed->begun))
        chat_counters_add(CHAT_COUNTER_RESYNCS, 1);
    leave_place(feed);
}

/* The hub has room again, or it does not move and must be told to begin anew. */
static int wait_for_room(chat_feed_t *feed)
{
    apr_time_t end = apr_time_now() + HUB_WAIT_US;

    if (atomic_load(&feed->letters) < CHAT_FEED_LETTERS_MAX)
        return 1;
    chat_counters_add(CHAT_COUNTER_MAILBOX_FULL, 1);
    while (atomic_load(&feed->letters) >= CHAT_FEED_LETTERS_MAX && apr_time_now() < end)
        apr_sleep(APR_USEC_PER_SEC / 1000);
    return atomic_load(&feed->letters) < CHAT_FEED_LETTERS_MAX;
}

/* What would be empty is not posted. */
static void post(chat_feed_t *feed, chat_news_t *news)
{
    if (!news->first && !news->is_begin) {
        chat_news_destroy(news);
        return;
    }
    atomic_fetch_add(&feed->letters, 1);
    news->letter.open = chat_socket_open_news;
    chat_hub_post(&news->letter);
}

/* 0: there is no room for these, and they are gone. */
static int make_room(chat_feed_t *feed, chat_news_t *news)
{
    if ((!news->first && !news->is_begin) || wait_for_room(feed))
        return 1;
    chat_news_destroy(news);
    lose_place(feed);
    return 0;
}

static void tell(chat_feed_t *feed, chat_news_t *news)
{
    if (make_room(feed, news))
        post(feed, news);
}

static int has_told(void *place, apr_uint64_t xid)
{
    return chat_place_has_told(place, xid);
}

/* News that a snapshot shows, and with them the feed's new place. */
static void tell_all_until(chat_feed_t *feed, chat_news_t *news, const char *snapshot, int begun)
{
    if (!make_room(feed, news))
        return;
    chat_place_lock(feed->place);
    chat_news_leave_out(news, has_told, feed->place);
    chat_place_move(feed->place, snapshot);
    atomic_store(&feed->begun, begun);
    post(feed, news);
    chat_place_unlock(feed->place);
    feed->looked_at = apr_time_now();
    feed->look_at = feed->looked_at + LOOK_US;
}

/* ---- reading ---- */

static apr_status_t begin(chat_feed_t *feed, int wanted)
{
    apr_uint64_t look = chat_changes_look();
    apr_time_t asked_at = apr_time_now();
    chat_news_t *news;
    const char *snapshot;
    apr_status_t rv = chat_store_event_snapshot(&snapshot, feed->listener, feed->round);

    if (rv != APR_SUCCESS)
        return rv;
    news = chat_news_create(feed);
    if (!news)
        return APR_ENOMEM;
    chat_changes_begun(feed->database, snapshot);
    chat_changes_heard(feed->database, look, asked_at);
    news->is_begin = 1;
    tell_all_until(feed, news, snapshot, wanted);
    return APR_SUCCESS;
}

/* For those who ask, as the news are for those who listen. */
static void note_change(const chat_feed_t *feed, const chat_event_t *event, apr_pool_t *p)
{
    char *staff = apr_pstrdup(p, event->audience.staff_ids);
    char *state = NULL;
    apr_int64_t id;
    char *word;

    if (event->kind == CHAT_EVENT_PEOPLE) {
        chat_changes_note(feed->database, 0, event->xid);
        return;
    }
    if (event->user_id)
        chat_changes_note(feed->database, event->user_id, event->xid);
    if (event->kind == CHAT_EVENT_MARKED) /* which nobody else sees */
        return;
    if (event->audience.member_id)
        chat_changes_note(feed->database, event->audience.member_id, event->xid);
    for (word = staff ? apr_strtok(staff, ",", &state) : NULL; word;
         word = apr_strtok(NULL, ",", &state))
        if (chat_number_read(&id, word) == APR_SUCCESS)
            chat_changes_note(feed->database, id, event->xid);
}

/* Whether it was told already; later on it may yet be. */
static int note_event(chat_feed_t *feed, const chat_event_t *event)
{
    int is_told;

    chat_place_lock(feed->place);
    if (event->kind == CHAT_EVENT_PEOPLE || event->kind == CHAT_EVENT_DEACTIVATED)
        chat_place_note_people(feed->place, event->xid);
    is_told = chat_place_has_told(feed->place, event->xid);
    chat_place_unlock(feed->place);
    return is_told;
}

static apr_status_t fill(chat_news_t *news, int *pcount, chat_feed_t *feed, chat_rows_t *rows,
                         apr_pool_t *p)
{
    apr_status_t rv = APR_SUCCESS;
    chat_event_t event;

    *pcount = 0;
    while (rv == APR_SUCCESS && chat_store_event_next(&event, rows)) {
        if (chat_changes_are_kept())
            note_change(feed, &event, p);
        if (!note_event(feed, &event))
            rv = chat_news_add_event(news, &event, is_here, p);
        chat_concerns_add(feed->concerns, &event);
        chat_gauges_set(CHAT_GAUGE_FEED_LAG_US, event.age); /* the newest comes last */
        ++*pcount;
    }
    return rv;
}

/* After the events themselves, and the bell, which do not wait for it. */
static apr_status_t tell_notifications(chat_feed_t *feed)
{
    chat_news_t *news;
    apr_status_t rv;

    if (!feed->begun || !feed->concerns || !chat_concerns_exist(feed->concerns))
        return APR_SUCCESS;
    news = chat_news_create(feed);
    if (!news)
        return APR_ENOMEM;
    rv = chat_concerns_tell(news, feed->concerns, feed->listener);
    if (rv == APR_SUCCESS)
        tell(feed, news);
    else
        chat_news_destroy(news);
    return rv;
}

static apr_status_t look(chat_feed_t *feed)
{
    const char *snapshot = chat_place_snapshot(feed->place);
    apr_uint64_t look = chat_changes_look();
    apr_time_t asked_at = apr_time_now();
    chat_news_t *news;
    chat_rows_t *rows;
    int count;
    apr_status_t rv =
        chat_store_event_read(&rows, &snapshot, feed->listener, CHAT_FEED_EVENTS_MAX, feed->round);

    if (rv != APR_SUCCESS)
        return rv;
    news = chat_news_create(feed);
    if (!news)
        return APR_ENOMEM;
    feed->concerns = chat_concerns_create(
        feed, is_here, ap_get_module_config(feed->server->module_config, &chat_module),
        feed->round);
    rv = fill(news, &count, feed, rows, feed->round);
    if (rv != APR_SUCCESS || count == CHAT_FEED_EVENTS_MAX) {
        chat_news_destroy(news); /* there may be more behind, out of order */
        lose_place(feed);
        return rv;
    }
    chat_counters_add(CHAT_COUNTER_EVENTS, (apr_uint64_t)count);
    chat_changes_heard(feed->database, look, asked_at); /* before anybody is told, and asks */
    tell_all_until(feed, news, snapshot, atomic_load(&feed->begun));
    return APR_SUCCESS;
}

static apr_status_t tell_typing(chat_feed_t *feed)
{
    chat_news_t *news;
    chat_named_typer_t typer;
    chat_rows_t *rows;
    apr_status_t rv = chat_store_event_typers(&rows, feed->listener, feed->heard.marks,
                                              feed->heard.count, feed->round);

    feed->heard.count = 0;
    if (rv != APR_SUCCESS)
        return rv;
    news = chat_news_create(feed);
    if (!news)
        return APR_ENOMEM;
    while (rv == APR_SUCCESS && chat_store_event_next_typer(&typer, rows))
        rv = chat_news_add_typer(news, &typer, is_here, feed->round);
    tell(feed, news);
    return rv;
}

/* ---- hearing ---- */

static void take_notifications(chat_feed_t *feed)
{
    chat_heard_t heard;

    while (chat_listener_next(&heard, feed->listener)) {
        if (strcmp(heard.channel, CHANNEL_TYPING) == 0)
            chat_marks_read(&feed->heard, heard.payload, feed->round);
        else if (!heard.is_own)
            feed->has_heard_bell = 1;
    }
}

/* ---- ringing ---- */

static apr_status_t ring(chat_feed_t *feed, apr_time_t now)
{
    feed->must_ring = 0;
    feed->rung_at = now;
    chat_counters_add(CHAT_COUNTER_BELLS, 1);
    return chat_store_event_notify(feed->listener, CHANNEL_BELL, "", feed->round);
}

static apr_status_t ring_typed(chat_feed_t *feed, apr_time_t now)
{
    const char *payload;

    apr_thread_mutex_lock(feed->mutex);
    payload = chat_marks_take(&feed->typed, feed->round);
    apr_thread_mutex_unlock(feed->mutex);
    feed->typed_at = now;
    return *payload ? chat_store_event_notify(feed->listener, CHANNEL_TYPING, payload, feed->round)
                    : APR_SUCCESS;
}

static int has_typed(chat_feed_t *feed)
{
    int count;

    apr_thread_mutex_lock(feed->mutex);
    count = feed->typed.count;
    apr_thread_mutex_unlock(feed->mutex);
    return count > 0;
}

/* ---- the thread ---- */

static void set_away(chat_feed_t *feed, int is_away)
{
    chat_gauges_add(CHAT_GAUGE_FEEDS_AWAY, is_away - feed->is_away);
    feed->is_away = is_away;
}

static void complain_of_pooler(chat_feed_t *feed)
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

static void connect_anew(chat_feed_t *feed, apr_time_t now)
{
    static const char *const channels[] = {CHANNEL_BELL, CHANNEL_TYPING, NULL};

    if (now < feed->retry_at)
        return;
    lose_place(feed);
    feed->heard.count = 0;
    if (chat_listener_connect(feed->listener, channels) == APR_SUCCESS) {
        if (feed->is_away)
            ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, feed->server,
                         "feed: the database is there again");
        complain_of_pooler(feed);
        set_away(feed, 0);
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

static int is_wanted(chat_feed_t *feed)
{
    return atomic_load(&feed->listeners) > 0 || atomic_load(&feed->is_watched);
}

/* When there is something to do, even if nobody wakes us. */
static apr_time_t next_deadline(chat_feed_t *feed)
{
    apr_time_t deadline = feed->prune_at;

    if (!chat_listener_is_connected(feed->listener))
        return feed->retry_at;
    deadline = earlier(deadline, apr_time_now() + IDLE_US);
    if (is_wanted(feed))
        deadline = earlier(deadline, feed->look_at);
    if (feed->must_ring)
        deadline = earlier(deadline, feed->rung_at + RING_US);
    if (has_typed(feed))
        deadline = earlier(deadline, feed->typed_at + TYPED_US);
    return deadline;
}

static apr_status_t serve_listeners(chat_feed_t *feed, apr_time_t now)
{
    int wanted = atomic_load(&feed->wanted);
    apr_status_t rv = APR_SUCCESS;

    if (!is_wanted(feed)) {
        leave_place(feed);
        feed->heard.count = 0;
        feed->has_heard_bell = 0;
        return APR_SUCCESS;
    }
    if (feed->begun && now > feed->looked_at + STALE_US)
        lose_place(feed);
    if (feed->begun != wanted)
        rv = begin(feed, wanted);
    else if (feed->has_heard_bell || now >= feed->look_at)
        rv = look(feed);
    feed->has_heard_bell = 0;
    if (rv == APR_SUCCESS && feed->heard.count)
        rv = tell_typing(feed);
    return rv;
}

static apr_status_t prune(chat_feed_t *feed, apr_time_t now)
{
    int may_have_more;
    apr_status_t rv = chat_store_event_prune(&may_have_more, feed->listener, feed->round);

    feed->prune_at = now + (may_have_more ? PRUNE_AGAIN_US : PRUNE_US);
    return rv;
}

static apr_status_t work(chat_feed_t *feed, apr_time_t now)
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

/* Others hear of it at once. The sockets here do, too, unless they have heard already: then the
 * look, for notifications and for whoever asks, leaves the processor to those who read, and takes
 * in what comes meanwhile. */
static void plan_turn(chat_feed_t *feed, apr_time_t now)
{
    int poked = atomic_exchange(&feed->poked, NOTHING);

    if (poked == NOTHING)
        return;
    feed->must_ring = 1;
    feed->look_at = earlier(feed->look_at, poked == NEWS ? now : now + AHEAD_US);
}

static void take_turn(chat_feed_t *feed)
{
    apr_interval_time_t wait = 0;
    uint64_t ignored;
    apr_status_t rv;

    take_notifications(feed); /* those that came with an answer make no socket readable */
    if (!feed->has_heard_bell && !feed->heard.count)
        wait = next_deadline(feed) - apr_time_now();
    chat_listener_wait(feed->listener, feed->wake_fd, wait);
    (void)!read(feed->wake_fd, &ignored, sizeof ignored);
    plan_turn(feed, apr_time_now());
    if (!chat_listener_is_connected(feed->listener))
        connect_anew(feed, apr_time_now());
    if (!chat_listener_is_connected(feed->listener) || atomic_load(&feeds.is_stopping))
        return;
    take_notifications(feed);
    rv = work(feed, apr_time_now());
    if (rv == APR_SUCCESS)
        return;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, feed->server, "feed: %s",
                 chat_listener_cause(feed->listener));
    lose_place(feed);
    if (chat_listener_is_connected(feed->listener))
        apr_sleep(RETRY_FIRST_US); /* it is the statement, and it would fail again at once */
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    chat_feed_t *feed = data;

    chat_gauges_add(CHAT_GAUGE_FEEDS, 1);
    while (!atomic_load(&feeds.is_stopping)) {
        take_turn(feed);
        feed->concerns = NULL;
        apr_pool_clear(feed->round);
    }
    chat_listener_close(feed->listener);
    set_away(feed, 0);
    chat_gauges_add(CHAT_GAUGE_FEEDS, -1);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* ---- start and stop ---- */

static chat_feed_t *find(apr_uint64_t database)
{
    chat_feed_t *feed = atomic_load(&feeds.first);

    while (feed && feed->database != database)
        feed = feed->next;
    return feed;
}

/* Under the mutex. */
static chat_feed_t *start(chat_db_t *db)
{
    chat_feed_t *feed = apr_pcalloc(feeds.pool, sizeof *feed);
    const chat_config_t *config;

    feed->pool = feeds.pool;
    feed->database = chat_db_identity(db);
    feed->server = chat_db_server(db);
    config = ap_get_module_config(feed->server->module_config, &chat_module);
    feed->listener = chat_listener_create(
        config->database_listen ? config->database_listen : chat_db_params(db), feeds.pool);
    feed->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    feed->retry_us = RETRY_FIRST_US;
    feed->prune_at = apr_time_now() + PRUNE_US;
    apr_pool_create(&feed->round, feeds.pool);
    feed->place = chat_place_create(feeds.pool);
    if (feed->wake_fd < 0 || !feed->place ||
        apr_thread_mutex_create(&feed->mutex, APR_THREAD_MUTEX_DEFAULT, feeds.pool) !=
            APR_SUCCESS ||
        apr_thread_create(&feed->thread, NULL, run, feed, feeds.pool) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, feed->server, "a feed could not be started");
        return NULL;
    }
    feed->next = atomic_load(&feeds.first);
    atomic_store(&feeds.first, feed);
    return feed;
}

chat_feed_t *chat_feed_of(chat_db_t *db)
{
    apr_uint64_t database = chat_db_identity(db);
    chat_feed_t *feed;

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

static void poke(chat_feed_t *feed, int what)
{
    int before = atomic_load(&feed->poked);

    while (before < what && !atomic_compare_exchange_weak(&feed->poked, &before, what))
        ;
    if (before == NOTHING) /* else it is awake, and has not looked yet */
        wake(feed);
}

static void hear(chat_db_t *db)
{
    chat_feed_t *feed = chat_feed_of(db);

    if (feed)
        poke(feed, NEWS);
}

static void hear_typed(chat_db_t *db, const chat_typed_t *typed)
{
    chat_feed_t *feed = chat_feed_of(db);

    if (!feed)
        return;
    apr_thread_mutex_lock(feed->mutex);
    chat_marks_add(&feed->typed, typed);
    apr_thread_mutex_unlock(feed->mutex);
    wake(feed);
}

static int is_listening(chat_feed_t *feed)
{
    int begun = atomic_load(&feed->begun);

    return begun && begun == atomic_load(&feed->wanted);
}

/* It is asked before the statement, which must not find the database twice. */
static int is_curious(chat_db_t *db)
{
    apr_uint64_t database = chat_db_identity_if_known(db);
    chat_feed_t *feed = database ? find(database) : NULL;

    return feed && atomic_load(&feed->listeners) > 0 && is_listening(feed);
}

/* Whether they were posted: else the look will find what they tell. */
static int post_ahead(chat_feed_t *feed, chat_news_t *news, const chat_firsthand_t *said)
{
    int is_admitted;

    chat_place_lock(feed->place);
    is_admitted = is_listening(feed) && chat_place_admit(feed->place, said);
    if (is_admitted)
        post(feed, news);
    chat_place_unlock(feed->place);
    return is_admitted;
}

/* On the thread that wrote it: the sockets here need not wait for a look. */
static int tell_ahead(chat_feed_t *feed, const chat_firsthand_t *said, apr_pool_t *p)
{
    chat_news_t *news;

    if (!is_listening(feed) || atomic_load(&feed->letters) >= CHAT_FEED_LETTERS_MAX)
        return 0;
    news = chat_news_create(feed);
    if (!news)
        return 0;
    if (chat_changes_are_kept())
        note_change(feed, &said->event, p); /* before anybody is told, and asks */
    if (chat_news_add_event(news, &said->event, is_here, p) != APR_SUCCESS || !news->first ||
        !post_ahead(feed, news, said)) {
        chat_news_destroy(news);
        return 0;
    }
    chat_counters_add(CHAT_COUNTER_TOLD_AHEAD, 1);
    return 1;
}

static void hear_firsthand(chat_db_t *db, const chat_firsthand_t *said, apr_pool_t *p)
{
    chat_feed_t *feed = chat_feed_of(db);

    if (!feed)
        return;
    poke(feed, tell_ahead(feed, said, p) ? TOLD_AHEAD : NEWS);
}

static void watch(chat_db_t *db)
{
    chat_feed_t *feed = chat_feed_of(db);

    if (!feed || atomic_exchange(&feed->is_watched, 1))
        return;
    atomic_fetch_add(&feed->wanted, 1);
    wake(feed);
}

static const chat_bell_listener_t bell_listener = {.hear = hear,
                                                   .hear_firsthand = hear_firsthand,
                                                   .hear_typed = hear_typed,
                                                   .watch = watch,
                                                   .is_curious = is_curious};

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
        chat_bell_listen(&bell_listener);
    return rv;
}

void chat_feed_join_all(void)
{
    chat_feed_t *feed;
    apr_status_t rv;

    if (!feeds.mutex)
        return;
    apr_thread_mutex_lock(feeds.mutex); /* nobody starts another one now */
    atomic_store(&feeds.is_stopping, 1);
    apr_thread_mutex_unlock(feeds.mutex);
    for (feed = atomic_load(&feeds.first); feed; feed = feed->next) {
        wake(feed);
        apr_thread_join(&rv, feed->thread);
        close(feed->wake_fd);
    }
}
