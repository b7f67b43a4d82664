/**
 * @file chat_frame.h
 * Reads the WebSocket frames of a client (RFC 6455 section 5): bytes in, messages out.
 *
 * The only file that includes libwslay, which parses frames; messages are put together here. Its
 * context is 4 kB, so there is one only while a message is being read, and none for a connection
 * that is quiet.
 * Bounded: one buffer of at most `message_bytes_max` for a message, in however many frames it
 * comes; a control frame takes no memory of its own. Answers (pong, close) are given to the owner
 * at once and in order, so a ping between the frames of a message is answered before the message.
 * Ownership: a reader is made by chat_frame_create() and freed by chat_frame_destroy(). Threads:
 * one at a time.
 */
#ifndef MOD_CHAT_CHAT_FRAME_H
#define MOD_CHAT_CHAT_FRAME_H
#include <apr_errno.h>

#include "realtime/chat_frame_header.h"

/** RFC 6455 section 7.4.1, and IANA's registry of close codes. */
typedef enum {
    CHAT_CLOSE_NORMAL = 1000,
    CHAT_CLOSE_GOING_AWAY = 1001,
    CHAT_CLOSE_PROTOCOL = 1002,
    CHAT_CLOSE_UNSUPPORTED = 1003,
    CHAT_CLOSE_NO_STATUS = 1005, /**< never sent */
    CHAT_CLOSE_ABNORMAL = 1006,  /**< never sent */
    CHAT_CLOSE_NO_UTF8 = 1007,
    CHAT_CLOSE_POLICY = 1008,
    CHAT_CLOSE_TOO_BIG = 1009,
    CHAT_CLOSE_INTERNAL = 1011,
    CHAT_CLOSE_RESTART = 1012,
    CHAT_CLOSE_TRY_LATER = 1013
} chat_close_code_t;

typedef struct chat_frame_t chat_frame_t;

/** What a reader calls. None of these functions may destroy it. */
typedef struct chat_frame_callbacks_t {
    /** A whole text or binary message; text is valid UTF-8. */
    void (*on_message)(void *owner, chat_opcode_t opcode, const char *bytes, apr_size_t length);
    /** Bytes of an answer, to be sent before anything else. */
    void (*on_answer)(void *owner, const char *bytes, apr_size_t length);
} chat_frame_callbacks_t;

/** The state of a connection after chat_frame_read(). */
typedef enum {
    CHAT_FRAME_OPEN,
    CHAT_FRAME_CLOSING /**< a close frame was answered or made: send it, then end */
} chat_frame_state_t;

chat_frame_t *chat_frame_create(const chat_frame_callbacks_t *callbacks, void *owner,
                                apr_size_t message_bytes_max);
void chat_frame_destroy(chat_frame_t *frame);

/** Read bytes as they came. After CHAT_FRAME_CLOSING nothing more is read. */
chat_frame_state_t chat_frame_read(chat_frame_t *frame, const char *bytes, apr_size_t length);

/** The code that the close frame of CHAT_FRAME_CLOSING carries, for the log and the metrics. */
int chat_frame_close_code(const chat_frame_t *frame);

/** The memory that is kept for a frame or a message not yet complete; 0: none has begun. */
apr_size_t chat_frame_bytes_held(const chat_frame_t *frame);

/** Write a whole close frame: `out` needs CHAT_FRAME_HEADER_BYTES_MAX + 2 bytes. */
apr_size_t chat_frame_close(char *out, int code);
#endif
