/**
 * @file chat_conn.h
 * One WebSocket on a connection of httpd: reads and writes through the connection's filters, so
 * that TLS works, without ever blocking. Where there is no filter but httpd's own, frames are sent
 * to the socket directly.
 *
 * Life: made by the worker that answers the handshake; handed to the event loop when httpd suspends
 * the connection (suspend_connection); adopted as soon as the worker has let go of it; destroyed by
 * the event loop, together with the connection's pool.
 * Bounded: what waits to be sent, by the role's limit, which includes the memory that each buffer
 * takes besides its bytes; a peer above it is too slow and is closed with 1013. At most some dozens
 * of pongs wait; above that only the newest ping is answered. While a connection is paused nothing
 * is read from it, and TCP makes its peer wait.
 * Threads: after chat_conn_adopt() the event loop's only; chat_conn_write() may run on a helper
 * thread of the event loop, one at a time for each connection.
 */
#ifndef MOD_CHAT_CHAT_CONN_H
#define MOD_CHAT_CHAT_CONN_H
#include <httpd.h>

#include "realtime/chat_shared_buf.h"
#include "ws/chat_frame.h"
#include "ws/chat_task_queue.h"

typedef struct chat_conn_t chat_conn_t;

/** What a connection does. All functions are called on the event loop's thread. */
typedef struct chat_conn_role_t {
    /** It was adopted, and the answer to the handshake queued. NULL: nothing to do. */
    void (*on_open)(chat_conn_t *conn);
    void (*on_message)(chat_conn_t *conn, chat_opcode_t opcode, const char *bytes,
                       apr_size_t length);
    /** Nothing waits to be sent any more. NULL: nothing to do. */
    void (*on_drain)(chat_conn_t *conn);
    /** Several times a second, while it is open. NULL: nothing to do. */
    void (*on_tick)(chat_conn_t *conn, apr_time_t now);
    /** It takes no more messages; close_code says why. Once, after on_open. NULL: nothing to do. */
    void (*on_end)(chat_conn_t *conn);
    /** The connection is freed, and the owner must be; also without on_open. NULL: nothing to do.
     */
    void (*on_free)(void *owner);
    apr_size_t queue_bytes_max; /**< what the buffers that wait may take in memory */
} chat_conn_role_t;

/** What the worker that answers the handshake decides about the connection. */
typedef struct chat_conn_plan_t {
    const chat_conn_role_t *role;
    void *owner;          /**< the role's own; freed by on_free */
    const char *protocol; /**< Sec-WebSocket-Protocol of the answer; NULL: none */
    apr_size_t message_bytes_max;
    apr_interval_time_t age_max; /**< then it is closed with 1001; 0: never */
} chat_conn_plan_t;

typedef enum {
    CHAT_CONN_OPEN,
    CHAT_CONN_CLOSING,   /**< a close frame waits to be sent */
    CHAT_CONN_LINGERING, /**< it was sent; input is discarded until the peer closes */
    CHAT_CONN_DEAD       /**< no more events; waits until it may be destroyed */
} chat_conn_state_t;

struct chat_conn_t {
    chat_task_t task;      /**< that brings it to the event loop */
    chat_conn_t *previous; /**< the event loop's list */
    chat_conn_t *next;
    chat_conn_t *next_dirty; /**< the event loop's list of those with something new to send */
    const chat_conn_role_t *role;
    void *owner;
    conn_rec *c;
    request_rec *r; /**< the handshake; NULL once it is logged */
    apr_socket_t *socket;
    chat_frame_t *frame;
    apr_bucket_brigade *in;
    apr_bucket_brigade *out;
    struct chat_chunk_t *queue; /**< what waits, the oldest first */
    struct chat_chunk_t *queue_last;
    apr_size_t queue_bytes;
    apr_size_t queue_count;
    struct chat_chunk_t *last_pong; /**< of those that wait; NULL: it is on its way */
    int pongs;                      /**< that wait */
    int pings_unanswered;           /**< since the peer last took something */
    int is_plaintext; /**< no filter does anything to what is sent: it need not pass them */
    apr_time_t adopted_at;
    apr_time_t received_at;      /**< the last time that anything came */
    apr_time_t ping_sent_at;     /**< a ping was sent, and nothing came since; 0: none */
    apr_time_t progress_at;      /**< the last time that something was taken, or began to wait */
    apr_time_t deadline_at;      /**< of closing and lingering */
    apr_interval_time_t age_max; /**< 0: none */
    chat_shared_buf_t *greeting; /**< the answer to the handshake, until it is sent */
    int fd;
    int close_code;      /**< sent, or to be sent; 0: none */
    int holds;           /**< commands that run for it: it must not be destroyed yet */
    apr_uint32_t events; /**< what epoll watches now */
    chat_conn_state_t state;
    unsigned is_watched : 1;
    unsigned is_dirty : 1;
    unsigned is_paused : 1;      /**< nothing is read */
    unsigned has_more_input : 1; /**< reading stopped before the end: ask again without epoll */
    unsigned has_ended : 1;      /**< on_end was called */
    unsigned close_sent : 1;     /**< the close frame was taken by the kernel */
    unsigned has_had_burst : 1;  /**< so much has waited that its memory is worth giving back */
};

/** A connection for this handshake. The owner is freed with it; NULL: out of memory, it is not. */
chat_conn_t *chat_conn_create(request_rec *r, const chat_conn_plan_t *plan, const char *greeting);

/** Free one that the event loop never got. */
void chat_conn_free(chat_conn_t *conn);

/** Whether httpd's worker has let go of it, so that it may be adopted: a few instructions after it
 * was handed over, or much later if the worker was interrupted there. Until then an ungraceful stop
 * closes its socket with those of all requests that are being answered, whoever uses it. */
int chat_conn_is_let_go(const chat_conn_t *conn);

/** Take it over from httpd: send the greeting, and read what came with the handshake. */
void chat_conn_adopt(chat_conn_t *conn, apr_time_t now);

/** The socket is readable; the socket is writable. */
void chat_conn_read(chat_conn_t *conn, apr_time_t now);
void chat_conn_write(chat_conn_t *conn);

/** Add a buffer to the queue, with a reference; chat_conn_write() sends it. NULL (out of memory)
 * ends the connection. */
void chat_conn_send(chat_conn_t *conn, chat_shared_buf_t *buf);

/** Begin to close, with this code. */
void chat_conn_close(chat_conn_t *conn, int code);

/** End it without a close frame: the peer is gone, or does not read. */
void chat_conn_abort(chat_conn_t *conn);

/** Whether nothing waits to be sent. */
int chat_conn_is_drained(const chat_conn_t *conn);

/** What epoll should watch. */
apr_uint32_t chat_conn_wants(const chat_conn_t *conn);

/** Log the handshake and free its request, once httpd's worker has certainly finished with it;
 * whether that was done now. */
int chat_conn_end_request(chat_conn_t *conn, apr_time_t now);

/** Whether much has waited to be sent and all of it has been sent now. True once each time. */
int chat_conn_take_burst(chat_conn_t *conn);

/** Whether nobody else works with it any more, so that it may be destroyed. */
int chat_conn_is_released(const chat_conn_t *conn, apr_time_t now);

/** Destroy it and its connection. It must be dead. */
void chat_conn_destroy(chat_conn_t *conn);
#endif
