/**
 * @file chat_conn.h
 * One WebSocket on a connection of httpd: reads and writes through its filters, so that TLS and
 * whatever else stands there works, and never blocks. Where none stands there, frames go to the
 * socket without them.
 *
 * Life: made by the worker that answers the handshake, handed to the event loop when httpd lets go
 * of the connection (suspend_connection), adopted as soon as it has, destroyed by the event loop,
 * and with it the connection's pool. What waits to be sent is bounded by the role, with the memory
 * that each buffer takes besides its bytes: above that the peer is too slow, and it is closed with
 * 1013. Of pongs some dozens wait at most; then only the newest ping is answered. Whoever pauses a
 * connection stops reading from it, so that its peer has to wait. Threads: after chat_conn_adopt()
 * the event loop's only, but for chat_conn_write(), which the event loop may have done on others,
 * to one connection by one at a time.
 */
#ifndef MOD_CHAT_CHAT_CONN_H
#define MOD_CHAT_CHAT_CONN_H
#include <httpd.h>

#include "realtime/chat_shared_buf.h"
#include "ws/chat_frame.h"
#include "ws/chat_task_queue.h"

typedef struct chat_conn_t chat_conn_t;

/** What a connection is for. All are called on the event loop's thread. */
typedef struct chat_conn_role_t {
    /** It was adopted, and its greeting sent. NULL: nothing to do. */
    void (*on_open)(chat_conn_t *conn);
    void (*on_message)(chat_conn_t *conn, chat_opcode_t opcode, const char *bytes,
                       apr_size_t length);
    /** Nothing waits to be sent any more. NULL: nothing to do. */
    void (*on_drain)(chat_conn_t *conn);
    /** Several times a second, while it is open. NULL: nothing to do. */
    void (*on_tick)(chat_conn_t *conn, apr_time_t now);
    /** It takes no more messages; close_code says why. Once, after on_open. NULL: nothing to do. */
    void (*on_end)(chat_conn_t *conn);
    /** The owner goes, too; also without on_open. NULL: nothing to do. */
    void (*on_free)(void *owner);
    apr_size_t queue_bytes_max; /**< what the buffers that wait may take in memory */
} chat_conn_role_t;

/** What the worker of the handshake says of a connection to be. */
typedef struct chat_conn_plan_t {
    const chat_conn_role_t *role;
    void *owner;          /**< the role's own; freed by on_free */
    const char *protocol; /**< Sec-WebSocket-Protocol of the answer; NULL: none */
    apr_size_t message_bytes_max;
    apr_interval_time_t age_max; /**< then it is closed with 1001; 0: never */
} chat_conn_plan_t;

typedef enum {
    CHAT_CONN_OPEN,
    CHAT_CONN_CLOSING,   /**< the close frame waits to be sent */
    CHAT_CONN_LINGERING, /**< sent; what still comes is thrown away until the peer ends */
    CHAT_CONN_DEAD       /**< no more events; waits until it may be destroyed */
} chat_conn_state_t;

struct chat_conn_t {
    chat_task_t task;      /**< by which it comes to the event loop */
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
    apr_time_t deadline_at;      /**< closing, lingering: when patience ends */
    apr_interval_time_t age_max; /**< 0: none */
    chat_shared_buf_t *greeting; /**< the answer to the handshake, until it is sent */
    int fd;
    int close_code;      /**< sent, or to be sent; 0: none */
    int holds;           /**< it may not be destroyed yet: somebody works for it */
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

/** Put a buffer into the queue, holding it; chat_conn_write() sends. NULL (no memory) ends it. */
void chat_conn_send(chat_conn_t *conn, chat_shared_buf_t *buf);

/** Begin to close, with this code. */
void chat_conn_close(chat_conn_t *conn, int code);

/** End it without a word: the peer is gone, or does not listen. */
void chat_conn_abort(chat_conn_t *conn);

/** Whether nothing waits to be sent. */
int chat_conn_is_drained(const chat_conn_t *conn);

/** What epoll should watch. */
apr_uint32_t chat_conn_wants(const chat_conn_t *conn);

/** Log the handshake and give its memory back, as soon as httpd's worker has surely left it;
 * whether that was done now. */
int chat_conn_end_request(chat_conn_t *conn, apr_time_t now);

/** Whether much waited on it, and all of that has gone now. Once for each time. */
int chat_conn_take_burst(chat_conn_t *conn);

/** Whether nobody else works with it any more, so that it may be destroyed. */
int chat_conn_is_released(const chat_conn_t *conn, apr_time_t now);

/** Destroy it and its connection. It must be dead. */
void chat_conn_destroy(chat_conn_t *conn);
#endif
