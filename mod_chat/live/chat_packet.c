#include "live/chat_packet.h"

#include <stdlib.h>
#include <string.h>

static chat_packet_t *make(const char *head, apr_size_t head_bytes, const char *body,
                           apr_size_t body_bytes)
{
    chat_packet_t *packet = malloc(sizeof *packet + head_bytes + body_bytes);

    if (!packet)
        return NULL;
    atomic_init(&packet->holders, 1);
    packet->length = head_bytes + body_bytes;
    memcpy(packet->bytes, head, head_bytes);
    if (body_bytes)
        memcpy(packet->bytes + head_bytes, body, body_bytes);
    return packet;
}

chat_packet_t *chat_packet_frame(chat_opcode_t opcode, const char *bytes, apr_size_t length)
{
    char header[CHAT_FRAME_HEADER_BYTES_MAX] = "";

    return make(header, chat_frame_header_write(header, opcode, length), bytes, length);
}

chat_packet_t *chat_packet_raw(const char *bytes, apr_size_t length)
{
    return make(bytes, length, NULL, 0);
}

chat_packet_t *chat_packet_hold(chat_packet_t *packet)
{
    atomic_fetch_add_explicit(&packet->holders, 1, memory_order_relaxed);
    return packet;
}

void chat_packet_release(chat_packet_t *packet)
{
    if (packet && atomic_fetch_sub_explicit(&packet->holders, 1, memory_order_acq_rel) == 1)
        free(packet);
}
