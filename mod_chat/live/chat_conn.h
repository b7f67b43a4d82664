/**
 * @file chat_conn.h
 * One WebSocket on a connection of httpd: reads and writes through its filters, so that TLS and
 * whatever else stands there works, and never blocks.
 *
 * Life: made by the worker that answers the handshake, handed to the hub when httpd has let go of
 * the connection (suspend_connection), destroyed by the hub, and with it the connection's pool.
 * What waits to be sent is bounded by the role: above that the peer is too slow, and it is dropped.
 * Threads: after chat_conn_adopt() the hub's only.
 */
#ifndef MOD_CHAT_CHAT_CONN_H
#define MOD_CHAT_CHAT_CONN_H
#include <httpd.h>

#include "live/chat_frame.h"

typedef struct chat_conn_t chat_conn_t;

/** What a connection is for. Called on the hub's thread. */
typedef struct chat_conn_role_t {
    void (*on_message)(chat_conn_t *conn, chat_opcode_t opcode, const char *bytes,
                       apr_size_t length);
    apr_size_t queue_bytes_max; /**< what may wait to be sent; above it the peer is too slow */
} chat_conn_role_t;

typedef enum {
    CHAT_CONN_OPEN,
    CHAT_CONN_CLOSING,   /**< the close frame waits to be sent */
    CHAT_CONN_LINGERING, /**< sent; what still comes is thrown away until the peer ends */
    CHAT_CONN_DEAD       /**< no more events; waits until it may be destroyed */
} chat_conn_state_t;

struct chat_conn_t {
    chat_conn_t *previous; /**< the hub's list */
    chat_conn_t *next;
    const chat_conn_role_t *role;
    conn_rec *c;
    request_rec *r; /**< the handshake; NULL once it is logged */
    apr_socket_t *socket;
    int fd;
    int is_watched;
    apr_uint32_t events; /**< what epoll watches now */
    chat_conn_state_t state;
    chat_frame_t *frame;
    apr_bucket_brigade *in;
    apr_bucket_brigade *out;
    struct chat_chunk_t *queue; /**< what waits, the oldest first */
    struct chat_chunk_t *queue_last;
    apr_size_t queue_bytes;
    apr_time_t adopted_at;
    apr_time_t heard_at;  /**< the last time that anything came */
    apr_time_t asked_at;  /**< a ping was sent, and nothing came since; 0: none */
    apr_time_t ends_at;   /**< lingering: when patience ends; else the max age, 0: none */
    int has_more_input;   /**< reading stopped for the others' sake: ask again without epoll */
    int close_code;       /**< sent, or to be sent; 0: none */
    const char *greeting; /**< the answer to the handshake, in c->pool */
};

/** A connection for this handshake, in r->connection's pool. */
chat_conn_t *chat_conn_create(request_rec *r, const chat_conn_role_t *role,
                              apr_size_t message_bytes_max, const char *greeting);

/** Free one that the hub never got. */
void chat_conn_free(chat_conn_t *conn);

/** Take it over from httpd: send the greeting, and read what came with the handshake. */
void chat_conn_adopt(chat_conn_t *conn, apr_time_t now);

/** The socket is readable; the socket is writable. */
void chat_conn_read(chat_conn_t *conn, apr_time_t now);
void chat_conn_write(chat_conn_t *conn);

/** Send a message of one frame. */
void chat_conn_send(chat_conn_t *conn, chat_opcode_t opcode, const char *bytes, apr_size_t length);

/** Begin to close, with this code. */
void chat_conn_close(chat_conn_t *conn, int code);

/** End it without a word: the peer is gone, or does not listen. */
void chat_conn_abort(chat_conn_t *conn);

/** What epoll should watch. */
apr_uint32_t chat_conn_wants(const chat_conn_t *conn);

/** Whether httpd's worker has left it, so that it may be destroyed. */
int chat_conn_is_released(const chat_conn_t *conn, apr_time_t now);

/** Destroy it and its connection. It must be dead. */
void chat_conn_destroy(chat_conn_t *conn);
#endif
