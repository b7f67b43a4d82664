/*
 * One turn of the thread: events of sockets; tasks, new connections among them; then writing to all
 * connections that these have marked dirty; and ten times a second timeouts, and connections whose
 * input was left unread for the sake of the others. Sending to many connections is nearly all the
 * kernel's work and blocks on nothing, so other processors take a part of it (chat_parallel_for.h).
 *
 * A connection that its worker has not let go of waits in a list of its own, and its client for the
 * answer: a client that was answered can count on a close frame. A connection that has ended stays
 * in another list until nobody else can use it any more (chat_conn_is_released), and is destroyed
 * then. Without connections nothing is due at any time, and the thread sleeps until it is
 * signalled.
 */
#include "ws/chat_loop.h"

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
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "core/chat_wake.h"
#include "ws/chat_parallel_for.h"

#define EVENTS_PER_TURN 256
#define BATCH 1024 /* connections that are written to at once */
#define TICK_MS 100
#define ARRIVING_NS 50000 /* between checks whether a worker has let go: nothing signals it */
#define TRIM_AFTER 256    /* requests or connections; a burst counts as so many */
#define TRIM_QUIET_US apr_time_from_msec(500)
#define TRIM_AT_LEAST_US apr_time_from_sec(10)
#define STOP_US apr_time_from_sec(CHAT_LOOP_STOP_S)

static struct {
    apr_thread_t *thread;
    int epoll_fd;
    int wake_fd;
    int connections_max;
    apr_interval_time_t heartbeat;
    _Atomic int connections; /* reserved, offered or adopted */
    _Atomic int is_stopping;
    _Atomic int is_over; /* the child ends: the thread must */

    chat_task_queue_t *task_queue;
    chat_parallel_for_t *workers; /* for writing */

    /* The event loop's thread only. */
    chat_conn_t *arriving; /* offered; the worker has not let go yet. One for each worker at most */
    chat_conn_t *conns;
    chat_conn_t *dead;
    chat_conn_t *dirty; /* linked by `next_dirty` */
    int is_closing;
    chat_shared_buf_t *ping;
    int freed; /* since memory was given back */
    apr_time_t freed_at;
    apr_time_t trimmed_at;
    apr_time_t now; /* of this turn */
    apr_time_t stop_at;
    apr_time_t ticked_at;
} loop;

int chat_loop_reserve(void)
{
    if (!loop.thread)
        return 0;
    if (atomic_fetch_add(&loop.connections, 1) < loop.connections_max)
        return 1;
    atomic_fetch_sub(&loop.connections, 1);
    return 0;
}

void chat_loop_release(void)
{
    atomic_fetch_sub(&loop.connections, 1);
}

void chat_loop_post(chat_task_t *task)
{
    chat_task_queue_post(loop.task_queue, task);
}

/* ---- the event loop's thread ---- */

static void watch(chat_conn_t *conn)
{
    struct epoll_event event = {.events = chat_conn_wants(conn), .data.ptr = conn};

    if (conn->is_watched && event.events == conn->events)
        return;
    if (epoll_ctl(loop.epoll_fd, conn->is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, conn->fd,
                  &event) != 0) {
        chat_conn_abort(conn);
        return;
    }
    conn->is_watched = 1;
    conn->events = event.events;
}

/* One counter for each code that is known, and one for all others. */
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

static void reap(chat_conn_t *conn)
{
    end(conn);
    if (conn->is_watched)
        epoll_ctl(loop.epoll_fd, EPOLL_CTL_DEL, conn->fd, NULL);
    if (conn->previous)
        conn->previous->next = conn->next;
    else
        loop.conns = conn->next;
    if (conn->next)
        conn->next->previous = conn->previous;
    conn->next = loop.dead;
    loop.dead = conn;
    ap_log_cerror(APLOG_MARK, APLOG_DEBUG, 0, conn->c, "conn(%ld): closed %d%s", conn->c->id,
                  conn->close_code, conn->close_sent ? "" : ", no close frame sent");
}

/* After whatever was done to a connection. */
static void update_state(chat_conn_t *conn)
{
    if (conn->state == CHAT_CONN_OPEN && conn->role->on_drain && chat_conn_is_drained(conn))
        conn->role->on_drain(conn);
    if (conn->state != CHAT_CONN_OPEN)
        end(conn);
    if (conn->state != CHAT_CONN_DEAD)
        watch(conn);
    if (conn->state == CHAT_CONN_DEAD && !conn->is_dirty)
        reap(conn);
}

void chat_loop_mark_dirty(chat_conn_t *conn)
{
    if (conn->is_dirty || conn->state == CHAT_CONN_DEAD)
        return;
    conn->is_dirty = 1;
    conn->next_dirty = loop.dirty;
    loop.dirty = conn;
}

static int must_read(const chat_conn_t *conn)
{
    return conn->has_more_input && !conn->is_paused && conn->state == CHAT_CONN_OPEN;
}

/* The only thing that is done to connections on other threads: each for itself, while the event
 * loop does the same to others. */
static void write_one(void *item)
{
    if (!must_read(item))
        chat_conn_write(item);
}

static int take_dirty(void **batch, int max)
{
    int count = 0;

    for (; loop.dirty && count < max; loop.dirty = loop.dirty->next_dirty) {
        loop.dirty->is_dirty = 0;
        batch[count++] = loop.dirty;
    }
    return count;
}

static void flush_dirty(void)
{
    void *batch[BATCH];
    int count;
    int i;

    while ((count = take_dirty(batch, BATCH)) > 0) {
        chat_parallel_for_run(loop.workers, write_one, batch, count);
        for (i = 0; i < count; i++) {
            if (must_read(batch[i]))
                chat_conn_read(batch[i], loop.now); /* which writes, too */
            update_state(batch[i]);
        }
    }
}

static void adopt(chat_conn_t *conn)
{
    conn->previous = NULL;
    conn->next = loop.conns;
    if (loop.conns)
        loop.conns->previous = conn;
    loop.conns = conn;
    chat_metrics_count(CHAT_COUNTER_SOCKETS_OPENED, 1);
    chat_metrics_gauge_add(CHAT_GAUGE_SOCKETS, 1);
    chat_conn_adopt(conn, loop.now);
    if (loop.is_closing) { /* a request that httpd finishes before it restarts gracefully */
        chat_conn_close(conn, CHAT_CLOSE_GOING_AWAY);
        loop.stop_at = loop.now + STOP_US;
    }
    update_state(conn);
}

static void adopt_offered(chat_task_t *task)
{
    chat_conn_t *conn = (chat_conn_t *)task; /* its first member */

    if (chat_conn_is_let_go(conn)) {
        adopt(conn);
        return;
    }
    conn->next = loop.arriving;
    loop.arriving = conn;
}

static void adopt_arriving(void)
{
    chat_conn_t **link = &loop.arriving;

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

void chat_loop_offer(chat_conn_t *conn)
{
    conn->task.run = adopt_offered;
    chat_loop_post(&conn->task);
}

static void note_freed(int weight, apr_time_t now)
{
    loop.freed += weight;
    loop.freed_at = now;
}

static void destroy_dead(apr_time_t now, int is_forced)
{
    chat_conn_t **link = &loop.dead;

    while (*link) {
        chat_conn_t *conn = *link;

        if (!is_forced && !chat_conn_is_released(conn, now)) {
            link = &conn->next;
            continue;
        }
        *link = conn->next;
        note_freed(conn->has_had_burst ? TRIM_AFTER : 1, now);
        chat_conn_destroy(conn);
        atomic_fetch_sub(&loop.connections, 1);
    }
}

/* The close code of a connection that must end now, without a close frame; 0: it need not. */
static int find_end(const chat_conn_t *conn, apr_time_t now)
{
    if (conn->deadline_at && now >= conn->deadline_at)
        return CHAT_CLOSE_ABNORMAL;
    if (conn->state != CHAT_CONN_OPEN)
        return 0;
    if (!chat_conn_is_drained(conn) && now >= conn->progress_at + 2 * loop.heartbeat)
        return CHAT_CLOSE_TRY_LATER; /* it has not taken a byte for so long */
    if (conn->ping_sent_at && now >= conn->ping_sent_at + loop.heartbeat)
        return CHAT_CLOSE_ABNORMAL; /* nothing was received for two heartbeats */
    return 0;
}

static void send_ping(chat_conn_t *conn, apr_time_t now)
{
    conn->ping_sent_at = now;
    chat_conn_send(conn, loop.ping);
    chat_conn_write(conn);
}

/* Is the peer there, is the connection too old, has it lingered long enough? */
static void check_timeouts(chat_conn_t *conn, apr_time_t now)
{
    int code;

    if (conn->is_paused) { /* it is we who do not read */
        conn->received_at = now;
        conn->ping_sent_at = 0;
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
    } else if (conn->state == CHAT_CONN_OPEN && !conn->ping_sent_at &&
               now >= conn->received_at + loop.heartbeat) {
        send_ping(conn, now);
    }
}

/* Many handshakes at once, or much that waited for a slow peer, leave free memory that is used
 * again only by the next of them. It is given back when it is quiet, or now and then. */
static void give_memory_back(apr_time_t now)
{
    if (loop.freed < TRIM_AFTER ||
        (now < loop.freed_at + TRIM_QUIET_US && now < loop.trimmed_at + TRIM_AT_LEAST_US))
        return;
    loop.freed = 0;
    loop.trimmed_at = now;
    malloc_trim(0);
}

static void tick(apr_time_t now)
{
    chat_conn_t *conn;
    chat_conn_t *next;

    for (conn = loop.conns; conn; conn = next) {
        next = conn->next;
        if (conn->has_more_input && !conn->is_paused)
            chat_conn_read(conn, now);
        check_timeouts(conn, now);
        if (chat_conn_end_request(conn, now))
            note_freed(1, now);
        if (chat_conn_take_burst(conn))
            note_freed(TRIM_AFTER, now);
        if (conn->state == CHAT_CONN_OPEN && conn->role->on_tick)
            conn->role->on_tick(conn, now);
        update_state(conn);
    }
    destroy_dead(now, 0);
    give_memory_back(now);
}

static void close_all(apr_time_t now, int code)
{
    chat_conn_t *conn;
    chat_conn_t *next;

    loop.is_closing = 1;
    loop.stop_at = now + STOP_US;
    for (conn = loop.conns; conn; conn = next) {
        next = conn->next;
        chat_conn_close(conn, code);
        update_state(conn);
    }
}

static void abort_all(void)
{
    while (loop.conns) {
        chat_conn_t *conn = loop.conns;

        if (conn->state == CHAT_CONN_OPEN)
            conn->close_code = CHAT_CLOSE_GOING_AWAY;
        chat_conn_abort(conn);
        reap(conn);
    }
}

/* epoll reports an error, or the end of both directions, at every call, whatever is watched: when
 * nothing is left to read, or reading is paused, the connection ends. */
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
            chat_wake_clear(loop.wake_fd); /* what woke us is seen below */
            continue;
        }
        if (conn->state == CHAT_CONN_DEAD)
            continue;
        handle_event(conn, events[i].events, now);
        update_state(conn);
    }
}

/* Whether the thread may end. `is_over` was read before the tasks were run: the workers had ended
 * by then, so no connection is on its way. */
static int stop(apr_time_t now, int is_over)
{
    if (atomic_load(&loop.is_stopping) && !loop.is_closing)
        close_all(now, CHAT_CLOSE_GOING_AWAY);
    if (loop.is_closing && now >= loop.stop_at)
        abort_all();
    if (!is_over || (loop.conns && now < loop.stop_at))
        return 0;
    abort_all();
    destroy_dead(now, 1); /* the workers have ended before the child's pool does */
    return 1;
}

/* Without connections, and with no memory to give back, nothing is due at any time: whatever there
 * is to do then is signalled. */
static int needs_ticks(void)
{
    return loop.conns || loop.dead || loop.freed >= TRIM_AFTER;
}

/* Where a connection is arriving, for less than epoll_wait() can; its worker may need this CPU. */
static int wait_for_events(struct epoll_event *events)
{
    static const struct timespec shortly = {.tv_nsec = ARRIVING_NS};
    struct pollfd all = {.fd = loop.epoll_fd, .events = POLLIN};

    if (loop.arriving)
        ppoll(&all, 1, &shortly, NULL);
    return epoll_wait(loop.epoll_fd, events, EVENTS_PER_TURN,
                      loop.arriving   ? 0
                      : needs_ticks() ? TICK_MS
                                      : -1);
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    struct epoll_event events[EVENTS_PER_TURN];
    apr_time_t now;
    int is_over;

    (void)data;
    pthread_setname_np(pthread_self(), CHAT_LOOP_THREAD_NAME);
    do {
        int count = wait_for_events(events);

        loop.now = now = chat_clock_now();
        handle_events(events, count, now);
        /* After the wake-up was cleared, as nobody signals it again; before the tasks, for stop().
         */
        is_over = atomic_load(&loop.is_over);
        adopt_arriving();
        chat_task_queue_run_all(loop.task_queue);
        flush_dirty();
        if (now >= loop.ticked_at + apr_time_from_msec(TICK_MS)) {
            loop.ticked_at = now;
            tick(now);
        }
    } while (!stop(now, is_over));
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* ---- start and stop ---- */

void chat_loop_stop(void)
{
    if (!loop.thread)
        return;
    atomic_store(&loop.is_stopping, 1);
    chat_metrics_gauge_set(CHAT_GAUGE_LOOPS, 0);
    chat_wake_signal(loop.wake_fd);
}

/* What was made before the thread. */
static void end_parts(void)
{
    if (loop.workers)
        chat_parallel_for_join(loop.workers);
    loop.workers = NULL;
    chat_shared_buf_unref(loop.ping);
    loop.ping = NULL;
    if (loop.epoll_fd >= 0)
        close(loop.epoll_fd);
    chat_wake_close(&loop.wake_fd);
}

static apr_status_t make_parts(apr_pool_t *pchild)
{
    struct epoll_event event = {.events = EPOLLIN};
    apr_status_t rv;

    loop.ping = chat_shared_buf_frame(CHAT_OPCODE_PING, "", 0);
    loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    rv = chat_wake_open(&loop.wake_fd);
    if (rv != APR_SUCCESS)
        return rv;
    if (!loop.ping)
        return APR_ENOMEM;
    if (loop.epoll_fd < 0 || epoll_ctl(loop.epoll_fd, EPOLL_CTL_ADD, loop.wake_fd, &event) != 0)
        return apr_get_os_error();
    rv = chat_task_queue_create(&loop.task_queue, loop.wake_fd, pchild);
    if (rv == APR_SUCCESS)
        rv = chat_parallel_for_create(&loop.workers, chat_parallel_for_useful_helpers(), pchild);
    return rv;
}

void chat_loop_join(void)
{
    apr_status_t rv;

    if (!loop.thread)
        return;
    atomic_store(&loop.is_stopping, 1);
    atomic_store(&loop.is_over, 1);
    chat_wake_signal(loop.wake_fd);
    apr_thread_join(&rv, loop.thread);
    loop.thread = NULL;
    end_parts();
}

apr_status_t chat_loop_start(int connections_max, apr_interval_time_t heartbeat, apr_pool_t *pchild)
{
    apr_thread_t *thread = NULL;
    apr_status_t rv;

    loop.connections_max = connections_max;
    loop.heartbeat = heartbeat;
    rv = make_parts(pchild);
    if (rv == APR_SUCCESS)
        rv = apr_thread_create(&thread, NULL, run, NULL, pchild);
    if (rv == APR_SUCCESS)
        loop.thread = thread;
    else
        end_parts();
    return rv;
}
