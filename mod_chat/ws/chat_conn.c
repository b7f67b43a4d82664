#include "ws/chat_conn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include <apr_portable.h>

#include <http_connection.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <scoreboard.h>
#include <util_filter.h>

#include "core/chat_clock.h"
#include "core/chat_metrics.h"

#define READ_BYTES 16384
#define READ_ROUNDS_MAX 8 /* then the others' turn; what TLS holds back is asked for again */
#define WRITE_BYTES 16384
#define FLUSH_BYTES_MAX 4096 /* fits into any send buffer that is empty */
#define CLOSE_BEHIND_MAX 16384
#define POOL_BYTES_KEPT 4096
#define RELEASE_US APR_USEC_PER_SEC
#define LINGER_US apr_time_from_msec(900) /* a stopping child waits for it */
#define CLOSING_US apr_time_from_sec(5)   /* for the close frame to be taken */

#define OPCODE_BITS 0x0f          /* of a frame's first byte */
#define PONGS_MAX 64              /* that wait; above it only the newest ping is answered */
#define PINGS_UNANSWERED_MAX 4096 /* then the peer asks and does not read */
#define BURST_BYTES 65536         /* what waited is worth giving back to the system */

/* A buffer that waits to be sent. */
typedef struct chat_chunk_t {
    struct chat_chunk_t *next;
    struct chat_chunk_t *previous;
    chat_shared_buf_t *buf;
    apr_size_t sent;
    int is_pong;
} chunk_t;

/* What each takes besides the bytes: itself, the head of a buffer, and twice what malloc adds. */
#define CHUNK_COST (sizeof(chunk_t) + sizeof(chat_shared_buf_t) + 32)

/* ---- buckets ---- */

/* mod_ssl holds a small bucket back until more comes; a metadata bucket after it makes it encrypt
 * and pass it on, and unlike FLUSH makes no filter block. */
static apr_status_t push_read(apr_bucket *bucket, const char **bytes, apr_size_t *length,
                              apr_read_type_e block)
{
    (void)bucket;
    (void)block;
    *bytes = NULL;
    *length = 0;
    return APR_SUCCESS;
}

static const apr_bucket_type_t push_type = {
    "CHAT_PUSH",
    5,
    APR_BUCKET_METADATA,
    apr_bucket_destroy_noop,
    push_read,
    apr_bucket_setaside_noop,
    apr_bucket_split_notimpl,
    apr_bucket_simple_copy,
};

static apr_bucket *push_create(apr_bucket_alloc_t *list)
{
    apr_bucket *bucket = apr_bucket_alloc(sizeof *bucket, list);

    APR_BUCKET_INIT(bucket);
    bucket->free = apr_bucket_free;
    bucket->list = list;
    bucket->length = 0;
    bucket->start = 0;
    bucket->data = NULL;
    bucket->type = &push_type;
    return bucket;
}

/* ---- writing ---- */

/* Whether there is no filter but httpd's last one, so that it can be done without: no TLS. */
static int has_core_filter_only(const conn_rec *c)
{
    return c->output_filters && !c->output_filters->next &&
           c->output_filters->frec == ap_core_output_filter_handle;
}

/* As the MPM does for a connection in write completion: the core filter sends what it has set
 * aside, as far as the socket takes it. */
static apr_status_t flush_core(const chat_conn_t *conn)
{
    ap_filter_t *f = conn->c->output_filters;

    while (f->next)
        f = f->next;
    return f->frec->filter_func.out_func(f, NULL);
}

static apr_status_t pass(chat_conn_t *conn)
{
    apr_status_t rv = ap_pass_brigade(conn->c->output_filters, conn->out);

    apr_brigade_cleanup(conn->out);
    if (rv == APR_SUCCESS && conn->c->aborted)
        rv = APR_ECONNABORTED;
    return rv;
}

static void change_queue_bytes(chat_conn_t *conn, apr_int64_t delta)
{
    conn->queue_bytes = (apr_size_t)((apr_int64_t)conn->queue_bytes + delta);
    chat_metrics_gauge_add(CHAT_GAUGE_QUEUED_BYTES, delta);
}

/* What the queue takes, were each buffer in this one only. */
static apr_size_t queue_cost(const chat_conn_t *conn)
{
    return conn->queue_bytes + conn->queue_count * CHUNK_COST;
}

static void drop_chunk(chat_conn_t *conn, chunk_t *chunk)
{
    if (chunk == conn->queue)
        conn->queue = chunk->next;
    else
        chunk->previous->next = chunk->next;
    if (chunk == conn->queue_last)
        conn->queue_last = chunk->previous;
    else
        chunk->next->previous = chunk->previous;
    conn->queue_count--;
    if (chunk->is_pong)
        conn->pongs--;
    if (chunk == conn->last_pong)
        conn->last_pong = NULL;
    change_queue_bytes(conn, (apr_int64_t)chunk->sent - (apr_int64_t)chunk->buf->length);
    chat_shared_buf_unref(chunk->buf);
    free(chunk);
}

/*
 * Up to WRITE_BYTES of what waits, in one piece, for which there may be need of `gathered`. Of
 * several small pieces mod_ssl would make one as well, in 8 kB that it takes for this and keeps as
 * long as the connection.
 */
static const char *gather_waiting(const chat_conn_t *conn, apr_size_t *plength,
                                  char gathered[WRITE_BYTES])
{
    apr_size_t length = 0;
    const chunk_t *chunk;

    if (!conn->queue->next) {
        length = conn->queue->buf->length - conn->queue->sent;
        *plength = length < WRITE_BYTES ? length : WRITE_BYTES;
        return conn->queue->buf->bytes + conn->queue->sent;
    }
    for (chunk = conn->queue; chunk && length < WRITE_BYTES; chunk = chunk->next) {
        apr_size_t n = chunk->buf->length - chunk->sent;

        if (n > WRITE_BYTES - length)
            n = WRITE_BYTES - length;
        memcpy(gathered + length, chunk->buf->bytes + chunk->sent, n);
        length += n;
    }
    *plength = length;
    return gathered;
}

/* So many bytes of what waits were taken. */
static void forget_taken(chat_conn_t *conn, apr_size_t length)
{
    if (length) {
        conn->progress_at = chat_clock_now();
        conn->pings_unanswered = 0;
    }
    while (length) {
        apr_size_t n = conn->queue->buf->length - conn->queue->sent;

        if (length < n) {
            conn->queue->sent += length;
            change_queue_bytes(conn, -(apr_int64_t)length);
            return;
        }
        length -= n;
        drop_chunk(conn, conn->queue);
    }
}

/*
 * Whether so little may be flushed, as the peer has acknowledged everything before. Then it is sent
 * without being copied and set aside. Were the kernel short of memory after all, the flush would
 * end the connection, whose client connects again and resumes.
 */
static int may_flush(const chat_conn_t *conn, apr_size_t length)
{
    int unacknowledged = 0;

    return length <= FLUSH_BYTES_MAX && ioctl(conn->fd, SIOCOUTQ, &unacknowledged) == 0 &&
           unacknowledged == 0;
}

/* To the filters: they copy what the socket does not take. */
static apr_status_t pass_waiting(chat_conn_t *conn)
{
    apr_bucket_alloc_t *list = conn->c->bucket_alloc;
    char gathered[WRITE_BYTES];
    apr_size_t length;
    const char *bytes = gather_waiting(conn, &length, gathered);
    apr_status_t rv;

    APR_BRIGADE_INSERT_TAIL(conn->out, apr_bucket_transient_create(bytes, length, list));
    APR_BRIGADE_INSERT_TAIL(conn->out, may_flush(conn, length) ? apr_bucket_flush_create(list)
                                                               : push_create(list));
    rv = pass(conn);
    forget_taken(conn, length);
    return rv;
}

/* To the socket: what it does not take remains in the queue. */
static apr_status_t send_waiting(chat_conn_t *conn)
{
    char gathered[WRITE_BYTES];
    apr_size_t length;
    const char *bytes = gather_waiting(conn, &length, gathered);
    apr_status_t rv = apr_socket_send(conn->socket, bytes, &length);

    forget_taken(conn, length);
    return rv;
}

static int is_full(apr_status_t rv)
{
    return APR_STATUS_IS_EAGAIN(rv) || APR_STATUS_IS_TIMEUP(rv);
}

/* Until nothing waits, or nothing more is taken. What the core filter has set aside, as it does
 * with little, goes before the rest. */
static apr_status_t write_waiting(chat_conn_t *conn)
{
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && !chat_conn_is_drained(conn)) {
        if (conn->c->data_in_output_filters)
            rv = flush_core(conn);
        if (rv != APR_SUCCESS || conn->c->data_in_output_filters)
            break;
        if (conn->queue)
            rv = conn->is_plaintext ? send_waiting(conn) : pass_waiting(conn);
    }
    return is_full(rv) ? APR_SUCCESS : rv;
}

/* The request of the handshake ends here: it is logged, and its pool destroyed. */
static void end_request(chat_conn_t *conn)
{
    if (!conn->r)
        return;
    APR_BRIGADE_INSERT_TAIL(conn->out, ap_bucket_eor_create(conn->c->bucket_alloc, conn->r));
    conn->r = NULL;
    pass(conn);
}

static void begin_lingering(chat_conn_t *conn)
{
    conn->close_sent = 1;
    end_request(conn);
    ap_prep_lingering_close(conn->c);
    APR_BRIGADE_INSERT_TAIL(conn->out, ap_bucket_eoc_create(conn->c->bucket_alloc));
    if (pass(conn) != APR_SUCCESS || flush_core(conn) != APR_SUCCESS) {
        chat_conn_abort(conn);
        return;
    }
    apr_socket_shutdown(conn->socket, APR_SHUTDOWN_WRITE);
    conn->state = CHAT_CONN_LINGERING;
    conn->deadline_at = chat_clock_now() + LINGER_US;
}

void chat_conn_write(chat_conn_t *conn)
{
    if (conn->state == CHAT_CONN_LINGERING || conn->state == CHAT_CONN_DEAD)
        return;
    if (write_waiting(conn) != APR_SUCCESS)
        chat_conn_abort(conn);
    else if (conn->state == CHAT_CONN_CLOSING && !conn->queue && !conn->c->data_in_output_filters)
        begin_lingering(conn);
}

static void enqueue(chat_conn_t *conn, chat_shared_buf_t *buf)
{
    chunk_t *chunk = buf ? calloc(1, sizeof *chunk) : NULL;

    if (!chunk) {
        chat_conn_abort(conn);
        return;
    }
    if (!conn->queue)
        conn->progress_at = chat_clock_now();
    chunk->buf = chat_shared_buf_ref(buf);
    chunk->previous = conn->queue_last;
    if (conn->queue_last)
        conn->queue_last->next = chunk;
    else
        conn->queue = chunk;
    conn->queue_last = chunk;
    conn->queue_count++;
    change_queue_bytes(conn, (apr_int64_t)buf->length);
    if (queue_cost(conn) >= BURST_BYTES)
        conn->has_had_burst = 1;
}

static void enqueue_own(chat_conn_t *conn, chat_shared_buf_t *buf)
{
    enqueue(conn, buf);
    chat_shared_buf_unref(buf);
}

/* Everything except a frame of which a part was sent, which can only be the first. */
static void drop_waiting(chat_conn_t *conn)
{
    while (conn->queue_last && !conn->queue_last->sent)
        drop_chunk(conn, conn->queue_last);
}

static int is_too_much(const chat_conn_t *conn, const chat_shared_buf_t *buf)
{
    return buf && conn->queue && queue_cost(conn) + buf->length > conn->role->queue_bytes_max;
}

void chat_conn_send(chat_conn_t *conn, chat_shared_buf_t *buf)
{
    if (conn->state != CHAT_CONN_OPEN)
        return;
    if (is_too_much(conn, buf))
        chat_conn_write(conn); /* much was sent at once: that does not make the peer slow */
    if (conn->state != CHAT_CONN_OPEN)
        return;
    if (is_too_much(conn, buf)) {
        chat_metrics_count(CHAT_COUNTER_SOCKETS_SLOW, 1);
        drop_waiting(conn);
        chat_conn_close(conn, CHAT_CLOSE_TRY_LATER);
        return;
    }
    enqueue(conn, buf);
}

static void begin_closing(chat_conn_t *conn)
{
    conn->state = CHAT_CONN_CLOSING;
    conn->deadline_at = chat_clock_now() + CLOSING_US;
    conn->is_paused = 0;
}

void chat_conn_close(chat_conn_t *conn, int code)
{
    char frame[CHAT_FRAME_HEADER_BYTES_MAX + 2];

    if (conn->state != CHAT_CONN_OPEN)
        return;
    if (conn->queue_bytes > CLOSE_BEHIND_MAX)
        drop_waiting(conn); /* or the close frame would arrive too late to be useful */
    enqueue_own(conn, chat_shared_buf_raw(frame, chat_frame_close(frame, code)));
    conn->close_code = code;
    if (conn->state == CHAT_CONN_OPEN)
        begin_closing(conn);
    chat_conn_write(conn);
}

void chat_conn_abort(chat_conn_t *conn)
{
    if (conn->state == CHAT_CONN_DEAD)
        return;
    conn->state = CHAT_CONN_DEAD;
    conn->c->aborted = 1;
    if (!conn->close_code)
        conn->close_code = CHAT_CLOSE_ABNORMAL;
    apr_socket_shutdown(conn->socket, APR_SHUTDOWN_READWRITE);
}

/* ---- reading ---- */

static void on_message(void *owner, chat_opcode_t opcode, const char *bytes, apr_size_t length)
{
    chat_conn_t *conn = owner;

    if (conn->state == CHAT_CONN_OPEN)
        conn->role->on_message(conn, opcode, bytes, length);
}

/* The newest pong that waits makes room for one that is newer: RFC 6455 section 5.5.3. */
static void skip_ping(chat_conn_t *conn)
{
    if (++conn->pings_unanswered > PINGS_UNANSWERED_MAX)
        chat_conn_abort(conn); /* it sends pings and reads no pongs */
    else if (conn->last_pong && !conn->last_pong->sent)
        drop_chunk(conn, conn->last_pong);
}

static void send_pong(chat_conn_t *conn, const char *bytes, apr_size_t length)
{
    if (conn->pongs >= PONGS_MAX)
        chat_conn_write(conn); /* a peer that sends many pings at once may still read */
    if (conn->state == CHAT_CONN_OPEN && conn->pongs >= PONGS_MAX)
        skip_ping(conn);
    if (conn->state != CHAT_CONN_OPEN)
        return;
    enqueue_own(conn, chat_shared_buf_raw(bytes, length));
    if (conn->state != CHAT_CONN_OPEN)
        return;
    conn->last_pong = conn->queue_last;
    conn->last_pong->is_pong = 1;
    conn->pongs++;
}

static void on_answer(void *owner, const char *bytes, apr_size_t length)
{
    chat_conn_t *conn = owner;

    if (conn->state != CHAT_CONN_OPEN)
        return;
    if ((bytes[0] & OPCODE_BITS) == CHAT_OPCODE_PONG)
        send_pong(conn, bytes, length);
    else
        enqueue_own(conn, chat_shared_buf_raw(bytes, length));
}

static const chat_frame_callbacks_t frame_callbacks = {on_message, on_answer};

/* APR_SUCCESS with 0 bytes: nothing now. */
static apr_status_t read_some(chat_conn_t *conn, char *bytes, apr_size_t *length)
{
    apr_status_t rv = ap_get_brigade(conn->c->input_filters, conn->in, AP_MODE_READBYTES,
                                     APR_NONBLOCK_READ, *length);

    if (rv == APR_SUCCESS && !APR_BRIGADE_EMPTY(conn->in)) {
        int is_end = APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(conn->in));

        rv = apr_brigade_flatten(conn->in, bytes, length);
        if (rv == APR_SUCCESS && *length == 0 && is_end)
            rv = APR_EOF;
    } else {
        *length = 0;
        if (APR_STATUS_IS_EAGAIN(rv))
            rv = APR_SUCCESS;
    }
    apr_brigade_cleanup(conn->in);
    return rv;
}

static void discard_input(chat_conn_t *conn)
{
    char bytes[READ_BYTES];
    apr_size_t length = sizeof bytes;
    apr_status_t rv = apr_socket_recv(conn->socket, bytes, &length);

    if (rv != APR_SUCCESS && !APR_STATUS_IS_EAGAIN(rv))
        chat_conn_abort(conn);
}

void chat_conn_read(chat_conn_t *conn, apr_time_t now)
{
    char bytes[READ_BYTES];
    int rounds;

    if (conn->state == CHAT_CONN_LINGERING) {
        discard_input(conn);
        return;
    }
    for (rounds = 0; rounds < READ_ROUNDS_MAX && conn->state == CHAT_CONN_OPEN && !conn->is_paused;
         rounds++) {
        apr_size_t length = sizeof bytes;

        if (read_some(conn, bytes, &length) != APR_SUCCESS) {
            chat_conn_abort(conn);
            return;
        }
        if (length == 0) {
            conn->has_more_input = 0;
            chat_conn_write(conn);
            return;
        }
        conn->received_at = now;
        conn->ping_sent_at = 0;
        if (chat_frame_read(conn->frame, bytes, length) == CHAT_FRAME_CLOSING &&
            conn->state == CHAT_CONN_OPEN) {
            conn->close_code = chat_frame_close_code(conn->frame);
            begin_closing(conn);
        }
        if (chat_frame_bytes_held(conn->frame) >= BURST_BYTES / 2)
            conn->has_had_burst = 1;
    }
    conn->has_more_input = conn->state == CHAT_CONN_OPEN;
    chat_conn_write(conn);
}

/* ---- life ---- */

chat_conn_t *chat_conn_create(request_rec *r, const chat_conn_plan_t *plan, const char *greeting)
{
    chat_conn_t *conn = calloc(1, sizeof *conn);

    if (!conn)
        return NULL;
    conn->role = plan->role;
    conn->c = r->connection;
    conn->r = r;
    conn->socket = ap_get_conn_socket(r->connection);
    conn->age_max = plan->age_max;
    conn->greeting = chat_shared_buf_raw(greeting, strlen(greeting));
    conn->frame = chat_frame_create(&frame_callbacks, conn, plan->message_bytes_max);
    if (conn->frame && conn->greeting && apr_os_sock_get(&conn->fd, conn->socket) == APR_SUCCESS) {
        conn->owner = plan->owner;
        return conn;
    }
    chat_conn_free(conn);
    return NULL;
}

void chat_conn_free(chat_conn_t *conn)
{
    if (conn->owner && conn->role->on_free)
        conn->role->on_free(conn->owner);
    while (conn->queue)
        drop_chunk(conn, conn->queue);
    chat_shared_buf_unref(conn->greeting);
    if (conn->frame)
        chat_frame_destroy(conn->frame);
    free(conn);
}

/*
 * After suspend_connection the event MPM's worker takes c->sbh away, returns, and forgets the
 * socket. All that it has not forgotten is closed by close_worker_sockets() when the child stops
 * ungracefully, before child_stopping. Forgetting cannot be seen from here; taking sbh away can,
 * and hardly anything lies between the two.
 */
int chat_conn_is_let_go(const chat_conn_t *conn)
{
    return *(ap_sb_handle_t *volatile const *)&conn->c->sbh == NULL;
}

void chat_conn_adopt(chat_conn_t *conn, apr_time_t now)
{
    conn_rec *c = conn->c;

    conn->adopted_at = now;
    conn->received_at = now;
    apr_socket_timeout_set(conn->socket, 0); /* a forced flush is then an error, never a wait */
    conn->is_plaintext = has_core_filter_only(c);
    apr_allocator_max_free_set(apr_pool_allocator_get(c->pool), POOL_BYTES_KEPT);
    conn->in = apr_brigade_create(c->pool, c->bucket_alloc);
    conn->out = apr_brigade_create(c->pool, c->bucket_alloc);
    enqueue_own(conn, conn->greeting);
    conn->greeting = NULL;
    if (conn->state == CHAT_CONN_OPEN && conn->role->on_open)
        conn->role->on_open(conn);
    chat_conn_write(conn);
    if (conn->state == CHAT_CONN_OPEN)
        chat_conn_read(conn, now); /* frames that came with the handshake */
}

apr_uint32_t chat_conn_wants(const chat_conn_t *conn)
{
    /* Input after a close frame is not read, so it must not wake us either. */
    apr_uint32_t wants =
        conn->state == CHAT_CONN_CLOSING || conn->is_paused ? 0 : EPOLLIN | EPOLLRDHUP;

    if (conn->queue || conn->c->data_in_output_filters)
        wants |= EPOLLOUT;
    return wants;
}

/* After adoption the worker still writes one or two fields of the connection. */
static int worker_has_left(const chat_conn_t *conn, apr_time_t now)
{
    return now >= conn->adopted_at + RELEASE_US;
}

int chat_conn_end_request(chat_conn_t *conn, apr_time_t now)
{
    if (!conn->r || conn->state != CHAT_CONN_OPEN || !worker_has_left(conn, now))
        return 0;
    end_request(conn);
    return 1;
}

int chat_conn_is_drained(const chat_conn_t *conn)
{
    return !conn->queue && !conn->c->data_in_output_filters;
}

int chat_conn_take_burst(chat_conn_t *conn)
{
    int is_over = conn->has_had_burst && chat_conn_is_drained(conn) &&
                  chat_frame_bytes_held(conn->frame) == 0;

    if (is_over)
        conn->has_had_burst = 0;
    return is_over;
}

int chat_conn_is_released(const chat_conn_t *conn, apr_time_t now)
{
    return conn->holds == 0 && worker_has_left(conn, now);
}

void chat_conn_destroy(chat_conn_t *conn)
{
    conn_rec *c = conn->c;

    if (conn->r) {
        c->aborted = 1;
        end_request(conn);
    }
    apr_socket_close(conn->socket);
    chat_conn_free(conn);
    apr_pool_destroy(c->pool); /* c->cs->state is still CONN_STATE_SUSPENDED, as the MPM counts */
}
