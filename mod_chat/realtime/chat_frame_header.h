/**
 * @file chat_frame_header.h
 * The header of a WebSocket frame from a server (RFC 6455 section 5.2): final, and not masked.
 *
 * Whoever makes bytes for many sockets needs no more of the protocol than this; frames that come
 * in are read by chat_frame.h.
 */
#ifndef MOD_CHAT_CHAT_FRAME_HEADER_H
#define MOD_CHAT_CHAT_FRAME_HEADER_H
#include <apr.h>

#define CHAT_FRAME_HEADER_BYTES_MAX 10

typedef enum {
    CHAT_OPCODE_TEXT = 0x1,
    CHAT_OPCODE_BINARY = 0x2,
    CHAT_OPCODE_CLOSE = 0x8,
    CHAT_OPCODE_PING = 0x9,
    CHAT_OPCODE_PONG = 0xa
} chat_opcode_t;

/** Write it to `out`, which has room for CHAT_FRAME_HEADER_BYTES_MAX, and return its length. */
apr_size_t chat_frame_header_write(char *out, chat_opcode_t opcode, apr_uint64_t payload_bytes);
#endif
