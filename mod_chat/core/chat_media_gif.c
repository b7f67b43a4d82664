#include "core/chat_media_gif.h"

#include <string.h>

#define HEAD_BYTES 13 /* the signature and the logical screen descriptor */
#define IMAGE_BYTES 10
#define CONTROL_BYTES 8
#define APPLICATION_BYTES 14 /* up to and with its identifier */
#define LOOP_BYTES 4         /* of the block that says how often an animation is repeated */
#define CODE_BITS_MIN 2      /* of LZW's first codes, appendix F */
#define CODE_BITS_MAX 8

#define IMAGE 0x2c
#define EXTENSION 0x21
#define TRAILER 0x3b
#define CONTROL 0xf9
#define APPLICATION 0xff

/* The bytes of a colour table, as the flags of a descriptor say. */
static apr_size_t table_bytes(unsigned char flags)
{
    return flags & 0x80 ? (apr_size_t)3 << ((flags & 7) + 1) : 0;
}

/* Keep or drop blocks up to and with the empty one. */
static int walk_blocks(chat_media_io_t *io, int is_kept)
{
    const unsigned char *at;
    apr_size_t bytes;

    do {
        at = chat_media_io_see(io, 1);
        if (!at)
            return 0;
        bytes = at[0] + (apr_size_t)1;
        if (!(is_kept ? chat_media_io_keep(io, bytes) : chat_media_io_drop(io, bytes)))
            return 0;
    } while (bytes > 1);
    return 1;
}

/* Of the blocks of NETSCAPE2.0, only the one with the number of repetitions. */
static int walk_loop(chat_media_io_t *io)
{
    const unsigned char *at;

    for (;;) {
        at = chat_media_io_see(io, 1);
        if (!at)
            return 0;
        if (at[0] == 0)
            return chat_media_io_keep(io, 1);
        if (at[0] == LOOP_BYTES - 1 && (at = chat_media_io_see(io, 2)) && at[1] == 1) {
            if (!chat_media_io_keep(io, LOOP_BYTES))
                return 0;
        } else if (!at || !chat_media_io_drop(io, at[0] + (apr_uint64_t)1)) {
            return 0;
        }
    }
}

static int walk_application(chat_media_io_t *io)
{
    const unsigned char *at = chat_media_io_see(io, APPLICATION_BYTES);

    if (!at || at[2] != APPLICATION_BYTES - 3)
        return 0;
    if (CHAT_MEDIA_IO_IS(at + 3, "NETSCAPE2.0") || CHAT_MEDIA_IO_IS(at + 3, "ANIMEXTS1.0"))
        return chat_media_io_keep(io, APPLICATION_BYTES) && walk_loop(io);
    if (CHAT_MEDIA_IO_IS(at + 3, "ICCRGBG1012"))
        return chat_media_io_keep(io, APPLICATION_BYTES) && walk_blocks(io, 1);
    return chat_media_io_drop(io, APPLICATION_BYTES) && walk_blocks(io, 0);
}

/* Comments and plain text, which no browser shows, and what is unknown, are dropped. */
static int walk_extension(chat_media_io_t *io)
{
    const unsigned char *at = chat_media_io_see(io, 3);

    if (!at)
        return 0;
    if (at[1] == APPLICATION)
        return walk_application(io);
    if (at[1] != CONTROL)
        return chat_media_io_drop(io, 2) && walk_blocks(io, 0);
    if (at[2] != 4)
        return 0;
    at = chat_media_io_see(io, CONTROL_BYTES);
    return at && at[CONTROL_BYTES - 1] == 0 && chat_media_io_keep(io, CONTROL_BYTES);
}

/* Frames lie within the screen: some programs take a larger first one for the size. */
static int walk_image(const chat_media_picture_t *picture, chat_media_io_t *io)
{
    const unsigned char *at = chat_media_io_see(io, IMAGE_BYTES);
    unsigned right, bottom;

    if (!at)
        return 0;
    right = chat_media_picture_little16(at + 1) + chat_media_picture_little16(at + 5);
    bottom = chat_media_picture_little16(at + 3) + chat_media_picture_little16(at + 7);
    if (right > (unsigned)picture->width || bottom > (unsigned)picture->height ||
        !chat_media_io_keep(io, IMAGE_BYTES + table_bytes(at[9])))
        return 0;
    at = chat_media_io_see(io, 1);
    return at && at[0] >= CODE_BITS_MIN && at[0] <= CODE_BITS_MAX && chat_media_io_keep(io, 1) &&
           walk_blocks(io, 1);
}

static int walk_head(chat_media_picture_t *picture, chat_media_io_t *io)
{
    const unsigned char *at = chat_media_io_see(io, HEAD_BYTES);

    if (!at || !(CHAT_MEDIA_IO_IS(at, "GIF89a") || CHAT_MEDIA_IO_IS(at, "GIF87a")))
        return 0;
    picture->width = (int)chat_media_picture_little16(at + 6);
    picture->height = (int)chat_media_picture_little16(at + 8);
    return picture->width > 0 && picture->height > 0 &&
           chat_media_io_keep(io, HEAD_BYTES + table_bytes(at[10]));
}

int chat_media_gif_walk(chat_media_picture_t *picture, chat_media_io_t *io)
{
    const unsigned char *at;
    int frames = 0;

    if (!walk_head(picture, io))
        return 0;
    for (;;) {
        at = chat_media_io_see(io, 1);
        if (!at)
            return 0;
        if (at[0] == TRAILER)
            break;
        frames += at[0] == IMAGE;
        if (!(at[0] == IMAGE ? walk_image(picture, io) : at[0] == EXTENSION && walk_extension(io)))
            return 0;
    }
    chat_media_io_keep(io, 1);
    chat_media_io_drop_rest(io);
    return frames > 0;
}
