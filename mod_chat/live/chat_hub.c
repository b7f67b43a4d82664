/*
 * One turn of the hub's thread: events of sockets, then letters (new connections are among them),
 * then all that these gave the sockets to send, and ten times a second a look at the clock and at
 * those whose input was cut short for the others' sake. Sending to many is nearly all the kernel's
 * work, and waits for nothing: other processors take their part of it (chat_hands.h). A connection
 * that its worker still has waits in a list of its own, and its client for the answer: who was
 * greeted can count on a close frame. One that has ended stays in another until everybody else has
 * surely left it (chat_conn_is_released), and is destroyed then. Without connections nothing is due
 * at any time, and the thread sleeps until it is signalled.
 */
#include "live/chat_hub.h"

#include <malloc.h>
#include <pthread.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <apr_thread_proc.h>

#include "core/chat_clock.h"
#include "core/chat_metrics.h"
#include "core/chat_log.h"
#include "core/chat_wake.h"
#include "live/chat_hands.h"

#define EVENTS_PER_TURN 256
#define BATCH 1024 /* connections that are written to at once */
#define TICK_MS 100
#define ARRIVING_NS 50000 /* between looks whether a worker has let go, which wakes nobody */
#define TRIM_AFTER 256    /* requests or connections; a burst counts as so many */
#define TRIM_QUIET_US apr_time_from_msec(500)
#define TRIM_AT_LEAST_US apr_time_from_sec(10)
#define STOP_US apr_time_from_sec(CHAT_HUB_STOP_S)

static struct {
    apr_thread_t *thread;
    server_rec *server;
    int epoll_fd;
    int wake_fd;
    int connections_max;
    apr_interval_time_t heartbeat;
    _Atomic int places; /* taken: reserved, offered or adopted */
    _Atomic int is_stopping;
    _Atomic int is_over; /* the child ends: the thread must */

    chat_mailbox_t *mailbox;
    chat_hands_t *hands; /* for writing */

    /* The hub's thread only. */
    chat_conn_t *arriving; /* offered; the worker has not let go yet. One for each worker at most */
    chat_conn_t *conns;
    chat_conn_t *dead;
    chat_conn_t *touched; /* linked by `next_touched` */
    int is_closing;
    chat_packet_t *ping;
    int freed; /* since memory was given back */
    apr_time_t freed_at;
    apr_time_t trimmed_at;
    apr_time_t now; /* of this turn */
    apr_time_t stop_at;
    apr_time_t ticked_at;
} hub;

int chat_hub_reserve(void)
{
    if (!hub.thread || atomic_load(&hub.is_stopping))
        return 0;
    if (atomic_fetch_add(&hub.places, 1) < hub.connections_max)
        return 1;
    atomic_fetch_sub(&hub.places, 1);
    return 0;
}

void chat_hub_release(void)
{
    atomic_fetch_sub(&hub.places, 1);
}

void chat_hub_post(chat_letter_t *letter)
{
    chat_mailbox_post(hub.mailbox, letter);
}

/* ---- the hub's thread ---- */

static void watch(chat_conn_t *conn)
{
    struct epoll_event event = {.events = chat_conn_wants(conn), .data.ptr = conn};

    if (conn->is_watched && event.events == conn->events)
        return;
    if (epoll_ctl(hub.epoll_fd, conn->is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, conn->fd,
                  &event) != 0) {
        chat_conn_abort(conn);
        return;
    }
    conn->is_watched = 1;
    conn->events = event.events;
}

/* Codes that can be counted one by one, and one place for all others. */
static int code_index(int code)
{
    int index = code - CHAT_CLOSE_NORMAL;

    return index >= 0 && index < CHAT_CLOSE_CODES_COUNTED - 1 ? index
                                                              : CHAT_CLOSE_CODES_COUNTED - 1;
}

static void end(chat_conn_t *conn)
{
    if (conn->has_ended)
        return;
    conn->has_ended = 1;
    chat_metrics_gauge_add(CHAT_GAUGE_SOCKETS, -1);
    chat_metrics_count(CHAT_COUNTER_SOCKETS_CLOSED + code_index(conn->close_code), 1);
    if (conn->role->on_end)
        conn->role->on_end(conn);
}

static void bury(chat_conn_t *conn)
{
    end(conn);
    if (conn->is_watched)
        epoll_ctl(hub.epoll_fd, EPOLL_CTL_DEL, conn->fd, NULL);
    if (conn->previous)
        conn->previous->next = conn->next;
    else
        hub.conns = conn->next;
    if (conn->next)
        conn->next->previous = conn->previous;
    conn->next = hub.dead;
    hub.dead = conn;
    ap_log_cerror(APLOG_MARK, APLOG_DEBUG, 0, conn->c, "conn(%ld): closed %d%s", conn->c->id,
                  conn->close_code, conn->is_told ? "" : ", without a word");
}

/* After whatever was done to a connection. */
static void settle(chat_conn_t *conn)
{
    if (conn->state == CHAT_CONN_OPEN && conn->role->on_drain && chat_conn_is_drained(conn))
        conn->role->on_drain(conn);
    if (conn->state != CHAT_CONN_OPEN)
        end(conn);
    if (conn->state != CHAT_CONN_DEAD)
        watch(conn);
    if (conn->state == CHAT_CONN_DEAD && !conn->is_touched)
        bury(conn);
}

void chat_hub_touch(chat_conn_t *conn)
{
    if (conn->is_touched || conn->state == CHAT_CONN_DEAD)
        return;
    conn->is_touched = 1;
    conn->next_touched = hub.touched;
    hub.touched = conn;
}

static int must_read(const chat_conn_t *conn)
{
    return conn->has_more_input && !conn->is_paused && conn->state == CHAT_CONN_OPEN;
}

/* The only thing that is done to connections on other threads: each for itself, while the hub does
 * the same to others. */
static void write_one(void *item)
{
    if (!must_read(item))
        chat_conn_write(item);
}

static int take_touched(void **batch, int max)
{
    int count = 0;

    for (; hub.touched && count < max; hub.touched = hub.touched->next_touched) {
        hub.touched->is_touched = 0;
        batch[count++] = hub.touched;
    }
    return count;
}

static void flush_touched(void)
{
    void *batch[BATCH];
    int count;
    int i;

    while ((count = take_touched(batch, BATCH)) > 0) {
        chat_hands_do(hub.hands, write_one, batch, count);
        for (i = 0; i < count; i++) {
            if (must_read(batch[i]))
                chat_conn_read(batch[i], hub.now); /* which writes, too */
            settle(batch[i]);
        }
    }
}

static void adopt(chat_conn_t *conn)
{
    conn->previous = NULL;
    conn->next = hub.conns;
    if (hub.conns)
        hub.conns->previous = conn;
    hub.conns = conn;
    chat_metrics_count(CHAT_COUNTER_SOCKETS_OPENED, 1);
    chat_metrics_gauge_add(CHAT_GAUGE_SOCKETS, 1);
    chat_conn_adopt(conn, hub.now);
    if (hub.is_closing)
        chat_conn_close(conn, CHAT_CLOSE_GOING_AWAY);
    settle(conn);
}

static void open_offer(chat_letter_t *letter)
{
    chat_conn_t *conn = (chat_conn_t *)letter; /* its first member */

    if (chat_conn_is_let_go(conn)) {
        adopt(conn);
        return;
    }
    conn->next = hub.arriving;
    hub.arriving = conn;
}

static void adopt_arriving(void)
{
    chat_conn_t **link = &hub.arriving;

    while (*link) {
        chat_conn_t *conn = *link;

        if (!chat_conn_is_let_go(conn)) {
            link = &conn->next;
            continue;
        }
        *link = conn->next;
        adopt(conn);
    }
}

void chat_hub_offer(chat_conn_t *conn)
{
    conn->letter.open = open_offer;
    chat_hub_post(&conn->letter);
}

static void note_freed(int weight, apr_time_t now)
{
    hub.freed += weight;
    hub.freed_at = now;
}

static void destroy_dead(apr_time_t now, int is_forced)
{
    chat_conn_t **link = &hub.dead;

    while (*link) {
        chat_conn_t *conn = *link;

        if (!is_forced && !chat_conn_is_released(conn, now)) {
            link = &conn->next;
            continue;
        }
        *link = conn->next;
        note_freed(conn->has_had_burst ? TRIM_AFTER : 1, now);
        chat_conn_destroy(conn);
        atomic_fetch_sub(&hub.places, 1);
    }
}

/* Why a connection must end now without a word; 0: it need not. */
static int find_end(const chat_conn_t *conn, apr_time_t now)
{
    if (conn->ends_at && now >= conn->ends_at)
        return CHAT_CLOSE_ABNORMAL;
    if (conn->state != CHAT_CONN_OPEN)
        return 0;
    if (!chat_conn_is_drained(conn) && now >= conn->moved_at + 2 * hub.heartbeat)
        return CHAT_CLOSE_TRY_LATER; /* it has not taken a byte for so long */
    if (conn->asked_at && now >= conn->asked_at + hub.heartbeat)
        return CHAT_CLOSE_ABNORMAL; /* two heartbeats without a sound */
    return 0;
}

static void ask(chat_conn_t *conn, apr_time_t now)
{
    conn->asked_at = now;
    chat_conn_send(conn, hub.ping);
    chat_conn_write(conn);
}

/* Is it there, is it too old, has it lingered long enough? */
static void look_after(chat_conn_t *conn, apr_time_t now)
{
    int code;

    if (conn->is_paused) { /* it is we who do not listen */
        conn->heard_at = now;
        conn->asked_at = 0;
    }
    code = find_end(conn, now);
    if (code) {
        if (code == CHAT_CLOSE_TRY_LATER)
            chat_metrics_count(CHAT_COUNTER_SOCKETS_SLOW, 1);
        if (!conn->close_code)
            conn->close_code = code;
        chat_conn_abort(conn);
    } else if (conn->age_max && now >= conn->adopted_at + conn->age_max) {
        chat_conn_close(conn, CHAT_CLOSE_GOING_AWAY);
    } else if (conn->state == CHAT_CONN_OPEN && !conn->asked_at &&
               now >= conn->heard_at + hub.heartbeat) {
        ask(conn, now);
    }
}

/* A wave of handshakes, or of what a slow peer was sent, leaves holes that only come to use again
 * with the next one. Where it never gets quiet, they are given back now and then. */
static void give_memory_back(apr_time_t now)
{
    if (hub.freed < TRIM_AFTER ||
        (now < hub.freed_at + TRIM_QUIET_US && now < hub.trimmed_at + TRIM_AT_LEAST_US))
        return;
    hub.freed = 0;
    hub.trimmed_at = now;
    malloc_trim(0);
}

static void tick(apr_time_t now)
{
    chat_conn_t *conn;
    chat_conn_t *next;

    for (conn = hub.conns; conn; conn = next) {
        next = conn->next;
        if (conn->has_more_input && !conn->is_paused)
            chat_conn_read(conn, now);
        look_after(conn, now);
        if (chat_conn_end_request(conn, now))
            note_freed(1, now);
        if (chat_conn_take_burst(conn))
            note_freed(TRIM_AFTER, now);
        if (conn->state == CHAT_CONN_OPEN && conn->role->on_tick)
            conn->role->on_tick(conn, now);
        settle(conn);
    }
    destroy_dead(now, 0);
    give_memory_back(now);
}

static void close_all(apr_time_t now, int code)
{
    chat_conn_t *conn;
    chat_conn_t *next;

    hub.is_closing = 1;
    hub.stop_at = now + STOP_US;
    for (conn = hub.conns; conn; conn = next) {
        next = conn->next;
        chat_conn_close(conn, code);
        settle(conn);
    }
}

static void abort_all(void)
{
    while (hub.conns) {
        chat_conn_t *conn = hub.conns;

        if (conn->state == CHAT_CONN_OPEN)
            conn->close_code = CHAT_CLOSE_GOING_AWAY;
        chat_conn_abort(conn);
        bury(conn);
    }
}

/* An error or the end of both directions is told again and again, whatever is watched: when there
 * is nothing more to read, or nobody who reads, it is the end. */
static void handle_event(chat_conn_t *conn, apr_uint32_t events, apr_time_t now)
{
    if (events & EPOLLOUT)
        chat_conn_write(conn);
    if (conn->state != CHAT_CONN_DEAD && events & ~(apr_uint32_t)EPOLLOUT)
        chat_conn_read(conn, now);
    if (conn->state != CHAT_CONN_DEAD && events & (EPOLLERR | EPOLLHUP) && !must_read(conn))
        chat_conn_abort(conn);
}

static void handle_events(const struct epoll_event *events, int count, apr_time_t now)
{
    int i;

    for (i = 0; i < count; i++) {
        chat_conn_t *conn = events[i].data.ptr;

        if (!conn) {
            chat_wake_clear(hub.wake_fd); /* what woke us is seen below */
            continue;
        }
        if (conn->state == CHAT_CONN_DEAD)
            continue;
        handle_event(conn, events[i].events, now);
        settle(conn);
    }
}

/* Whether everything is over and the thread may end. `is_over` was asked before the letters were
 * opened: the workers had ended, so none came since, and none is arriving. */
static int stop(apr_time_t now, int is_over)
{
    if (atomic_load(&hub.is_stopping) && !hub.is_closing)
        close_all(now, CHAT_CLOSE_GOING_AWAY);
    if (hub.is_closing && now >= hub.stop_at)
        abort_all();
    if (!is_over || (hub.conns && now < hub.stop_at))
        return 0;
    abort_all();
    destroy_dead(now, 1); /* the workers have ended before the child's pool does */
    return 1;
}

/* Without connections, and with no memory to give back, nothing is due at any time: whatever there
 * is to do then is signalled. */
static int needs_ticks(void)
{
    return hub.conns || hub.dead || hub.freed >= TRIM_AFTER;
}

/* Where a connection is arriving, for less than epoll_wait() can; its worker may need this CPU. */
static int wait_for_events(struct epoll_event *events)
{
    static const struct timespec shortly = {.tv_nsec = ARRIVING_NS};
    struct pollfd all = {.fd = hub.epoll_fd, .events = POLLIN};

    if (hub.arriving)
        ppoll(&all, 1, &shortly, NULL);
    return epoll_wait(hub.epoll_fd, events, EVENTS_PER_TURN,
                      hub.arriving    ? 0
                      : needs_ticks() ? TICK_MS
                                      : -1);
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    struct epoll_event events[EVENTS_PER_TURN];
    apr_time_t now;
    int is_over;

    (void)data;
    pthread_setname_np(pthread_self(), CHAT_HUB_THREAD_NAME);
    do {
        int count = wait_for_events(events);

        hub.now = now = chat_clock_now();
        is_over = atomic_load(&hub.is_over);
        handle_events(events, count, now);
        adopt_arriving();
        chat_mailbox_open_all(hub.mailbox);
        flush_touched();
        if (now >= hub.ticked_at + apr_time_from_msec(TICK_MS)) {
            hub.ticked_at = now;
            tick(now);
        }
    } while (!stop(now, is_over));
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* ---- start and stop ---- */

void chat_hub_stop(void)
{
    if (!hub.thread)
        return;
    atomic_store(&hub.is_stopping, 1);
    chat_metrics_gauge_set(CHAT_GAUGE_HUBS, 0);
    chat_wake_signal(hub.wake_fd);
}

/* What there was before the thread. */
static void end_parts(void)
{
    if (hub.hands)
        chat_hands_join(hub.hands);
    hub.hands = NULL;
    chat_packet_release(hub.ping);
    hub.ping = NULL;
    if (hub.epoll_fd >= 0)
        close(hub.epoll_fd);
    chat_wake_close(&hub.wake_fd);
}

static apr_status_t make_parts(apr_pool_t *pchild)
{
    struct epoll_event event = {.events = EPOLLIN};
    apr_status_t rv;

    hub.ping = chat_packet_frame(CHAT_OPCODE_PING, "", 0);
    hub.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    rv = chat_wake_open(&hub.wake_fd);
    if (rv != APR_SUCCESS)
        return rv;
    if (!hub.ping)
        return APR_ENOMEM;
    if (hub.epoll_fd < 0 || epoll_ctl(hub.epoll_fd, EPOLL_CTL_ADD, hub.wake_fd, &event) != 0)
        return apr_get_os_error();
    rv = chat_mailbox_create(&hub.mailbox, hub.wake_fd, pchild);
    if (rv == APR_SUCCESS)
        rv = chat_hands_create(&hub.hands, chat_hands_of_use(), pchild);
    return rv;
}

void chat_hub_join(void)
{
    apr_status_t rv;

    if (!hub.thread)
        return;
    atomic_store(&hub.is_stopping, 1);
    atomic_store(&hub.is_over, 1);
    chat_wake_signal(hub.wake_fd);
    apr_thread_join(&rv, hub.thread);
    hub.thread = NULL;
    end_parts();
}

apr_status_t chat_hub_start(server_rec *s, int connections_max, apr_interval_time_t heartbeat,
                            apr_pool_t *pchild)
{
    apr_thread_t *thread = NULL;
    apr_status_t rv;

    hub.server = s;
    hub.connections_max = connections_max;
    hub.heartbeat = heartbeat;
    rv = make_parts(pchild);
    if (rv == APR_SUCCESS)
        rv = apr_thread_create(&thread, NULL, run, NULL, pchild);
    if (rv == APR_SUCCESS)
        hub.thread = thread;
    else
        end_parts();
    return rv;
}
