/*
 * Frames of RFC 6455: whatever bytes come, in whatever pieces, there is no crash, a message is text
 * in UTF-8 or binary and within the limit, every answer is a whole unmasked control frame, and the
 * pieces make no difference to the messages and to the code of the close frame. A frame's header
 * says its length to whoever reads it by RFC 6455 section 5.2.
 *
 * Input: a byte that begins the random sizes of the pieces, a byte of flags, and the bytes of a
 * client. With flag 1 every frame's mask bit is set before it is read, so that random bytes get
 * further.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr.h>

#include "core/chat_text.h"
#include "ws/chat_frame.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

#define MESSAGE_BYTES_MAX 300

/* What a reader has told. Messages as a hash in order, since only their sameness counts. */
typedef struct notes_t {
    uint64_t hash;
    apr_size_t messages;
    apr_size_t answers;
    int close_code;
    int is_busy;
} notes_t;

static void mix(notes_t *notes, const void *data, apr_size_t length)
{
    const unsigned char *bytes = data;
    apr_size_t i;

    for (i = 0; i < length; i++)
        notes->hash = (notes->hash ^ bytes[i]) * UINT64_C(0x100000001b3);
}

static void on_message(void *owner, chat_opcode_t opcode, const char *bytes, apr_size_t length)
{
    notes_t *notes = owner;

    REQUIRE(opcode == CHAT_OPCODE_TEXT || opcode == CHAT_OPCODE_BINARY);
    REQUIRE(length <= MESSAGE_BYTES_MAX);
    REQUIRE(opcode == CHAT_OPCODE_BINARY || !length || chat_text_is_utf8(bytes, length));
    notes->messages++;
    mix(notes, &opcode, sizeof opcode);
    mix(notes, &length, sizeof length);
    mix(notes, bytes, length);
}

/* An answer may come in parts: header and payload. */
static void on_answer(void *owner, const char *bytes, apr_size_t length)
{
    notes_t *notes = owner;

    REQUIRE(length > 0 && length <= 127);
    (void)bytes;
    notes->answers++;
}

static const chat_frame_callbacks_t callbacks = {on_message, on_answer};

/* Read all in pieces of 1 to `piece_max` bytes (0: in one), each copied to a place of its own size,
 * so that the sanitizer sees a read beyond its end. */
static notes_t read_in_pieces(const uint8_t *data, size_t size, size_t piece_max, unsigned random)
{
    notes_t notes = {.hash = UINT64_C(0xcbf29ce484222325)};
    chat_frame_t *frame = chat_frame_create(&callbacks, &notes, MESSAGE_BYTES_MAX);
    chat_frame_state_t state = CHAT_FRAME_OPEN;

    REQUIRE(frame);
    while (size) {
        size_t n = piece_max ? 1 + (random >> 8) % piece_max : size;
        char *piece;

        random = random * 1103515245u + 12345u;
        if (n > size)
            n = size;
        piece = malloc(n);
        REQUIRE(piece);
        memcpy(piece, data, n);
        if (state == CHAT_FRAME_CLOSING) {
            notes_t before = notes;

            REQUIRE(chat_frame_read(frame, piece, n) == CHAT_FRAME_CLOSING);
            REQUIRE(memcmp(&before, &notes, sizeof notes) == 0);
        } else {
            state = chat_frame_read(frame, piece, n);
        }
        free(piece);
        data += n;
        size -= n;
    }
    notes.close_code = chat_frame_close_code(frame);
    notes.is_busy = chat_frame_bytes_held(frame) > 0;
    REQUIRE((state == CHAT_FRAME_CLOSING) == (notes.close_code != 0));
    REQUIRE(!notes.close_code || !notes.is_busy);
    REQUIRE(!notes.close_code || notes.answers);
    chat_frame_destroy(frame);
    return notes;
}

/* Set the mask bits, as long as frames follow each other. */
static void set_masks(uint8_t *bytes, size_t size)
{
    size_t at = 0;

    while (at + 2 <= size) {
        size_t length = bytes[at + 1] & 0x7f;

        bytes[at] &= 0x8f;
        bytes[at + 1] |= 0x80;
        at += 2;
        if (length == 126 && at + 2 <= size) {
            length = (size_t)bytes[at] << 8 | bytes[at + 1];
            at += 2;
        } else if (length >= 126) {
            return;
        }
        at += 4 + length;
    }
}

/* A known limit of libwslay: whether it sees bad UTF-8 in the reason of a close frame (1007)
 * depends on the pieces that the frame came in; otherwise it waits for the end and goes by the
 * peer's code. */
static int is_same_end(const notes_t *pieces, const notes_t *whole)
{
    return pieces->close_code == whole->close_code || whole->close_code == CHAT_CLOSE_NO_UTF8 ||
           pieces->close_code == CHAT_CLOSE_NO_UTF8;
}

/* The shortest of the three forms, and the length in it, the highest byte first. */
static void check_header(const uint8_t *data, size_t size)
{
    char header[CHAT_FRAME_HEADER_BYTES_MAX];
    apr_uint64_t length = 0, said = 0;
    apr_size_t bytes, at;

    memcpy(&length, data, size < sizeof length ? size : sizeof length);
    length >>= size % 64;
    bytes = chat_frame_header_write(header, CHAT_OPCODE_TEXT, length);
    REQUIRE(bytes == (length < 126 ? 2 : length < 65536 ? 4 : 10) && header[0] == '\x81');
    for (at = bytes == 2 ? 1 : 2; at < bytes; at++)
        said = said << 8 | (uint8_t)header[at];
    REQUIRE(said == length);
    REQUIRE(bytes == 2 || header[1] == (bytes == 4 ? 126 : 127));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes;
    notes_t whole, single, pieces;
    unsigned random;

    if (size < 2)
        return 0;
    check_header(data, size);
    random = data[0] * 7919u;
    bytes = malloc(size);
    REQUIRE(bytes);
    memcpy(bytes, data + 2, size - 2);
    if (data[1] & 1)
        set_masks(bytes, size - 2);
    size -= 2;
    whole = read_in_pieces(bytes, size, 0, 0);
    single = read_in_pieces(bytes, size, 1, 0);
    pieces = read_in_pieces(bytes, size, 1 + data[0] % 64, random);
    free(bytes);
    REQUIRE(single.hash == whole.hash && pieces.hash == whole.hash);
    REQUIRE(single.messages == whole.messages && pieces.messages == whole.messages);
    REQUIRE(is_same_end(&single, &whole) && is_same_end(&pieces, &whole));
    REQUIRE(single.close_code != whole.close_code || single.is_busy == whole.is_busy);
    REQUIRE(pieces.close_code != whole.close_code || pieces.is_busy == whole.is_busy);
    return 0;
}
