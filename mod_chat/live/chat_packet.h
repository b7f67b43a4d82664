/**
 * @file chat_packet.h
 * Bytes on their way to sockets: a frame made once, and shared by all who get it.
 *
 * Ownership: counted. Whoever makes a packet holds it once; the last chat_packet_release() frees
 * it. Threads: any; the bytes do not change.
 */
#ifndef MOD_CHAT_CHAT_PACKET_H
#define MOD_CHAT_CHAT_PACKET_H
#include <stdatomic.h>

#include "live/chat_frame_header.h"

typedef struct chat_packet_t {
    _Atomic unsigned holders;
    apr_size_t length;
    char bytes[];
} chat_packet_t;

/** A message of one frame; NULL: out of memory. */
chat_packet_t *chat_packet_frame(chat_opcode_t opcode, const char *bytes, apr_size_t length);

/** Bytes as they are. */
chat_packet_t *chat_packet_raw(const char *bytes, apr_size_t length);

chat_packet_t *chat_packet_hold(chat_packet_t *packet);
void chat_packet_release(chat_packet_t *packet /* NULL: nothing */);
#endif
