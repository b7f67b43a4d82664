/*
 * The event loop's thread without httpd: connections are pairs of sockets, and what chat_conn.c
 * does with httpd's filters is done here with read() and write(). A process has one event loop in
 * its life, so the tests run in their order: it is started before the first one, and the last one
 * stops it.
 */
#include "chat_unit.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <httpd.h>

#include <http_config.h>
#include <http_log.h>

#include "ws/chat_loop.h"
#include "ws/chat_parallel_for.h"

#define PLACES 200
#define POSTERS 6
#define LETTERS 2000 /* of each poster */
#define CLIENTS 4
#define VISITS 100 /* of each client: places come free ten times a second */
#define HEARTBEAT apr_time_from_msec(150)
#define PATIENCE apr_time_from_sec(3600)
#define ALARM_S 600 /* ends a test that waits for what does not come */
#define BYTES_MAX 4096

static struct {
    apr_pool_t *pool;
    pthread_t thread;   /* the event loop's, set by its first task */
    atomic_int opened;  /* connections */
    atomic_int ended;   /* told so, once each */
    atomic_int aborted; /* ended without a word */
    atomic_int destroyed;
    atomic_int codes[5000]; /* of those destroyed */
    atomic_int tasks;
    atomic_int ticks;   /* of any connection */
    atomic_int is_kept; /* connections are not let go of by their workers */
    atomic_int looked;  /* whether they are */
    int unlocked;       /* the event loop's thread only: for the sanitizers to see */
} seen;

/* ---- two wake-ups, where the second comes before the first is cleared ---- */

enum { NO_MEETING, AWAITED, FIRST_IS_SEEN, SECOND_IS_AWAITED, SECOND_HAS_COME };
static atomic_int meeting;
static atomic_int timeout_ms; /* of the last wait for events */

static void await_meeting(int step)
{
    while (atomic_load(&meeting) != step)
        usleep(200);
}

/* The event loop's thread only waits so; a test that posts takes no notice. */
int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    int (*real)(int, struct epoll_event *, int, int);

    *(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
    atomic_store(&timeout_ms, timeout);
    return real(fd, events, max, timeout);
}

/* The wake-up is cleared by a read: while a meeting is awaited, not before the second has come. */
ssize_t read(int fd, void *bytes, size_t count)
{
    ssize_t (*real)(int, void *, size_t);

    if (count == sizeof(uint64_t) && atomic_load(&meeting) == AWAITED &&
        pthread_equal(pthread_self(), seen.thread)) {
        atomic_store(&meeting, FIRST_IS_SEEN);
        await_meeting(SECOND_HAS_COME);
    }
    *(void **)&real = dlsym(RTLD_NEXT, "read");
    return real(fd, bytes, count);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    ssize_t (*real)(int, const void *, size_t);
    ssize_t n;

    *(void **)&real = dlsym(RTLD_NEXT, "write");
    n = real(fd, bytes, count);
    if (count == sizeof(uint64_t) && atomic_load(&meeting) == SECOND_IS_AWAITED)
        atomic_store(&meeting, SECOND_HAS_COME);
    return n;
}

/* The event loop's thread ends by pthread_exit(), of which AddressSanitizer hears too late to clean
 * the stack before it gives its own signal stack back. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "use_sigaltstack=0";
}

/* ---- instead of httpd ---- */

module AP_MODULE_DECLARE_DATA chat_module;

void ap_log_cerror_(const char *file, int line, int module_index, int level, apr_status_t status,
                    const conn_rec *c, const char *format, ...)
{
    (void)file, (void)line, (void)module_index, (void)level, (void)status, (void)c, (void)format;
}

static struct ap_logconf quiet = {.level = APLOG_EMERG};
static conn_rec nobody = {.log = &quiet};

/* ---- instead of chat_conn.c ---- */

static void assert_is_hub(void)
{
    assert_true(pthread_equal(pthread_self(), seen.thread));
    seen.unlocked++;
}

static void abort_conn(chat_conn_t *conn)
{
    atomic_fetch_add(&seen.aborted, 1);
    if (!conn->close_code)
        conn->close_code = CHAT_CLOSE_ABNORMAL;
    conn->state = CHAT_CONN_DEAD;
}

static void drain(chat_conn_t *conn)
{
    while (conn->queue_bytes > 0) {
        char bytes[BYTES_MAX] = "";
        ssize_t n = send(conn->fd, bytes, conn->queue_bytes, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN)
            abort_conn(conn);
        if (n < 0)
            return;
        conn->queue_bytes -= (apr_size_t)n;
    }
}

int chat_conn_is_let_go(const chat_conn_t *conn)
{
    (void)conn;
    assert_is_hub();
    atomic_fetch_add(&seen.looked, 1);
    return !atomic_load(&seen.is_kept);
}

void chat_conn_adopt(chat_conn_t *conn, apr_time_t now)
{
    assert_is_hub();
    conn->adopted_at = now;
    conn->received_at = conn->progress_at = now + (conn->owner ? 0 : PATIENCE);
    conn->role->on_open(conn);
    chat_conn_write(conn);
}

/* Each byte is a word of the client's: 'e' say it again, 'x' close, 'p' pause for a tick, 'P' pause
 * for good. */
void chat_conn_read(chat_conn_t *conn, apr_time_t now)
{
    char bytes[BYTES_MAX];
    ssize_t n;

    (void)now;
    assert_is_hub();
    n = read(conn->fd, bytes, sizeof bytes);
    conn->has_more_input = 0;
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        chat_conn_abort(conn);
        return;
    }
    if (n < 0)
        return;
    conn->role->on_message(conn, CHAT_OPCODE_TEXT, bytes, (apr_size_t)n);
}

/* By any hand. */
void chat_conn_write(chat_conn_t *conn)
{
    drain(conn);
}

void chat_conn_send(chat_conn_t *conn, chat_shared_buf_t *buf)
{
    assert_is_hub();
    if (conn->state == CHAT_CONN_OPEN)
        conn->queue_bytes += buf->length;
}

void chat_conn_close(chat_conn_t *conn, int code)
{
    assert_is_hub();
    if (conn->state != CHAT_CONN_OPEN)
        return;
    drain(conn);
    conn->close_code = code;
    conn->state = CHAT_CONN_DEAD;
}

void chat_conn_abort(chat_conn_t *conn)
{
    assert_is_hub();
    abort_conn(conn);
}

int chat_conn_is_drained(const chat_conn_t *conn)
{
    return conn->queue_bytes == 0;
}

apr_uint32_t chat_conn_wants(const chat_conn_t *conn)
{
    return (conn->is_paused ? 0 : EPOLLIN | EPOLLRDHUP) | (conn->queue_bytes ? EPOLLOUT : 0);
}

int chat_conn_end_request(chat_conn_t *conn, apr_time_t now)
{
    (void)conn, (void)now;
    return 0;
}

int chat_conn_take_burst(chat_conn_t *conn)
{
    (void)conn;
    return 0;
}

int chat_conn_is_released(const chat_conn_t *conn, apr_time_t now)
{
    (void)now;
    return conn->holds == 0;
}

void chat_conn_destroy(chat_conn_t *conn)
{
    assert_is_hub();
    assert_int_equal(conn->state, CHAT_CONN_DEAD);
    atomic_fetch_add(&seen.codes[conn->close_code], 1);
    close(conn->fd);
    free(conn);
    atomic_fetch_add(&seen.destroyed, 1);
}

/* ---- what they are for ---- */

static void on_open(chat_conn_t *conn)
{
    conn->queue_bytes++; /* as a greeting */
    atomic_fetch_add(&seen.opened, 1);
}

static void on_message(chat_conn_t *conn, chat_opcode_t opcode, const char *bytes,
                       apr_size_t length)
{
    apr_size_t i;

    (void)opcode;
    for (i = 0; i < length; i++) {
        if (bytes[i] == 'x') {
            chat_conn_close(conn, CHAT_CLOSE_NORMAL);
        } else if (bytes[i] == 'p' || bytes[i] == 'P') {
            conn->is_paused = 1;
            conn->pongs = bytes[i] == 'P'; /* on_tick sees it, and nobody else uses it here */
        } else {
            conn->queue_bytes++;
            chat_loop_mark_dirty(conn);
            chat_loop_mark_dirty(conn); /* it is in the list once */
        }
    }
}

static void on_tick(chat_conn_t *conn, apr_time_t now)
{
    (void)now;
    atomic_fetch_add(&seen.ticks, 1);
    if (conn->is_paused && !conn->pongs) {
        conn->is_paused = 0;
        conn->has_more_input = 1; /* what was not read meanwhile wakes nobody */
        chat_loop_mark_dirty(conn);
    }
}

static void on_end(chat_conn_t *conn)
{
    assert_int_not_equal(conn->state, CHAT_CONN_OPEN);
    atomic_fetch_add(&seen.ended, 1);
}

static const chat_conn_role_t role = {
    .on_open = on_open, .on_message = on_message, .on_tick = on_tick, .on_end = on_end};

/* The place must have been reserved. Whose heart is not watched has patience, however busy the
 * machine is. Gives the client's end. */
static int offer(chat_conn_t **pconn, int is_watched)
{
    chat_conn_t *conn = calloc(1, sizeof *conn);
    int fds[2];

    if (!conn || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        abort();
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    conn->c = &nobody;
    conn->fd = fds[0];
    conn->role = &role;
    conn->owner = is_watched ? &seen : NULL;
    if (pconn)
        *pconn = conn;
    chat_loop_offer(conn);
    return fds[1];
}

/* So many bytes have come from the event loop. */
static void await_bytes(int fd, int count)
{
    char bytes[BYTES_MAX];

    while (count > 0) {
        ssize_t n = read(fd, bytes, (size_t)count);

        if (n <= 0)
            abort();
        count -= (int)n;
    }
}

static int is_at_end(int fd)
{
    char byte;

    return read(fd, &byte, 1) <= 0;
}

static void tell(int fd, const char *words)
{
    assert_int_equal(write(fd, words, strlen(words)), strlen(words));
}

static void await(atomic_int *count, int wanted)
{
    while (atomic_load(count) < wanted)
        usleep(200);
    assert_int_equal(atomic_load(count), wanted);
}

/* As soon as a place is free: those of connections that have ended are given back a tick later. */
static void take_place(void)
{
    while (!chat_loop_reserve())
        usleep(200);
}

/* ---- the tests ---- */

static void open_first(chat_task_t *task)
{
    (void)task;
    seen.thread = pthread_self();
    atomic_fetch_add(&seen.tasks, 1);
}

/* Threads that may yet be started; negative: any number. */
static int threads_left = -1;

apr_status_t apr_thread_create(apr_thread_t **pthread, apr_threadattr_t *attr,
                               apr_thread_start_t run, void *data, apr_pool_t *p)
{
    apr_status_t (*real)(apr_thread_t **, apr_threadattr_t *, apr_thread_start_t, void *,
                         apr_pool_t *);

    if (threads_left == 0)
        return APR_EAGAIN;
    if (threads_left > 0)
        threads_left--;
    *(void **)&real = dlsym(RTLD_NEXT, "apr_thread_create");
    return real(pthread, attr, run, data, p);
}

static int count_entries(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;

    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static void *end_at_once(void *data)
{
    return data;
}

/* However far it came, a start that fails leaves no thread and no open file. */
static int fails_cleanly(void)
{
    pthread_t first;
    int allowed;
    int threads;
    int files;

    /* With the first thread a sanitizer starts one of its own. */
    if (pthread_create(&first, NULL, end_at_once, NULL) != 0 || pthread_join(first, NULL) != 0)
        return 0;
    usleep(20000);
    threads = count_entries("/proc/self/task");
    files = count_entries("/proc/self/fd");
    for (allowed = 0; allowed <= chat_parallel_for_useful_helpers(); allowed++) {
        threads_left = allowed;
        if (chat_loop_start(PLACES, HEARTBEAT, seen.pool) != APR_EAGAIN || chat_loop_reserve())
            return 0;
        chat_loop_join(); /* nothing to join, nothing to close */
    }
    threads_left = -1;
    while (count_entries("/proc/self/task") > threads)
        usleep(200); /* one that was joined is in the list a moment longer */
    return count_entries("/proc/self/fd") == files;
}

static int start(void **state)
{
    static chat_task_t first = {.run = open_first};

    (void)state;
    alarm(ALARM_S);
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&seen.pool, NULL) != APR_SUCCESS)
        return -1;
    if (!fails_cleanly())
        return -1;
    if (chat_loop_reserve()) /* it was not started */
        return -1;
    chat_loop_stop();
    chat_loop_join();
    if (chat_loop_start(PLACES, HEARTBEAT, seen.pool) != APR_SUCCESS)
        return -1;
    chat_loop_post(&first);
    while (atomic_load(&seen.tasks) < 1)
        usleep(200);
    return 0;
}

static int end(void **state)
{
    (void)state;
    alarm(0);
    apr_pool_destroy(seen.pool);
    apr_terminate();
    return 0;
}

static void there_are_so_many_places_and_no_more(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < PLACES; i++)
        assert_true(chat_loop_reserve());
    assert_false(chat_loop_reserve());
    chat_loop_release();
    assert_true(chat_loop_reserve());
    assert_false(chat_loop_reserve());
    for (i = 0; i < PLACES; i++)
        chat_loop_release();
}

static atomic_int taken;
static atomic_int most;

static void *reserve_and_release(void *data)
{
    int i;

    (void)data;
    for (i = 0; i < 20000; i++) {
        int now, before;

        if (!chat_loop_reserve())
            continue;
        now = atomic_fetch_add(&taken, 1) + 1;
        before = atomic_load(&most);
        while (before < now && !atomic_compare_exchange_weak(&most, &before, now))
            ;
        atomic_fetch_sub(&taken, 1);
        chat_loop_release();
    }
    return NULL;
}

static void run_threads(int count, void *(*run)(void *))
{
    pthread_t threads[16];
    int i;

    for (i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run, NULL), 0);
    for (i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static void places_are_not_given_twice_to_threads(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < PLACES - 2; i++)
        assert_true(chat_loop_reserve());
    run_threads(6, reserve_and_release);
    assert_true(atomic_load(&most) >= 1 && atomic_load(&most) <= 2);
    assert_int_equal(atomic_load(&taken), 0);
    for (i = 0; i < PLACES - 2; i++)
        chat_loop_release();
}

static void open_counted(chat_task_t *task)
{
    assert_is_hub();
    free(task);
    atomic_fetch_add(&seen.tasks, 1);
}

static void *post_letters(void *data)
{
    int i;

    (void)data;
    for (i = 0; i < LETTERS; i++) {
        chat_task_t *task = calloc(1, sizeof *task);

        if (!task)
            abort();
        task->run = open_counted;
        chat_loop_post(task);
    }
    return NULL;
}

static void tasks_run_on_the_loops_thread(void **state)
{
    int before = atomic_load(&seen.tasks);

    (void)state;
    run_threads(POSTERS, post_letters);
    await(&seen.tasks, before + POSTERS * LETTERS);
}

static void what_a_client_says_is_answered_in_the_same_turn(void **state)
{
    int destroyed = atomic_load(&seen.destroyed);
    int normal = atomic_load(&seen.codes[CHAT_CLOSE_NORMAL]);
    int i, fd;

    (void)state;
    take_place();
    fd = offer(NULL, 0);
    await_bytes(fd, 1);
    for (i = 0; i < 100; i++) {
        tell(fd, "e");
        await_bytes(fd, 1);
    }
    tell(fd, "eeex");
    await_bytes(fd, 3);
    await(&seen.destroyed, destroyed + 1);
    assert_true(is_at_end(fd));
    assert_int_equal(atomic_load(&seen.codes[CHAT_CLOSE_NORMAL]), normal + 1);
    assert_int_equal(atomic_load(&seen.ended), atomic_load(&seen.opened));
    close(fd);
}

static void who_goes_without_a_word_is_let_go(void **state)
{
    int destroyed = atomic_load(&seen.destroyed);
    int abnormal = atomic_load(&seen.codes[CHAT_CLOSE_ABNORMAL]);
    int fd;

    (void)state;
    take_place();
    fd = offer(NULL, 0);
    await_bytes(fd, 1);
    close(fd);
    await(&seen.destroyed, destroyed + 1);
    assert_int_equal(atomic_load(&seen.codes[CHAT_CLOSE_ABNORMAL]), abnormal + 1);
}

/* While it is paused nothing is read; then all of it is, although no more comes to wake the event
 * loop. */
static void what_came_during_a_pause_is_read_behind_it(void **state)
{
    int destroyed = atomic_load(&seen.destroyed);
    int fd;

    (void)state;
    take_place();
    fd = offer(NULL, 0);
    await_bytes(fd, 1);
    tell(fd, "p");
    tell(fd, "ee");
    await_bytes(fd, 2);
    tell(fd, "x");
    await(&seen.destroyed, destroyed + 1);
    close(fd);
}

static void who_does_not_answer_is_asked_and_given_up(void **state)
{
    int destroyed = atomic_load(&seen.destroyed);
    int abnormal = atomic_load(&seen.codes[CHAT_CLOSE_ABNORMAL]);
    int fd;

    (void)state;
    take_place();
    fd = offer(NULL, 1);
    await_bytes(fd, 1);
    await_bytes(fd, 2); /* the ping: a frame without content */
    await(&seen.destroyed, destroyed + 1);
    assert_true(is_at_end(fd));
    assert_int_equal(atomic_load(&seen.codes[CHAT_CLOSE_ABNORMAL]), abnormal + 1);
    close(fd);
}

static void let_go(chat_task_t *task)
{
    chat_conn_t **pconn = (chat_conn_t **)(task + 1);

    assert_is_hub();
    (*pconn)->holds--;
    free(task);
}

static void hold_it(chat_task_t *task)
{
    chat_conn_t **pconn = (chat_conn_t **)(task + 1);

    assert_is_hub();
    (*pconn)->holds++;
    free(task);
    atomic_fetch_add(&seen.tasks, 1);
}

static void post_about(chat_conn_t *conn, void (*open)(chat_task_t *task))
{
    chat_task_t *task = calloc(1, sizeof *task + sizeof conn);

    assert_non_null(task);
    task->run = open;
    memcpy(task + 1, &conn, sizeof conn);
    chat_loop_post(task);
}

/* It has ended, but somebody works for it: an answer that comes later must find it. */
static void who_is_worked_for_is_kept(void **state)
{
    int destroyed = atomic_load(&seen.destroyed);
    int tasks = atomic_load(&seen.tasks);
    int ended = atomic_load(&seen.ended);
    chat_conn_t *conn;
    int i, fd, other, ticks;

    (void)state;
    take_place();
    take_place();
    other = offer(NULL, 0);
    fd = offer(&conn, 0);
    post_about(conn, hold_it);
    await(&seen.tasks, tasks + 1);
    tell(fd, "x");
    await(&seen.ended, ended + 1);
    ticks = atomic_load(&seen.ticks);
    while (atomic_load(&seen.ticks) < ticks + 2) /* when those that have ended are destroyed */
        usleep(200);
    for (i = 0; i < PLACES - 2; i++)
        take_place();
    assert_false(chat_loop_reserve()); /* its place is not free either */
    assert_int_equal(atomic_load(&seen.destroyed), destroyed);
    post_about(conn, let_go);
    await(&seen.destroyed, destroyed + 1);
    for (i = 0; i < PLACES - 2; i++)
        chat_loop_release();
    close(fd);
    close(other);
    await(&seen.destroyed, destroyed + 2);
}

static void *visit(void *data)
{
    int i;

    (void)data;
    for (i = 0; i < VISITS; i++) {
        int fd;

        take_place();
        fd = offer(NULL, 0);
        if (i % 3 == 0) {
            close(fd); /* perhaps before it was adopted */
            continue;
        }
        await_bytes(fd, 1);
        if (write(fd, i % 3 == 1 ? "eex" : "e", i % 3 == 1 ? 3 : 1) < 1)
            abort();
        await_bytes(fd, i % 3 == 1 ? 2 : 1);
        close(fd);
    }
    return NULL;
}

static void *post_or_visit(void *data)
{
    static atomic_int turn;

    return atomic_fetch_add(&turn, 1) % 2 ? visit(data) : post_letters(data);
}

static void connections_come_and_go_while_letters_are_posted(void **state)
{
    int opened = atomic_load(&seen.opened);
    int tasks = atomic_load(&seen.tasks);

    (void)state;
    run_threads(2 * CLIENTS, post_or_visit);
    await(&seen.opened, opened + CLIENTS * VISITS);
    await(&seen.destroyed, opened + CLIENTS * VISITS);
    await(&seen.tasks, tasks + CLIENTS * LETTERS);
    assert_int_equal(atomic_load(&seen.ended), atomic_load(&seen.opened));
}

static chat_conn_t *all[PLACES];

static void touch_from(int first)
{
    int i;

    for (i = first; i < PLACES; i++) {
        all[i]->queue_bytes++;
        chat_loop_mark_dirty(all[i]);
    }
}

static void touch_all(chat_task_t *task)
{
    (void)task;
    touch_from(0);
}

static void touch_all_but_the_first(chat_task_t *task)
{
    (void)task;
    touch_from(1);
}

static void await_byte_of_each(const int *fds, int first)
{
    int i;

    for (i = first; i < PLACES; i++)
        await_bytes(fds[i], 1);
}

/* So many that the event loop does not write to them alone. */
static void what_is_for_all_comes_to_each(void **state)
{
    static chat_task_t first = {.run = touch_all};
    static chat_task_t second = {.run = touch_all};
    static chat_task_t third = {.run = touch_all_but_the_first};
    int ended = atomic_load(&seen.ended);
    int destroyed = atomic_load(&seen.destroyed);
    int fds[PLACES];
    int i;

    (void)state;
    for (i = 0; i < PLACES; i++) {
        take_place();
        fds[i] = offer(&all[i], 0);
    }
    await_byte_of_each(fds, 0); /* the greeting */
    chat_loop_post(&first);
    await_byte_of_each(fds, 0);
    shutdown(fds[0], SHUT_RD); /* writing to it fails */
    chat_loop_post(&second);
    await_byte_of_each(fds, 1);
    await(&seen.ended, ended + 1);
    chat_loop_post(&third);
    await_byte_of_each(fds, 1);
    for (i = 0; i < PLACES; i++)
        close(fds[i]);
    await(&seen.destroyed, destroyed + PLACES);
    assert_int_equal(atomic_load(&seen.ended), ended + PLACES);
}

/* Nobody tells the event loop when a worker lets go, so it looks again and again, and serves the
 * others.
 */
static void who_is_not_let_go_of_is_waited_for(void **state)
{
    int opened = atomic_load(&seen.opened);
    int destroyed = atomic_load(&seen.destroyed);
    int looked, i, other;
    int fds[3];

    (void)state;
    for (i = 0; i < 4; i++)
        take_place();
    other = offer(NULL, 0);
    await_bytes(other, 1);
    atomic_store(&seen.is_kept, 1);
    for (i = 0; i < 3; i++)
        fds[i] = offer(NULL, 0);
    looked = atomic_load(&seen.looked);
    while (atomic_load(&seen.looked) < looked + 50)
        usleep(200);
    tell(other, "e");
    await_bytes(other, 1);
    assert_int_equal(atomic_load(&seen.opened), opened + 1);
    atomic_store(&seen.is_kept, 0);
    for (i = 0; i < 3; i++) {
        await_bytes(fds[i], 1);
        close(fds[i]);
    }
    close(other);
    await(&seen.destroyed, destroyed + 4);
}

/* It is told again and again that such a connection is over, so it must be: nobody reads from it,
 * who would find the end. */
static void the_end_of_a_connection_that_is_not_read_is_seen(void **state)
{
    int aborted = atomic_load(&seen.aborted);
    int destroyed = atomic_load(&seen.destroyed);
    int fd;

    (void)state;
    take_place();
    fd = offer(NULL, 0);
    await_bytes(fd, 1);
    tell(fd, "Pe");
    await_bytes(fd, 1); /* it is paused now */
    close(fd);
    await(&seen.destroyed, destroyed + 1);
    assert_int_equal(atomic_load(&seen.aborted), aborted + 1);
}

static void do_nothing(chat_task_t *task)
{
    (void)task;
}

/* The end is told in the middle of another wake-up, when nothing else will wake the thread. */
static void have_the_end_told_in_a_wake_up(void)
{
    static chat_task_t task = {.run = do_nothing};

    while (atomic_load(&timeout_ms) != -1)
        usleep(200);
    atomic_store(&meeting, AWAITED);
    chat_loop_post(&task);
    await_meeting(FIRST_IS_SEEN);
    atomic_store(&meeting, SECOND_IS_AWAITED);
}

static void who_is_there_when_it_stops_is_told(void **state)
{
    int destroyed = atomic_load(&seen.destroyed);
    int going = atomic_load(&seen.codes[CHAT_CLOSE_GOING_AWAY]);
    int aborted = atomic_load(&seen.aborted);
    int fds[PLACES];
    int i;

    (void)state;
    for (i = 0; i < PLACES; i++)
        take_place();
    for (i = 0; i < PLACES - 1; i++)
        fds[i] = offer(NULL, 0);
    chat_loop_stop();
    assert_false(chat_loop_reserve());
    for (i = 0; i < PLACES; i++) {
        if (i == PLACES - 1)
            fds[i] = offer(NULL, 0); /* it was on its way when the others were told */
        await_bytes(fds[i], 1);
        assert_true(is_at_end(fds[i])); /* the greeting, and the end */
        close(fds[i]);
    }
    have_the_end_told_in_a_wake_up();
    chat_loop_join();
    assert_int_equal(atomic_load(&seen.destroyed), destroyed + PLACES);
    assert_int_equal(atomic_load(&seen.codes[CHAT_CLOSE_GOING_AWAY]), going + PLACES);
    assert_int_equal(atomic_load(&seen.aborted), aborted);
    assert_int_equal(atomic_load(&seen.ended), atomic_load(&seen.opened));
    assert_false(chat_loop_reserve());
    chat_loop_stop(); /* it is over, and again is no harm */
    chat_loop_join();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_so_many_places_and_no_more),
        cmocka_unit_test(places_are_not_given_twice_to_threads),
        cmocka_unit_test(tasks_run_on_the_loops_thread),
        cmocka_unit_test(what_a_client_says_is_answered_in_the_same_turn),
        cmocka_unit_test(who_goes_without_a_word_is_let_go),
        cmocka_unit_test(what_came_during_a_pause_is_read_behind_it),
        cmocka_unit_test(who_does_not_answer_is_asked_and_given_up),
        cmocka_unit_test(who_is_worked_for_is_kept),
        cmocka_unit_test(connections_come_and_go_while_letters_are_posted),
        cmocka_unit_test(what_is_for_all_comes_to_each),
        cmocka_unit_test(who_is_not_let_go_of_is_waited_for),
        cmocka_unit_test(the_end_of_a_connection_that_is_not_read_is_seen),
        cmocka_unit_test(who_is_there_when_it_stops_is_told),
    };

    return cmocka_run_group_tests_name("chat_loop", tests, start, end);
}
