#include "realtime/chat_shared_buf.h"

#include <stdlib.h>
#include <string.h>

static chat_shared_buf_t *make(const char *head, apr_size_t head_bytes, const char *body,
                               apr_size_t body_bytes)
{
    chat_shared_buf_t *buf = malloc(sizeof *buf + head_bytes + body_bytes);

    if (!buf)
        return NULL;
    atomic_init(&buf->refs, 1);
    buf->length = head_bytes + body_bytes;
    memcpy(buf->bytes, head, head_bytes);
    if (body_bytes)
        memcpy(buf->bytes + head_bytes, body, body_bytes);
    return buf;
}

chat_shared_buf_t *chat_shared_buf_frame(chat_opcode_t opcode, const char *bytes, apr_size_t length)
{
    char header[CHAT_FRAME_HEADER_BYTES_MAX] = "";

    return make(header, chat_frame_header_write(header, opcode, length), bytes, length);
}

chat_shared_buf_t *chat_shared_buf_raw(const char *bytes, apr_size_t length)
{
    return make(bytes, length, NULL, 0);
}

chat_shared_buf_t *chat_shared_buf_ref(chat_shared_buf_t *buf)
{
    atomic_fetch_add_explicit(&buf->refs, 1, memory_order_relaxed);
    return buf;
}

void chat_shared_buf_unref(chat_shared_buf_t *buf)
{
    if (buf && atomic_fetch_sub_explicit(&buf->refs, 1, memory_order_acq_rel) == 1)
        free(buf);
}
