/**
 * @file chat_ws_session.h
 * A user's session on one WebSocket: the frames of its client are run as commands, one after the
 * other, and events go out to it.
 *
 * While a command runs and another frame waits, nothing is read: the client has to wait. Events
 * that come while a command runs are held back until its answer has been sent. A client that has
 * just connected, or was sent a resync, may resume: events are held back for
 * CHAT_WS_SESSION_HOLD_MS, so that they follow the messages that the client missed, and none is
 * sent twice.
 *
 * Bounded: the bytes that wait to be sent (CHAT_WS_SESSION_QUEUE_BYTES_MAX), the frames that wait
 * to be run (what one read of the socket gave), events held back (CHAT_WS_SESSION_HELD_MAX),
 * conversations in which this client types (CHAT_WS_SESSION_TYPED_MAX; one more ends the oldest).
 * Ownership: the connection's, which frees it. Threads: chat_ws_session_create() on the worker that
 * answers the handshake; everything else on the event loop's.
 */
#ifndef MOD_CHAT_CHAT_WS_SESSION_H
#define MOD_CHAT_CHAT_WS_SESSION_H
#include "http/chat_request.h"
#include "realtime/chat_publisher.h"
#include "ws/chat_conn.h"
#include "ws/chat_quota.h"
#include "ws/chat_ws_command.h"

#define CHAT_WS_SESSION_QUEUE_BYTES_MAX 262144
#define CHAT_WS_SESSION_HOLD_MS 500
#define CHAT_WS_SESSION_HELD_MAX 512
#define CHAT_WS_SESSION_TYPED_MAX 4

/** A frame for one session. */
typedef struct chat_ws_session_event_t {
    apr_int64_t conversation_id; /**< of a message */
    apr_int64_t seq;             /**< of a message; 0: it is not a message */
    chat_shared_buf_t *buf;
} chat_ws_session_event_t;

typedef struct chat_ws_session_t {
    struct chat_ws_session_t *previous; /**< the registry's list of all sessions */
    struct chat_ws_session_t *next;
    struct chat_ws_session_t *previous_of_user; /**< the registry's list of the same user's */
    struct chat_ws_session_t *next_of_user;
    struct {
        apr_uint64_t database;
        apr_int64_t user_id;
    } key;             /**< the registry's */
    chat_conn_t *conn; /**< NULL until the event loop has adopted it */
    chat_publisher_t *publisher;
    chat_identity_t identity;
    chat_quota_entry_t quota; /**< as it is counted until its end */

    /* The session's own. */
    int is_greeted;
    chat_ws_command_t *command;   /**< that runs; NULL: none */
    chat_ws_frame_t *first_frame; /**< that waits to be run */
    chat_ws_frame_t *last_frame;
    chat_resume_t *resume;         /**< NULL: none was asked for */
    chat_ws_session_event_t *held; /**< malloc'ed; NULL: none */
    int held_count;
    int held_size;
    apr_size_t held_bytes;
    apr_time_t held_until;                           /**< 0: no resume is waited for */
    apr_int64_t typed_in[CHAT_WS_SESSION_TYPED_MAX]; /**< conversations, the oldest first */
    int typed_count;
} chat_ws_session_t;

/** For the user of this handshake, who is counted from now on; NULL: out of memory, or the feed of
 * the database could not be started. */
chat_ws_session_t *chat_ws_session_create(const chat_request_t *req);
void chat_ws_session_destroy(chat_ws_session_t *session);

/** Say hello: from now on events are sent. `p` is for the writing only. */
void chat_ws_session_greet(chat_ws_session_t *session, apr_pool_t *p);

/** Events may have been missed: `resync` is a frame that makes the client resume. */
void chat_ws_session_resync(chat_ws_session_t *session, chat_shared_buf_t *resync);

/** An event of the feed: it is sent now, held back, or is left to the resume that runs. */
void chat_ws_session_deliver(chat_ws_session_t *session, const chat_ws_session_event_t *event);

/** A frame at once, past everything that is held back. */
void chat_ws_session_send(chat_ws_session_t *session, chat_shared_buf_t *buf);

/** The callbacks of its connection: see chat_conn_role_t. */
void chat_ws_session_on_message(chat_conn_t *conn, chat_opcode_t opcode, const char *bytes,
                                apr_size_t length);
void chat_ws_session_on_drain(chat_conn_t *conn);
void chat_ws_session_on_tick(chat_conn_t *conn, apr_time_t now);

/** The connection has ended: end what the client typed. A command that runs ends by itself. */
void chat_ws_session_end(chat_ws_session_t *session);
#endif
