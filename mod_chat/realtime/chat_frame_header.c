#include "realtime/chat_frame_header.h"

apr_size_t chat_frame_header_write(char *out, chat_opcode_t opcode, apr_uint64_t payload_bytes)
{
    int i;

    out[0] = (char)(0x80 | opcode);
    if (payload_bytes < 126) {
        out[1] = (char)payload_bytes;
        return 2;
    }
    if (payload_bytes < 65536) {
        out[1] = 126;
        out[2] = (char)(payload_bytes >> 8);
        out[3] = (char)payload_bytes;
        return 4;
    }
    out[1] = 127;
    for (i = 0; i < 8; i++)
        out[2 + i] = (char)(payload_bytes >> (56 - 8 * i));
    return 10;
}
