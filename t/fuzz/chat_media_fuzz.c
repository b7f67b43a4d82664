/*
 * A picture that is whole has a copy, of which the copy is the same again; neither is longer than
 * the picture, and windows make no difference. The first byte is the format, the second one the
 * window. The lengths of a WebP's file and the CRCs of a PNG are put right first, so that what is
 * inside is reached.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/chat_media_gif.h"
#include "core/chat_media_jpeg.h"
#include "core/chat_media_png.h"
#include "core/chat_media_webp.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

#define PICTURE_BYTES_MAX 8192

typedef struct {
    uint8_t bytes[PICTURE_BYTES_MAX];
    size_t length;
} file_t;

typedef struct {
    const file_t *from;
    size_t at;
    file_t *to;
} memory_t;

static chat_media_walk_t *const walkers[] = {chat_media_jpeg_walk, chat_media_png_walk,
                                             chat_media_gif_walk, chat_media_webp_walk};

static apr_status_t read_memory(void *source, unsigned char *bytes, apr_size_t room,
                                apr_size_t *plength)
{
    memory_t *memory = source;
    size_t left = memory->from->length - memory->at;

    *plength = room < left ? room : left;
    memcpy(bytes, memory->from->bytes + memory->at, *plength);
    memory->at += *plength;
    return APR_SUCCESS;
}

static apr_status_t write_memory(void *sink, const unsigned char *bytes, apr_size_t length)
{
    file_t *to = ((memory_t *)sink)->to;

    REQUIRE(length <= sizeof(to->bytes) - to->length);
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
    return APR_SUCCESS;
}

static int walk_once(chat_media_picture_t *picture, file_t *to, const file_t *from,
                     chat_media_walk_t *walker, size_t room)
{
    memory_t memory = {from, 0, to};
    chat_media_io_t io = {.read = read_memory,
                          .source = &memory,
                          .write = to ? write_memory : NULL,
                          .sink = &memory,
                          .window = malloc(room),
                          .out = malloc(room),
                          .room = room};
    int is_whole = walker(picture, &io);

    if (to)
        chat_media_io_flush(&io);
    free(io.window);
    free(io.out);
    REQUIRE(io.status == APR_SUCCESS);
    if (!is_whole)
        return 0;
    REQUIRE(picture->kept == 0 || picture->kept == io.kept);
    if (!io.is_changed)
        REQUIRE(io.kept == from->length &&
                (!to || memcmp(to->bytes, from->bytes, from->length) == 0));
    picture->kept = io.kept;
    return 1;
}

static int walk(chat_media_picture_t *picture, file_t *to, const file_t *from,
                chat_media_walk_t *walker, size_t room)
{
    *picture = (chat_media_picture_t){.orientation = 1};
    to->length = 0;
    if (!walk_once(picture, NULL, from, walker, room))
        return 0;
    REQUIRE(picture->width > 0 && picture->height > 0);
    REQUIRE(walk_once(picture, to, from, walker, room));
    REQUIRE(to->length == picture->kept);
    return 1;
}

static uint32_t big32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t crc_of(const uint8_t *bytes, size_t length)
{
    uint32_t crc = UINT32_MAX;
    size_t i;
    int bit;

    for (i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (bit = 0; bit < 8; bit++)
            crc = crc & 1 ? 0xedb88320u ^ crc >> 1 : crc >> 1;
    }
    return ~crc;
}

static void repair_png(file_t *file)
{
    size_t at, i;
    uint32_t length, crc;

    for (at = 8; at + 12 <= file->length; at += 12 + length) {
        length = big32(file->bytes + at);
        if (length > file->length - at - 12)
            return;
        crc = crc_of(file->bytes + at + 4, length + 4);
        for (i = 0; i < 4; i++)
            file->bytes[at + 8 + length + i] = (uint8_t)(crc >> (24 - 8 * i));
    }
}

static void repair_webp(file_t *file)
{
    size_t i;

    for (i = 0; i < 4 && file->length >= 12; i++)
        file->bytes[4 + i] = (uint8_t)((file->length - 8) >> (8 * i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static file_t file, copy, other;
    chat_media_picture_t picture, second;
    chat_media_walk_t *walker;
    size_t room;

    if (size < 2 || size - 2 > sizeof(file.bytes))
        return 0;
    walker = walkers[data[0] % 4];
    room = CHAT_MEDIA_IO_WINDOW_MIN + data[1];
    file.length = size - 2;
    memcpy(file.bytes, data + 2, file.length);
    if (walker == chat_media_png_walk)
        repair_png(&file);
    if (walker == chat_media_webp_walk)
        repair_webp(&file);
    if (!walk(&picture, &copy, &file, walker, room))
        return 0;
    REQUIRE(walk(&second, &other, &file, walker, 4096));
    REQUIRE(other.length == copy.length && memcmp(other.bytes, copy.bytes, copy.length) == 0);
    REQUIRE(walk(&second, &other, &copy, walker, room));
    REQUIRE(other.length == copy.length && memcmp(other.bytes, copy.bytes, copy.length) == 0);
    REQUIRE(second.width == picture.width && second.height == picture.height);
    REQUIRE(second.orientation == picture.orientation);
    return 0;
}
