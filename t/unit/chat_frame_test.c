#include "chat_unit.h"

#include <malloc.h>
#include <string.h>

#include "ws/chat_frame.h"

#define MESSAGE_BYTES_MAX 1000
#define SAID_BYTES_MAX 65536

/* What a reader has told: its messages and answers as one text of bytes. */
typedef struct record_t {
    unsigned char bytes[SAID_BYTES_MAX];
    size_t length;
    int messages;
    int answers_bytes;
    unsigned char answers[SAID_BYTES_MAX];
} record_t;

/* Bytes as they come from a client. */
typedef struct wire_t {
    unsigned char bytes[SAID_BYTES_MAX];
    size_t length;
} wire_t;

/* Whether a frame or a message has begun and not ended. */
static int is_busy(const chat_frame_t *frame)
{
    return chat_frame_bytes_held(frame) > 0;
}

static void note(record_t *record, int kind, const char *bytes, size_t length)
{
    assert_true(record->length + length + 6 <= sizeof record->bytes);
    record->bytes[record->length++] = (unsigned char)kind;
    memcpy(record->bytes + record->length, &length, 4);
    record->length += 4;
    if (length)
        memcpy(record->bytes + record->length, bytes, length);
    record->length += length;
}

static void on_message(void *owner, chat_opcode_t opcode, const char *bytes, apr_size_t length)
{
    record_t *record = owner;

    note(record, opcode, bytes, length);
    record->messages++;
}

static void on_answer(void *owner, const char *bytes, apr_size_t length)
{
    record_t *record = owner;

    assert_true(record->answers_bytes + length <= sizeof record->answers);
    memcpy(record->answers + record->answers_bytes, bytes, length);
    record->answers_bytes += (int)length;
}

static const chat_frame_callbacks_t callbacks = {on_message, on_answer};

/* ---- writing as a client does ---- */

static void put(wire_t *wire, int first, const char *bytes, size_t length)
{
    static const unsigned char mask[4] = {0x12, 0xf3, 0x00, 0x7e};
    unsigned char *at = wire->bytes + wire->length;
    size_t i;

    assert_true(wire->length + length + 14 <= sizeof wire->bytes);
    *at++ = (unsigned char)first;
    if (length < 126) {
        *at++ = (unsigned char)(0x80 | length);
    } else {
        assert_true(length < 65536);
        *at++ = 0x80 | 126;
        *at++ = (unsigned char)(length >> 8);
        *at++ = (unsigned char)length;
    }
    memcpy(at, mask, 4);
    at += 4;
    for (i = 0; i < length; i++)
        *at++ = (unsigned char)bytes[i] ^ mask[i % 4];
    wire->length = (size_t)(at - wire->bytes);
}

static void put_text(wire_t *wire, const char *text)
{
    put(wire, 0x81, text, strlen(text));
}

static void put_raw(wire_t *wire, const char *bytes, size_t length)
{
    memcpy(wire->bytes + wire->length, bytes, length);
    wire->length += length;
}

/* ---- reading ---- */

/* Read it in pieces of random lengths up to `piece_max`; 0: in one. */
static chat_frame_state_t read_in_pieces(chat_frame_t *frame, const wire_t *wire, size_t piece_max,
                                         uint64_t *random)
{
    chat_frame_state_t state = CHAT_FRAME_OPEN;
    size_t at = 0;

    while (at < wire->length) {
        size_t n = wire->length - at;

        if (piece_max && n > 1) {
            size_t wanted = 1 + (piece_max > 1 ? unit_random(random, piece_max) : 0);

            if (wanted < n)
                n = wanted;
        }
        state = chat_frame_read(frame, (const char *)wire->bytes + at, n);
        at += n;
    }
    return state;
}

static chat_frame_t *new_reader(record_t *record)
{
    chat_frame_t *frame = chat_frame_create(&callbacks, record, MESSAGE_BYTES_MAX);

    assert_non_null(frame);
    memset(record, 0, sizeof *record);
    return frame;
}

/* The close code that these bytes lead to; 0: none. */
static int code_of(const char *bytes, size_t length)
{
    static record_t record;
    chat_frame_t *frame = new_reader(&record);
    chat_frame_state_t state = chat_frame_read(frame, bytes, length);
    int code = chat_frame_close_code(frame);

    assert_int_equal(state, code ? CHAT_FRAME_CLOSING : CHAT_FRAME_OPEN);
    if (code && code != CHAT_CLOSE_NO_STATUS) {
        assert_true(record.answers_bytes >= 4);
        assert_int_equal(record.answers[0], 0x88);
        assert_int_equal(record.answers[2] << 8 | record.answers[3], code);
        assert_false(is_busy(frame));
    }
    chat_frame_destroy(frame);
    return code;
}

static int code_of_wire(const wire_t *wire)
{
    return code_of((const char *)wire->bytes, wire->length);
}

/* A code for one frame. */
static int code_of_frame(int first, const char *bytes, size_t length)
{
    static wire_t wire;

    wire.length = 0;
    put(&wire, first, bytes, length);
    return code_of_wire(&wire);
}

static void fill_with_messages(wire_t *wire)
{
    char large[300];

    memset(large, 'x', sizeof large);
    wire->length = 0;
    put_text(wire, "one");
    put_text(wire, "");
    put(wire, 0x82, "\0\xff\x80", 3);
    put(wire, 0x89, "ping", 4);
    put(wire, 0x01, "gr\xc3", 3); /* a fragment that ends within a character */
    put(wire, 0x8a, "", 0);
    put(wire, 0x00, "", 0);
    put(wire, 0x89, "between", 7);
    put(wire, 0x80, "\xbc\xc3\x9f\x65", 4);
    put(wire, 0x82, large, 125);
    put(wire, 0x82, large, 126);
    put(wire, 0x81, large, sizeof large);
    put_text(wire, "last");
}

/* ---- the tests ---- */

static void every_split_in_two_gives_the_same_messages(void **state)
{
    static record_t whole, split;
    static wire_t wire;
    chat_frame_t *frame = new_reader(&whole);
    size_t at;

    (void)state;
    fill_with_messages(&wire);
    assert_int_equal(read_in_pieces(frame, &wire, 0, NULL), CHAT_FRAME_OPEN);
    assert_int_equal(whole.messages, 8);
    chat_frame_destroy(frame);
    for (at = 1; at < wire.length; at++) {
        frame = new_reader(&split);
        assert_int_equal(chat_frame_read(frame, (const char *)wire.bytes, at), CHAT_FRAME_OPEN);
        assert_int_equal(chat_frame_read(frame, (const char *)wire.bytes + at, wire.length - at),
                         CHAT_FRAME_OPEN);
        assert_false(is_busy(frame));
        assert_int_equal(split.length, whole.length);
        assert_memory_equal(split.bytes, whole.bytes, whole.length);
        assert_int_equal(split.answers_bytes, whole.answers_bytes);
        assert_memory_equal(split.answers, whole.answers, (size_t)whole.answers_bytes);
        chat_frame_destroy(frame);
    }
}

static void pieces_of_any_size_give_the_same_messages(void **state)
{
    static record_t whole, pieces;
    static wire_t wire;
    uint64_t random = unit_random_start();
    chat_frame_t *frame = new_reader(&whole);
    size_t piece_max;

    (void)state;
    fill_with_messages(&wire);
    read_in_pieces(frame, &wire, 0, NULL);
    chat_frame_destroy(frame);
    for (piece_max = 1; piece_max < 600; piece_max++) {
        frame = new_reader(&pieces);
        assert_int_equal(read_in_pieces(frame, &wire, piece_max, &random), CHAT_FRAME_OPEN);
        assert_false(is_busy(frame));
        assert_int_equal(pieces.length, whole.length);
        assert_memory_equal(pieces.bytes, whole.bytes, whole.length);
        assert_int_equal(pieces.answers_bytes, whole.answers_bytes);
        assert_memory_equal(pieces.answers, whole.answers, (size_t)whole.answers_bytes);
        chat_frame_destroy(frame);
    }
}

static void a_ping_is_answered_with_its_payload(void **state)
{
    static record_t record;
    static wire_t wire;
    char payload[125];
    size_t length;

    (void)state;
    memset(payload, 'p', sizeof payload);
    for (length = 0; length <= sizeof payload; length++) {
        chat_frame_t *frame = new_reader(&record);

        wire.length = 0;
        put(&wire, 0x89, payload, length);
        assert_int_equal(read_in_pieces(frame, &wire, 0, NULL), CHAT_FRAME_OPEN);
        assert_int_equal(record.answers_bytes, length + 2);
        assert_int_equal(record.answers[0], 0x8a);
        assert_int_equal(record.answers[1], length);
        assert_memory_equal(record.answers + 2, payload, length);
        assert_false(is_busy(frame));
        chat_frame_destroy(frame);
    }
}

/* Busy exactly while a message has begun and has not ended: byte by byte. */
static void nothing_is_held_between_messages(void **state)
{
    static const struct {
        int first;
        const char *payload;
        int is_busy_after;
    } frames[] = {
        {0x81, "text", 0}, {0x89, "ping", 0}, {0x01, "begun", 1}, {0x89, "ping", 1},
        {0x00, "", 1},     {0x80, "end", 0},  {0x81, "", 0},      {0x02, "", 1},
        {0x80, "", 0},     {0x8a, "pong", 0}, {0x02, "x", 1},     {0x8a, "", 1},
        {0x80, "yz", 0},   {0x82, "last", 0},
    };
    static record_t record;
    static wire_t wire;
    chat_frame_t *frame = new_reader(&record);
    size_t i, at;

    (void)state;
    assert_false(is_busy(frame));
    for (i = 0; i < UNIT_COUNT(frames); i++) {
        wire.length = 0;
        put(&wire, frames[i].first, frames[i].payload, strlen(frames[i].payload));
        for (at = 0; at < wire.length; at++) {
            assert_int_equal(chat_frame_read(frame, (const char *)wire.bytes + at, 1),
                             CHAT_FRAME_OPEN);
            if (at + 1 < wire.length)
                assert_true(is_busy(frame));
        }
        assert_int_equal(is_busy(frame), frames[i].is_busy_after);
    }
    assert_int_equal(record.messages, 6);
    chat_frame_destroy(frame);
}

static void a_read_of_nothing_changes_nothing(void **state)
{
    static record_t record;
    static wire_t wire;
    chat_frame_t *frame = new_reader(&record);

    (void)state;
    assert_int_equal(chat_frame_read(frame, "", 0), CHAT_FRAME_OPEN);
    assert_false(is_busy(frame));
    wire.length = 0;
    put_text(&wire, "text");
    chat_frame_read(frame, (const char *)wire.bytes, 5);
    chat_frame_read(frame, "", 0);
    assert_true(is_busy(frame));
    chat_frame_read(frame, (const char *)wire.bytes + 5, wire.length - 5);
    assert_int_equal(record.messages, 1);
    assert_false(is_busy(frame));
    chat_frame_destroy(frame);
}

static void a_close_frame_is_answered_with_its_code(void **state)
{
    static const int good[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009,
                               1010, 1011, 1012, 1013, 1014, 3000, 4999};
    static const int bad[] = {0,    1,    999,  1004, 1005, 1006, 1015,
                              1016, 1100, 2000, 2999, 5000, 65535};
    char payload[2];
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(good); i++) {
        payload[0] = (char)(good[i] >> 8);
        payload[1] = (char)good[i];
        assert_int_equal(code_of_frame(0x88, payload, 2), good[i]);
    }
    for (i = 0; i < UNIT_COUNT(bad); i++) {
        payload[0] = (char)(bad[i] >> 8);
        payload[1] = (char)bad[i];
        assert_int_equal(code_of_frame(0x88, payload, 2), CHAT_CLOSE_PROTOCOL);
    }
    assert_int_equal(code_of_frame(0x88, "", 0), CHAT_CLOSE_NO_STATUS);
    assert_int_equal(code_of_frame(0x88, "\x03", 1), CHAT_CLOSE_PROTOCOL);
}

static void a_breach_of_the_protocol_is_1002(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } breaches[] = {
        {"\x81\x01x", 3},                              /* no mask */
        {"\xc1\x81\0\0\0\0x", 7},                      /* RSV1 */
        {"\xa1\x81\0\0\0\0x", 7},                      /* RSV2 */
        {"\x91\x81\0\0\0\0x", 7},                      /* RSV3 */
        {"\xc9\x80\0\0\0\0", 6},                       /* RSV1 of a ping */
        {"\x83\x81\0\0\0\0x", 7},                      /* opcode 3 */
        {"\x87\x80\0\0\0\0", 6},                       /* opcode 7 */
        {"\x8b\x80\0\0\0\0", 6},                       /* opcode 11 */
        {"\x8f\x80\0\0\0\0", 6},                       /* opcode 15 */
        {"\x09\x80\0\0\0\0", 6},                       /* a ping in fragments */
        {"\x08\x80\0\0\0\0", 6},                       /* a close frame in fragments */
        {"\x89\xfe\0\x7e\0\0\0\0", 8},                 /* a ping of 126 bytes */
        {"\x80\x81\0\0\0\0x", 7},                      /* continues nothing */
        {"\x81\xfe\0\x01\0\0\0\0x", 9},                /* 1 in 16 bits */
        {"\x81\xff\0\0\0\0\0\0\xff\xff\0\0\0\0x", 15}, /* 65535 in 64 bits */
        {"\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0x", 15},   /* the highest bit */
        {"\x01\x81\0\0\0\0x\x81\x81\0\0\0\0x", 14},    /* a message in a message */
        {"\x01\x81\0\0\0\0x\x01\x81\0\0\0\0x", 14},    /* a beginning in a message */
    };
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(breaches); i++) {
        int code = code_of(breaches[i].bytes, breaches[i].length);

        if (code != CHAT_CLOSE_PROTOCOL)
            print_message("# breach %d gives %d\n", (int)i, code);
        assert_int_equal(code, CHAT_CLOSE_PROTOCOL);
    }
}

static void text_is_utf8(void **state)
{
    static const char *const bad[] = {
        "\x80",         "\xff",         "\xc0\xaf",         "\xe0\x80\xaf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
        "x\xc3",        "x\xe2\x82",    "x\xf0\x9f\x98"};
    static const char *const good[] = {"\x7f",         "\xc2\x80",     "\xed\x9f\xbf",
                                       "\xee\x80\x80", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"};
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(bad); i++) {
        assert_int_equal(code_of_frame(0x81, bad[i], strlen(bad[i])), CHAT_CLOSE_NO_UTF8);
        assert_int_equal(code_of_frame(0x82, bad[i], strlen(bad[i])), 0);
    }
    for (i = 0; i < UNIT_COUNT(good); i++)
        assert_int_equal(code_of_frame(0x81, good[i], strlen(good[i])), 0);
}

static void a_message_has_a_limit(void **state)
{
    static char bytes[MESSAGE_BYTES_MAX + 1];
    static wire_t wire;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(code_of_frame(0x81, bytes, MESSAGE_BYTES_MAX), 0);
    assert_int_equal(code_of_frame(0x82, bytes, MESSAGE_BYTES_MAX), 0);
    assert_int_equal(code_of_frame(0x81, bytes, sizeof bytes), CHAT_CLOSE_TOO_BIG);
    assert_int_equal(code_of_frame(0x82, bytes, sizeof bytes), CHAT_CLOSE_TOO_BIG);
    wire.length = 0;
    put(&wire, 0x01, bytes, MESSAGE_BYTES_MAX);
    put(&wire, 0x89, "", 0);
    put(&wire, 0x80, "", 0);
    assert_int_equal(code_of_wire(&wire), 0);
    wire.length = 0;
    put(&wire, 0x01, bytes, MESSAGE_BYTES_MAX);
    put(&wire, 0x80, "x", 1);
    assert_int_equal(code_of_wire(&wire), CHAT_CLOSE_TOO_BIG);
    assert_int_equal(code_of("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0x", 15),
                     CHAT_CLOSE_TOO_BIG);
}

static void after_the_close_frame_nothing_is_read(void **state)
{
    static record_t record;
    static wire_t wire;
    chat_frame_t *frame = new_reader(&record);
    int answered;

    (void)state;
    wire.length = 0;
    put_text(&wire, "before");
    put(&wire, 0x88, "\x03\xe8", 2);
    put_text(&wire, "behind");
    put(&wire, 0x89, "behind", 6);
    assert_int_equal(read_in_pieces(frame, &wire, 0, NULL), CHAT_FRAME_CLOSING);
    answered = record.answers_bytes;
    assert_int_equal(answered, 4);
    wire.length = 0;
    put_text(&wire, "later");
    put_raw(&wire, "\xff\xff", 2);
    assert_int_equal(read_in_pieces(frame, &wire, 1, NULL), CHAT_FRAME_CLOSING);
    assert_int_equal(record.messages, 1);
    assert_int_equal(record.answers_bytes, answered);
    assert_int_equal(chat_frame_close_code(frame), 1000);
    assert_false(is_busy(frame));
    chat_frame_destroy(frame);
}

static void a_reader_may_be_destroyed_at_any_time(void **state)
{
    static record_t record;
    static wire_t wire;
    size_t length;

    (void)state;
    fill_with_messages(&wire);
    for (length = 0; length <= wire.length; length++) {
        chat_frame_t *frame = new_reader(&record);

        chat_frame_read(frame, (const char *)wire.bytes, length);
        chat_frame_destroy(frame);
    }
}

/* The order of what a reader says: m a message, a an answer to a ping, x a close frame. */
static char order[64];

static void order_message(void *owner, chat_opcode_t opcode, const char *bytes, apr_size_t length)
{
    (void)owner, (void)opcode, (void)bytes, (void)length;
    strncat(order, "m", sizeof order - strlen(order) - 1);
}

static void order_answer(void *owner, const char *bytes, apr_size_t length)
{
    (void)owner, (void)length;
    strncat(order, (bytes[0] & 0x0f) == CHAT_OPCODE_PONG ? "a" : "x",
            sizeof order - strlen(order) - 1);
}

static void answers_and_messages_come_in_the_order_of_their_frames(void **state)
{
    static const chat_frame_callbacks_t in_order = {order_message, order_answer};
    static wire_t wire;
    chat_frame_t *frame = chat_frame_create(&in_order, NULL, MESSAGE_BYTES_MAX);

    (void)state;
    order[0] = '\0';
    wire.length = 0;
    put(&wire, 0x01, "a message", 9);
    put(&wire, 0x89, "within it", 9);
    put(&wire, 0x00, " with", 5);
    put(&wire, 0x8a, "unasked", 7);
    put(&wire, 0x89, "", 0);
    put(&wire, 0x80, " an end", 7);
    put_text(&wire, "another");
    put(&wire, 0x89, "after", 5);
    put(&wire, 0x88, "\x03\xe8", 2);
    assert_int_equal(read_in_pieces(frame, &wire, 0, NULL), CHAT_FRAME_CLOSING);
    assert_string_equal(order, "aammax");
    chat_frame_destroy(frame);
}

/* However small the frames of a message are, it takes no more memory than its limit says. */
static void fragments_take_no_memory_of_their_own(void **state)
{
    static record_t record;
    static wire_t wire;
    size_t before = mallinfo2().uordblks;
    chat_frame_t *frame = new_reader(&record);
    size_t held;
    int i;

    (void)state;
    for (i = 0; i < 20 * MESSAGE_BYTES_MAX; i++) {
        wire.length = 0;
        put(&wire, i == 0 ? 0x01 : 0x00, "x", i < MESSAGE_BYTES_MAX);
        put(&wire, 0x8a, "between", i % 8);
        assert_int_equal(read_in_pieces(frame, &wire, 0, NULL), CHAT_FRAME_OPEN);
    }
    held = mallinfo2().uordblks - before;
    assert_in_range(held, 0, MESSAGE_BYTES_MAX + 8192);
    wire.length = 0;
    put(&wire, 0x80, "", 0);
    assert_int_equal(read_in_pieces(frame, &wire, 0, NULL), CHAT_FRAME_OPEN);
    assert_int_equal(record.messages, 1);
    assert_int_equal(record.length, 5 + MESSAGE_BYTES_MAX);
    assert_false(is_busy(frame));
    chat_frame_destroy(frame);
}

/* What a header announces is not allocated before it comes. */
static void an_announced_length_takes_no_memory(void **state)
{
    static record_t record;
    size_t before = mallinfo2().uordblks;
    chat_frame_t *frame = chat_frame_create(&callbacks, &record, 16777216);

    (void)state;
    assert_int_equal(chat_frame_read(frame, "\x82\xff\0\0\0\0\1\0\0\0\0\0\0\0x", 15),
                     CHAT_FRAME_OPEN);
    assert_in_range(mallinfo2().uordblks - before, 0, 16384);
    chat_frame_destroy(frame);
}

static void a_reason_is_utf8(void **state)
{
    static const char long_reason[] = "\x03\xe8"
                                      "012345678901234567890123456789012345678901234567890123456789"
                                      "012345678901234567890123456789012345678901234567890123456789"
                                      "012";

    (void)state;
    assert_int_equal(code_of_frame(0x88, "\x03\xe8\xc3\x9f", 4), 1000);
    assert_int_equal(code_of_frame(0x88, long_reason, 125), 1000);
    assert_int_equal(code_of_frame(0x88, "\x03\xe8\xff", 3), CHAT_CLOSE_NO_UTF8);
    assert_int_equal(code_of_frame(0x88, "\x03\xe8\xc3", 3), CHAT_CLOSE_NO_UTF8);
    assert_int_equal(code_of_frame(0x88, "\x03\xe8\xed\xa0\x80", 5), CHAT_CLOSE_NO_UTF8);
}

/* At its first wrong byte, not at the end of the message. */
static void bad_text_is_refused_at_once(void **state)
{
    static wire_t wire;

    (void)state;
    wire.length = 0;
    put(&wire, 0x01, "x\xf4", 2);
    assert_int_equal(code_of_wire(&wire), 0);
    put(&wire, 0x00, "\x90", 1);
    assert_int_equal(code_of_wire(&wire), CHAT_CLOSE_NO_UTF8);
    wire.length = 0;
    put(&wire, 0x81, "\xff and much that has not come yet", 33);
    assert_int_equal(code_of((const char *)wire.bytes, 7), CHAT_CLOSE_NO_UTF8);
}

static void a_header_has_the_shortest_form(void **state)
{
    static const struct {
        apr_uint64_t payload_bytes;
        const char *bytes;
        size_t length;
    } cases[] = {
        {0, "\x81\0", 2},
        {125, "\x81\x7d", 2},
        {126, "\x81\x7e\0\x7e", 4},
        {65535, "\x81\x7e\xff\xff", 4},
        {65536, "\x81\x7f\0\0\0\0\0\x01\0\0", 10},
        {APR_UINT64_C(0x0102030405060708), "\x81\x7f\1\2\3\4\5\6\7\x08", 10},
    };
    char out[CHAT_FRAME_HEADER_BYTES_MAX];
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(cases); i++) {
        assert_int_equal(chat_frame_header_write(out, CHAT_OPCODE_TEXT, cases[i].payload_bytes),
                         cases[i].length);
        assert_memory_equal(out, cases[i].bytes, cases[i].length);
    }
    assert_int_equal(chat_frame_header_write(out, CHAT_OPCODE_PONG, 1), 2);
    assert_memory_equal(out, "\x8a\x01", 2);
}

static void a_close_frame_carries_its_code(void **state)
{
    char out[CHAT_FRAME_HEADER_BYTES_MAX + 2];

    (void)state;
    assert_int_equal(chat_frame_close(out, CHAT_CLOSE_GOING_AWAY), 4);
    assert_memory_equal(out, "\x88\x02\x03\xe9", 4);
    assert_int_equal(chat_frame_close(out, 4999), 4);
    assert_memory_equal(out, "\x88\x02\x13\x87", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(every_split_in_two_gives_the_same_messages),
        UNIT_TEST(pieces_of_any_size_give_the_same_messages),
        UNIT_TEST(a_ping_is_answered_with_its_payload),
        UNIT_TEST(nothing_is_held_between_messages),
        UNIT_TEST(a_read_of_nothing_changes_nothing),
        UNIT_TEST(a_close_frame_is_answered_with_its_code),
        UNIT_TEST(a_breach_of_the_protocol_is_1002),
        UNIT_TEST(text_is_utf8),
        UNIT_TEST(a_message_has_a_limit),
        UNIT_TEST(after_the_close_frame_nothing_is_read),
        UNIT_TEST(a_reader_may_be_destroyed_at_any_time),
        UNIT_TEST(answers_and_messages_come_in_the_order_of_their_frames),
        UNIT_TEST(fragments_take_no_memory_of_their_own),
        UNIT_TEST(an_announced_length_takes_no_memory),
        UNIT_TEST(a_reason_is_utf8),
        UNIT_TEST(bad_text_is_refused_at_once),
        UNIT_TEST(a_header_has_the_shortest_form),
        UNIT_TEST(a_close_frame_carries_its_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
