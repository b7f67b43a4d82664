#include "live/chat_frame.h"

#include <stdlib.h>
#include <string.h>

#include <wslay/wslay.h>

#define MASK_BYTES 4

struct chat_frame_t {
    const chat_frame_callbacks_t *callbacks;
    void *owner;
    apr_size_t message_bytes_max;
    wslay_event_context_ptr wslay; /* NULL between messages */
    const char *bytes;             /* what is being read */
    apr_size_t left;
    apr_uint64_t given;    /* bytes that this context was given */
    apr_uint64_t expected; /* bytes of the frames that it has seen the beginning of */
    int is_fragmented;     /* a message has begun and has not ended */
    int close_code;
};

static ssize_t on_recv(wslay_event_context_ptr wslay, uint8_t *out, size_t room, int flags,
                       void *data)
{
    chat_frame_t *frame = data;
    apr_size_t n = frame->left < room ? frame->left : room;

    (void)flags;
    if (n == 0) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(out, frame->bytes, n);
    frame->bytes += n;
    frame->left -= n;
    frame->given += n;
    return (ssize_t)n;
}

static ssize_t on_send(wslay_event_context_ptr wslay, const uint8_t *bytes, size_t length,
                       int flags, void *data)
{
    chat_frame_t *frame = data;

    (void)wslay;
    (void)flags;
    frame->callbacks->on_answer(frame->owner, (const char *)bytes, length);
    return (ssize_t)length;
}

/* From here the length of the frame is known, and so whether a read ends with it. */
static void on_frame_start(wslay_event_context_ptr wslay,
                           const struct wslay_event_on_frame_recv_start_arg *arg, void *data)
{
    chat_frame_t *frame = data;
    apr_uint64_t length = arg->payload_length;

    if (arg->opcode == WSLAY_CONNECTION_CLOSE &&
        length == 1) /* half a code; libwslay lets it pass */
        wslay_event_queue_close(wslay, WSLAY_CODE_PROTOCOL_ERROR, NULL, 0);
    frame->expected += 2 + (length < 126 ? 0 : length < 65536 ? 2 : 8) + MASK_BYTES + length;
    if (!wslay_is_ctrl_frame(arg->opcode))
        frame->is_fragmented = !arg->fin;
}

static void on_message(wslay_event_context_ptr wslay, const struct wslay_event_on_msg_recv_arg *arg,
                       void *data)
{
    chat_frame_t *frame = data;

    (void)wslay;
    if (arg->opcode == WSLAY_CONNECTION_CLOSE)
        return; /* libwslay answers it */
    if (wslay_is_ctrl_frame(arg->opcode))
        frame->callbacks->on_control(frame->owner, arg->opcode);
    else
        frame->callbacks->on_message(frame->owner, arg->opcode, (const char *)arg->msg,
                                     arg->msg_length);
}

static const struct wslay_event_callbacks wslay_callbacks = {
    on_recv, on_send, NULL, on_frame_start, NULL, NULL, on_message};

chat_frame_t *chat_frame_create(const chat_frame_callbacks_t *callbacks, void *owner,
                                apr_size_t message_bytes_max)
{
    chat_frame_t *frame = calloc(1, sizeof *frame);

    if (!frame)
        return NULL;
    frame->callbacks = callbacks;
    frame->owner = owner;
    frame->message_bytes_max = message_bytes_max;
    return frame;
}

static void end_context(chat_frame_t *frame)
{
    if (frame->wslay)
        wslay_event_context_free(frame->wslay);
    frame->wslay = NULL;
    frame->given = 0;
    frame->expected = 0;
    frame->is_fragmented = 0;
}

void chat_frame_destroy(chat_frame_t *frame)
{
    end_context(frame);
    free(frame);
}

static int begin_context(chat_frame_t *frame)
{
    if (frame->wslay)
        return 1;
    if (wslay_event_context_server_init(&frame->wslay, &wslay_callbacks, frame) != 0)
        return 0;
    wslay_event_config_set_max_recv_msg_length(frame->wslay, frame->message_bytes_max);
    return 1;
}

/* A close frame of our own, where libwslay makes none. */
static chat_frame_state_t give_up(chat_frame_t *frame, int code)
{
    char close_frame[CHAT_FRAME_HEADER_BYTES_MAX + 2];

    end_context(frame);
    frame->close_code = code;
    frame->callbacks->on_answer(frame->owner, close_frame, chat_frame_close(close_frame, code));
    return CHAT_FRAME_CLOSING;
}

chat_frame_state_t chat_frame_read(chat_frame_t *frame, const char *bytes, apr_size_t length)
{
    int rc;

    if (frame->close_code)
        return CHAT_FRAME_CLOSING;
    if (!begin_context(frame))
        return give_up(frame, CHAT_CLOSE_INTERNAL);
    frame->bytes = bytes;
    frame->left = length;
    rc = wslay_event_recv(frame->wslay);
    if (rc != 0) /* its way to say that a frame breaks the rules of its header */
        return give_up(frame, rc == WSLAY_ERR_NOMEM ? CHAT_CLOSE_INTERNAL : CHAT_CLOSE_PROTOCOL);
    if (wslay_event_send(frame->wslay) != 0)
        return give_up(frame, CHAT_CLOSE_INTERNAL);
    if (wslay_event_get_close_sent(frame->wslay)) {
        frame->close_code = wslay_event_get_status_code_sent(frame->wslay);
        if (!frame->close_code)
            frame->close_code = CHAT_CLOSE_NO_STATUS;
        end_context(frame);
        return CHAT_FRAME_CLOSING;
    }
    if (frame->given == frame->expected && !frame->is_fragmented)
        end_context(frame);
    return CHAT_FRAME_OPEN;
}

int chat_frame_close_code(const chat_frame_t *frame)
{
    return frame->close_code;
}

int chat_frame_is_busy(const chat_frame_t *frame)
{
    return frame->wslay != NULL;
}

apr_size_t chat_frame_header(char *out, chat_opcode_t opcode, apr_uint64_t payload_bytes)
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

apr_size_t chat_frame_close(char *out, int code)
{
    apr_size_t length = chat_frame_header(out, CHAT_OPCODE_CLOSE, 2);

    out[length] = (char)(code >> 8);
    out[length + 1] = (char)code;
    return length + 2;
}
