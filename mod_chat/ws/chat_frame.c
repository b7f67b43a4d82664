#include "ws/chat_frame.h"

#include <stdlib.h>
#include <string.h>

#include <wslay/wslay.h>

#define MASK_BYTES 4
#define CONTROL_BYTES_MAX 125 /* RFC 6455 section 5.5 */
#define BUFFER_BYTES_FIRST 256

/* Where a check of UTF-8 is within a character: the bytes that must follow, and the range of the
 * next (Unicode, table 3-7). All 0: between two characters. */
typedef struct utf8_t {
    unsigned char needed;
    unsigned char lowest;
    unsigned char highest;
} utf8_t;

/* What there is while a frame or a message is being read. */
typedef struct reading_t {
    wslay_frame_context_ptr wslay;
    apr_uint64_t given;      /* bytes that libwslay was given */
    apr_uint64_t expected;   /* bytes of the frames that it has seen the beginning of */
    apr_uint64_t frame_left; /* payload of the current frame that has not come yet */
    int is_within_frame;
    int opcode; /* of the message that has begun; 0: none */
    utf8_t utf8;
    char *message; /* what came of it, in one piece however many frames it comes in */
    apr_size_t length;
    apr_size_t size;
    apr_size_t control_length;
    char control[CONTROL_BYTES_MAX]; /* payload of a control frame */
} reading_t;

struct chat_frame_t {
    const chat_frame_callbacks_t *callbacks;
    void *owner;
    apr_size_t message_bytes_max;
    reading_t *reading; /* NULL between messages */
    const char *bytes;  /* what is being read */
    apr_size_t left;
    int close_code;
};

/* ---- UTF-8 ---- */

/* 0: no character begins with this byte. */
static int begin_character(utf8_t *utf8, unsigned char byte)
{
    utf8->lowest = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    utf8->highest = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    utf8->needed = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    return byte < 0x80 || (byte >= 0xc2 && byte <= 0xf4);
}

/* Whether a text that came to where `utf8` says may go on with these bytes: bad text is refused
 * at its first wrong byte, not at the end of the message. */
static int is_utf8(utf8_t *utf8, const unsigned char *bytes, apr_size_t length)
{
    const unsigned char *end = bytes + length;

    for (; bytes < end; bytes++) {
        if (!utf8->needed) {
            if (!begin_character(utf8, *bytes))
                return 0;
            continue;
        }
        if (*bytes < utf8->lowest || *bytes > utf8->highest)
            return 0;
        utf8->lowest = 0x80;
        utf8->highest = 0xbf;
        utf8->needed--;
    }
    return 1;
}

/* ---- frames ---- */

static ssize_t on_recv(uint8_t *out, size_t room, int flags, void *data)
{
    chat_frame_t *frame = data;
    apr_size_t n = frame->left < room ? frame->left : room;

    (void)flags;
    if (n == 0)
        return -1;
    memcpy(out, frame->bytes, n);
    frame->bytes += n;
    frame->left -= n;
    frame->reading->given += n;
    return (ssize_t)n;
}

static int begin_message_frame(const chat_frame_t *frame, const struct wslay_frame_iocb *part)
{
    reading_t *reading = frame->reading;

    if (part->opcode > WSLAY_BINARY_FRAME ||
        (part->opcode == WSLAY_CONTINUATION_FRAME) != (reading->opcode != 0))
        return CHAT_CLOSE_PROTOCOL;
    if (part->opcode != WSLAY_CONTINUATION_FRAME) {
        reading->opcode = part->opcode;
        reading->length = 0;
        memset(&reading->utf8, 0, sizeof reading->utf8);
    }
    return part->payload_length > frame->message_bytes_max - reading->length ? CHAT_CLOSE_TOO_BIG
                                                                             : 0;
}

/* 0, or the code of what is wrong with it. libwslay has checked the forms of lengths, and that
 * control frames are short and in one piece. */
static int begin_frame(const chat_frame_t *frame, const struct wslay_frame_iocb *part)
{
    reading_t *reading = frame->reading;
    apr_uint64_t length = part->payload_length;

    if (part->rsv || !part->mask)
        return CHAT_CLOSE_PROTOCOL;
    /* From here the length of the frame is known, and so whether a read ends with it. */
    reading->expected += 2 + (length < 126 ? 0 : length < 65536 ? 2 : 8) + MASK_BYTES + length;
    reading->frame_left = length;
    if (!wslay_is_ctrl_frame(part->opcode))
        return begin_message_frame(frame, part);
    reading->control_length = 0;
    return part->opcode > WSLAY_PONG || length > CONTROL_BYTES_MAX ? CHAT_CLOSE_PROTOCOL : 0;
}

/* RFC 6455 section 7.4, and the codes that IANA has registered since. */
static int may_be_sent(int code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

/* The code to answer a close frame with. */
static int answer_to_close(const reading_t *reading)
{
    const unsigned char *payload = (const unsigned char *)reading->control;
    apr_size_t length = reading->control_length;
    utf8_t utf8 = {0};
    int code;

    if (length == 0)
        return CHAT_CLOSE_NO_STATUS;
    if (length == 1)
        return CHAT_CLOSE_PROTOCOL;
    code = payload[0] << 8 | payload[1];
    if (!may_be_sent(code))
        return CHAT_CLOSE_PROTOCOL;
    return is_utf8(&utf8, payload + 2, length - 2) && !utf8.needed ? code : CHAT_CLOSE_NO_UTF8;
}

static void answer_ping(const chat_frame_t *frame)
{
    const reading_t *reading = frame->reading;
    char pong[CHAT_FRAME_HEADER_BYTES_MAX + CONTROL_BYTES_MAX];
    apr_size_t length = chat_frame_header_write(pong, CHAT_OPCODE_PONG, reading->control_length);

    memcpy(pong + length, reading->control, reading->control_length);
    frame->callbacks->on_answer(frame->owner, pong, length + reading->control_length);
}

/* A piece of a control frame; not 0: the close code that follows from it. */
static int take_control(const chat_frame_t *frame, const struct wslay_frame_iocb *part)
{
    reading_t *reading = frame->reading;

    if (part->data_length)
        memcpy(reading->control + reading->control_length, part->data, part->data_length);
    reading->control_length += part->data_length;
    if (reading->is_within_frame)
        return 0;
    if (part->opcode == WSLAY_CONNECTION_CLOSE)
        return answer_to_close(reading);
    if (part->opcode == WSLAY_PING)
        answer_ping(frame);
    return 0;
}

/* Memory follows what has come, not what a header announces, and never exceeds the limit. */
static int append(const chat_frame_t *frame, const void *data, apr_size_t length)
{
    reading_t *reading = frame->reading;
    apr_size_t size = reading->size ? reading->size : BUFFER_BYTES_FIRST;
    char *message;

    if (length == 0)
        return 1;
    while (size < reading->length + length)
        size *= 2;
    if (size > frame->message_bytes_max)
        size = frame->message_bytes_max; /* begin_message_frame() has seen that it is enough */
    if (size > reading->size) {
        message = realloc(reading->message, size);
        if (!message)
            return 0;
        reading->message = message;
        reading->size = size;
    }
    memcpy(reading->message + reading->length, data, length);
    reading->length += length;
    return 1;
}

static void end_message(const chat_frame_t *frame, const char *bytes, apr_size_t length)
{
    reading_t *reading = frame->reading;
    chat_opcode_t opcode = (chat_opcode_t)reading->opcode;

    reading->opcode = 0;
    reading->length = 0;
    frame->callbacks->on_message(frame->owner, opcode, bytes ? bytes : "", length);
}

/* A piece of a message; not 0: the close code that follows from it. */
static int take_data(const chat_frame_t *frame, const struct wslay_frame_iocb *part)
{
    reading_t *reading = frame->reading;
    int is_end = part->fin && !reading->is_within_frame;

    if (reading->opcode == WSLAY_TEXT_FRAME &&
        (!is_utf8(&reading->utf8, part->data, part->data_length) ||
         (is_end && reading->utf8.needed)))
        return CHAT_CLOSE_NO_UTF8;
    if (is_end && reading->length == 0) { /* all of it is in one place already */
        end_message(frame, (const char *)part->data, part->data_length);
        return 0;
    }
    if (!append(frame, part->data, part->data_length))
        return CHAT_CLOSE_INTERNAL;
    if (is_end)
        end_message(frame, reading->message, reading->length);
    return 0;
}

static int take_part(const chat_frame_t *frame, const struct wslay_frame_iocb *part)
{
    reading_t *reading = frame->reading;
    int code = reading->is_within_frame ? 0 : begin_frame(frame, part);

    if (code)
        return code;
    reading->frame_left -= part->data_length;
    reading->is_within_frame = reading->frame_left > 0;
    return wslay_is_ctrl_frame(part->opcode) ? take_control(frame, part) : take_data(frame, part);
}

/* ---- life ---- */

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

static void end_reading(chat_frame_t *frame)
{
    reading_t *reading = frame->reading;

    if (!reading)
        return;
    if (reading->wslay)
        wslay_frame_context_free(reading->wslay);
    free(reading->message);
    free(reading);
    frame->reading = NULL;
}

void chat_frame_destroy(chat_frame_t *frame)
{
    end_reading(frame);
    free(frame);
}

static int begin_reading(chat_frame_t *frame)
{
    static const struct wslay_frame_callbacks callbacks = {NULL, on_recv, NULL};

    if (frame->reading)
        return 1;
    frame->reading = calloc(1, sizeof *frame->reading);
    return frame->reading &&
           wslay_frame_context_init(&frame->reading->wslay, &callbacks, frame) == 0;
}

/* Answer with a close frame, and read no more. */
static chat_frame_state_t begin_close(chat_frame_t *frame, int code)
{
    char close_frame[CHAT_FRAME_HEADER_BYTES_MAX + 2];
    apr_size_t length = code == CHAT_CLOSE_NO_STATUS
                            ? chat_frame_header_write(close_frame, CHAT_OPCODE_CLOSE, 0)
                            : chat_frame_close(close_frame, code);

    end_reading(frame);
    frame->close_code = code;
    frame->callbacks->on_answer(frame->owner, close_frame, length);
    return CHAT_FRAME_CLOSING;
}

chat_frame_state_t chat_frame_read(chat_frame_t *frame, const char *bytes, apr_size_t length)
{
    struct wslay_frame_iocb part = {0};
    reading_t *reading;
    ssize_t rc;

    if (frame->close_code)
        return CHAT_FRAME_CLOSING;
    if (!begin_reading(frame))
        return begin_close(frame, CHAT_CLOSE_INTERNAL);
    reading = frame->reading;
    frame->bytes = bytes;
    frame->left = length;
    while ((rc = wslay_frame_recv(reading->wslay, &part)) >= 0) {
        int code = take_part(frame, &part);

        if (code)
            return begin_close(frame, code);
    }
    if (rc != WSLAY_ERR_WANT_READ) /* a frame breaks the rules of its header */
        return begin_close(frame, CHAT_CLOSE_PROTOCOL);
    if (reading->given == reading->expected && !reading->opcode)
        end_reading(frame);
    return CHAT_FRAME_OPEN;
}

int chat_frame_close_code(const chat_frame_t *frame)
{
    return frame->close_code;
}

apr_size_t chat_frame_bytes_held(const chat_frame_t *frame)
{
    return frame->reading ? sizeof *frame->reading + frame->reading->size : 0;
}

apr_size_t chat_frame_close(char *out, int code)
{
    apr_size_t length = chat_frame_header_write(out, CHAT_OPCODE_CLOSE, 2);

    out[length] = (char)(code >> 8);
    out[length + 1] = (char)code;
    return length + 2;
}
