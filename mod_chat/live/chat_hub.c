/*
 * One turn of the hub's thread: events of sockets, then connections that were offered, then those
 * whose input was cut short for the others' sake, and ten times a second a look at the clock. A
 * connection that has ended stays in a list of its own until httpd's worker has surely left it
 * (chat_conn_is_released), and is destroyed then.
 */
#include "live/chat_hub.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

#include "core/chat_log.h"

#define EVENTS_PER_TURN 256
#define TICK_MS 100
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

    apr_thread_mutex_t *mutex; /* guards `offered` */
    chat_conn_t *offered;      /* linked by `next` */

    /* The hub's thread only. */
    chat_conn_t *conns;
    chat_conn_t *dead;
    int is_closing;
    apr_time_t stop_at;
    apr_time_t ticked_at;
} hub;

static void wake(void)
{
    apr_uint64_t one = 1;

    (void)!write(hub.wake_fd, &one, sizeof one); /* full: it wakes anyway */
}

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

void chat_hub_offer(chat_conn_t *conn)
{
    apr_thread_mutex_lock(hub.mutex);
    conn->next = hub.offered;
    hub.offered = conn;
    apr_thread_mutex_unlock(hub.mutex);
    wake();
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

static void bury(chat_conn_t *conn)
{
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
    ap_log_cerror(APLOG_MARK, APLOG_DEBUG, 0, conn->c, "conn(%ld): closed %d", conn->c->id,
                  conn->close_code);
}

/* After whatever was done to a connection. */
static void settle(chat_conn_t *conn)
{
    if (conn->state != CHAT_CONN_DEAD)
        watch(conn);
    if (conn->state == CHAT_CONN_DEAD)
        bury(conn);
}

static void adopt_offered(apr_time_t now)
{
    chat_conn_t *conn;
    chat_conn_t *next;

    apr_thread_mutex_lock(hub.mutex);
    conn = hub.offered;
    hub.offered = NULL;
    apr_thread_mutex_unlock(hub.mutex);
    for (; conn; conn = next) {
        next = conn->next;
        conn->previous = NULL;
        conn->next = hub.conns;
        if (hub.conns)
            hub.conns->previous = conn;
        hub.conns = conn;
        chat_conn_adopt(conn, now);
        if (hub.is_closing)
            chat_conn_close(conn, CHAT_CLOSE_GOING_AWAY);
        settle(conn);
    }
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
        chat_conn_destroy(conn);
        atomic_fetch_sub(&hub.places, 1);
    }
}

/* Is it there, is it too old, has it lingered long enough? */
static void look_after(chat_conn_t *conn, apr_time_t now)
{
    if (conn->ends_at && now >= conn->ends_at) {
        if (conn->state == CHAT_CONN_OPEN)
            chat_conn_close(conn, CHAT_CLOSE_GOING_AWAY);
        else
            chat_conn_abort(conn);
    } else if (conn->state == CHAT_CONN_LINGERING) {
        return;
    } else if (conn->asked_at && now >= conn->asked_at + hub.heartbeat) {
        chat_conn_abort(conn); /* two heartbeats without a sound */
    } else if (!conn->asked_at && now >= conn->heard_at + hub.heartbeat) {
        conn->asked_at = now;
        chat_conn_send(conn, CHAT_OPCODE_PING, NULL, 0);
        chat_conn_write(conn);
    }
}

static void tick(apr_time_t now)
{
    chat_conn_t *conn;
    chat_conn_t *next;

    for (conn = hub.conns; conn; conn = next) {
        next = conn->next;
        if (conn->has_more_input)
            chat_conn_read(conn, now);
        look_after(conn, now);
        settle(conn);
    }
    destroy_dead(now, 0);
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
        chat_conn_abort(hub.conns);
        bury(hub.conns);
    }
}

static void handle_events(const struct epoll_event *events, int count, apr_time_t now)
{
    int i;

    for (i = 0; i < count; i++) {
        chat_conn_t *conn = events[i].data.ptr;
        apr_uint64_t ignored;

        if (!conn) {
            (void)!read(hub.wake_fd, &ignored, sizeof ignored); /* what woke us is seen below */
            continue;
        }
        if (conn->state == CHAT_CONN_DEAD)
            continue;
        if (events[i].events & EPOLLOUT)
            chat_conn_write(conn);
        if (conn->state != CHAT_CONN_DEAD && events[i].events & ~(apr_uint32_t)EPOLLOUT)
            chat_conn_read(conn, now);
        settle(conn);
    }
}

/* Whether everything is over and the thread may end. */
static int stop(apr_time_t now)
{
    if (atomic_load(&hub.is_stopping) && !hub.is_closing)
        close_all(now, CHAT_CLOSE_GOING_AWAY);
    if (hub.is_closing && now >= hub.stop_at)
        abort_all();
    if (!atomic_load(&hub.is_over) || (hub.conns && now < hub.stop_at))
        return 0;
    abort_all();
    destroy_dead(now, 1); /* the workers have ended before the child's pool does */
    return 1;
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    struct epoll_event events[EVENTS_PER_TURN];
    apr_time_t now;

    (void)data;
    do {
        int count = epoll_wait(hub.epoll_fd, events, EVENTS_PER_TURN, TICK_MS);

        now = apr_time_now();
        handle_events(events, count, now);
        adopt_offered(now);
        if (now >= hub.ticked_at + apr_time_from_msec(TICK_MS)) {
            hub.ticked_at = now;
            tick(now);
        }
    } while (!stop(now));
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* ---- start and stop ---- */

void chat_hub_stop(void)
{
    if (!hub.thread)
        return;
    atomic_store(&hub.is_stopping, 1);
    wake();
}

static apr_status_t join(void *data)
{
    apr_status_t rv;

    (void)data;
    atomic_store(&hub.is_stopping, 1);
    atomic_store(&hub.is_over, 1);
    wake();
    apr_thread_join(&rv, hub.thread);
    hub.thread = NULL;
    close(hub.epoll_fd);
    close(hub.wake_fd);
    return APR_SUCCESS;
}

apr_status_t chat_hub_start(server_rec *s, int connections_max, apr_interval_time_t heartbeat,
                            apr_pool_t *pchild)
{
    struct epoll_event event = {.events = EPOLLIN};
    apr_status_t rv;

    hub.server = s;
    hub.connections_max = connections_max;
    hub.heartbeat = heartbeat;
    hub.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    hub.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (hub.epoll_fd < 0 || hub.wake_fd < 0 ||
        epoll_ctl(hub.epoll_fd, EPOLL_CTL_ADD, hub.wake_fd, &event) != 0)
        return apr_get_os_error();
    rv = apr_thread_mutex_create(&hub.mutex, APR_THREAD_MUTEX_DEFAULT, pchild);
    if (rv == APR_SUCCESS)
        rv = apr_thread_create(&hub.thread, NULL, run, NULL, pchild);
    if (rv == APR_SUCCESS)
        apr_pool_pre_cleanup_register(pchild, NULL, join); /* before httpd's pools below it go */
    return rv;
}
