#include "core/chat_media_png.h"

#include <string.h>

#define SIGNATURE "\x89PNG\r\n\x1a\n"
#define SIGNATURE_BYTES (sizeof(SIGNATURE) - 1)
#define HEAD_BYTES 8 /* of a chunk: its length and its type */
#define CRC_BYTES 4
#define IHDR_BYTES 13
#define ACTL_BYTES 8
#define FCTL_BYTES 26
#define FCTL_SEEN (HEAD_BYTES + 20) /* number, width, height, and both offsets */
#define FDAT_BYTES_MIN 4
#define PALETTE_BYTES_MAX (3 * 256)
#define INDEXED 3    /* the colour type of pictures with a palette */
#define HAS_COLOUR 2 /* the bit of the colour types without which there is no palette */
#define LENGTH_MAX 0x7fffffffu
#define IS_ANCILLARY 0x20 /* of the first letter of a type: lower case */
#define CRC_POLYNOMIAL 0xedb88320u
#define CRC_STEP 8

typedef struct {
    apr_uint32_t length; /* of its data */
    unsigned char head[HEAD_BYTES];
} chunk_t;

typedef enum { DATA_NONE, DATA_BEGUN, DATA_OVER } data_t;

typedef struct {
    chat_media_picture_t *picture;
    chat_media_io_t *io;
    data_t data; /* the chunks IDAT, which follow each other */
    int has_header;
    int has_palette;
    int has_exif;
    int is_animated;
    int colour_type;
    unsigned shown;        /* a bit for each type of shown_bit() that has been there */
    apr_uint32_t frames;   /* of an animation, that are to come */
    apr_uint32_t sequence; /* the next number of a part of the animation */
    apr_uint32_t crc_of[CRC_STEP][256];
} png_t;

/* In the table k, the CRC of a byte that k zeros follow, so that eight bytes are taken at once. */
static void make_crc_tables(png_t *png)
{
    apr_uint32_t crc;
    int byte, bit, k;

    for (byte = 0; byte < 256; byte++) {
        crc = (apr_uint32_t)byte;
        for (bit = 0; bit < 8; bit++)
            crc = crc & 1 ? CRC_POLYNOMIAL ^ crc >> 1 : crc >> 1;
        png->crc_of[0][byte] = crc;
    }
    for (k = 1; k < CRC_STEP; k++) {
        for (byte = 0; byte < 256; byte++) {
            crc = png->crc_of[k - 1][byte];
            png->crc_of[k][byte] = png->crc_of[0][crc & 0xff] ^ crc >> 8;
        }
    }
}

/* The part of a CRC that four bytes bring, of which the last one has the table k. */
static apr_uint32_t crc_of_four(const png_t *png, apr_uint32_t bytes, int k)
{
    return png->crc_of[k + 3][bytes & 0xff] ^ png->crc_of[k + 2][bytes >> 8 & 0xff] ^
           png->crc_of[k + 1][bytes >> 16 & 0xff] ^ png->crc_of[k][bytes >> 24];
}

/* The CRC of more bytes (annex D); the first one is 0. */
static apr_uint32_t crc_add(const png_t *png, apr_uint32_t crc, const unsigned char *bytes,
                            apr_size_t length)
{
    crc = ~crc;
    for (; length >= CRC_STEP; length -= CRC_STEP, bytes += CRC_STEP)
        crc = crc_of_four(png, crc ^ chat_media_picture_little32(bytes), 4) ^
              crc_of_four(png, chat_media_picture_little32(bytes + 4), 0);
    for (; length > 0; length--, bytes++)
        crc = png->crc_of[0][(crc ^ *bytes) & 0xff] ^ crc >> 8;
    return ~crc;
}

static int is_type(const chunk_t *chunk, const char *type)
{
    return memcmp(chunk->head + 4, type, 4) == 0;
}

/* Keep a chunk. 0: it is not whole, or its CRC is wrong. */
static int keep_chunk(png_t *png, const chunk_t *chunk)
{
    apr_uint32_t left = chunk->length, crc = 0;
    apr_uint64_t head = HEAD_BYTES;
    const unsigned char *bytes;
    apr_size_t taken;

    bytes = chat_media_io_take(png->io, head, &taken); /* which has been seen as one piece */
    chat_media_io_put(png->io, bytes, taken);
    crc = crc_add(png, 0, chunk->head + 4, 4);
    for (; left > 0; left -= (apr_uint32_t)taken) {
        bytes = chat_media_io_take(png->io, left, &taken);
        if (!bytes)
            return 0;
        crc = crc_add(png, crc, bytes, taken);
        chat_media_io_put(png->io, bytes, taken);
    }
    bytes = chat_media_io_see(png->io, CRC_BYTES);
    return bytes && chat_media_picture_big32(bytes) == crc &&
           chat_media_io_keep(png->io, CRC_BYTES);
}

static int drop_chunk(png_t *png, const chunk_t *chunk)
{
    return chat_media_io_drop(png->io, (apr_uint64_t)HEAD_BYTES + chunk->length + CRC_BYTES);
}

static void put_chunk(png_t *png, const char *type, const unsigned char *data, apr_size_t length)
{
    unsigned char number[4];
    apr_uint32_t crc = crc_add(png, 0, (const unsigned char *)type, 4);

    chat_media_picture_put_big32(number, (apr_uint32_t)length);
    chat_media_io_put(png->io, number, sizeof(number));
    chat_media_io_put(png->io, type, 4);
    chat_media_io_put(png->io, data, length);
    chat_media_picture_put_big32(number, crc_add(png, crc, data, length));
    chat_media_io_put(png->io, number, sizeof(number));
}

/* Which bit depths there are for a colour type (table 8): a bit for each. */
static unsigned depths_of(int colour_type)
{
    switch (colour_type) {
    case 0:
        return 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16;
    case 3:
        return 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8;
    case 2:
    case 4:
    case 6:
        return 1 << 8 | 1 << 16;
    default:
        return 0;
    }
}

static int keep_header(png_t *png, const chunk_t *chunk)
{
    const unsigned char *at;
    apr_uint32_t width, height;

    if (png->has_header++ || chunk->length != IHDR_BYTES)
        return 0;
    at = chat_media_io_see(png->io, HEAD_BYTES + IHDR_BYTES);
    if (!at)
        return 0;
    width = chat_media_picture_big32(at + 8);
    height = chat_media_picture_big32(at + 12);
    if (width == 0 || width > LENGTH_MAX || height == 0 || height > LENGTH_MAX || at[16] > 16 ||
        !(depths_of(at[17]) & 1u << at[16]) || at[18] != 0 || at[19] != 0 || at[20] > 1)
        return 0;
    png->picture->width = (int)width;
    png->picture->height = (int)height;
    png->colour_type = at[17];
    return keep_chunk(png, chunk);
}

/* Section 11.2.2 */
static int keep_palette(png_t *png, const chunk_t *chunk)
{
    return png->data == DATA_NONE && !png->has_palette++ && png->colour_type & HAS_COLOUR &&
           chunk->length > 0 && chunk->length <= PALETTE_BYTES_MAX && chunk->length % 3 == 0 &&
           keep_chunk(png, chunk);
}

static int keep_data(png_t *png, const chunk_t *chunk)
{
    if (png->data == DATA_OVER || (png->colour_type == INDEXED && !png->has_palette))
        return 0;
    png->data = DATA_BEGUN;
    return keep_chunk(png, chunk);
}

/* ---- animations, section 11.3.6 ---- */

static int keep_animation(png_t *png, const chunk_t *chunk)
{
    const unsigned char *at = chat_media_io_see(png->io, HEAD_BYTES + ACTL_BYTES);

    if (!at || chunk->length != ACTL_BYTES || png->is_animated++ || png->data != DATA_NONE)
        return 0;
    png->frames = chat_media_picture_big32(at + HEAD_BYTES);
    return png->frames > 0 && keep_chunk(png, chunk);
}

/* The parts of an animation are numbered. */
static int is_next_part(png_t *png, const unsigned char *number)
{
    return png->is_animated && chat_media_picture_big32(number) == png->sequence++;
}

/* A frame of an animation lies within the picture. */
static int keep_frame_control(png_t *png, const chunk_t *chunk)
{
    const unsigned char *at = chat_media_io_see(png->io, FCTL_SEEN);
    apr_uint64_t right, bottom;

    if (!at || chunk->length != FCTL_BYTES || !is_next_part(png, at + HEAD_BYTES) ||
        png->frames-- == 0)
        return 0;
    right = (apr_uint64_t)chat_media_picture_big32(at + 12) + chat_media_picture_big32(at + 20);
    bottom = (apr_uint64_t)chat_media_picture_big32(at + 16) + chat_media_picture_big32(at + 24);
    return right <= (apr_uint64_t)png->picture->width &&
           bottom <= (apr_uint64_t)png->picture->height && keep_chunk(png, chunk);
}

/* Of a frame that is not the picture itself. */
static int keep_frame_data(png_t *png, const chunk_t *chunk)
{
    const unsigned char *at = chat_media_io_see(png->io, HEAD_BYTES + FDAT_BYTES_MIN);

    return at && chunk->length >= FDAT_BYTES_MIN && png->data == DATA_OVER && png->sequence > 0 &&
           is_next_part(png, at + HEAD_BYTES) && keep_chunk(png, chunk);
}

/* ---- other chunks ---- */

/* Of the EXIF chunk, the orientation stays. There is one: which of two counts, programs decide
 * differently. */
static int keep_orientation(png_t *png, const chunk_t *chunk)
{
    unsigned char exif[CHAT_MEDIA_EXIF_BYTES];
    apr_size_t taken;

    if (png->has_exif++)
        return 0;
    chat_media_io_take(png->io, HEAD_BYTES, &taken);
    png->picture->orientation = chat_media_picture_take_exif(png->io, chunk->length);
    if (png->picture->orientation > 1) {
        chat_media_picture_exif(exif, png->picture->orientation);
        put_chunk(png, "eXIf", exif, sizeof(exif));
    }
    return png->picture->orientation > 0 && chat_media_io_drop(png->io, CRC_BYTES);
}

/* Ancillary chunks that change what is shown: transparency, colours, density and background. There
 * is one of each at most, before the data. 0: it is none of them. */
static unsigned shown_bit(const chunk_t *chunk)
{
    static const char types[][5] = {"tRNS", "cHRM", "gAMA", "iCCP", "sBIT",
                                    "sRGB", "cICP", "bKGD", "pHYs"};
    apr_size_t i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (is_type(chunk, types[i]))
            return 1u << i;
    return 0;
}

static int keep_shown(png_t *png, const chunk_t *chunk, unsigned bit)
{
    if (png->data != DATA_NONE || png->shown & bit)
        return 0;
    png->shown |= bit;
    return keep_chunk(png, chunk);
}

static int walk_ancillary(png_t *png, const chunk_t *chunk)
{
    unsigned bit = shown_bit(chunk);

    if (bit)
        return keep_shown(png, chunk, bit);
    if (is_type(chunk, "acTL"))
        return keep_animation(png, chunk);
    if (is_type(chunk, "fcTL"))
        return keep_frame_control(png, chunk);
    if (is_type(chunk, "fdAT"))
        return keep_frame_data(png, chunk);
    return is_type(chunk, "eXIf") ? keep_orientation(png, chunk) : drop_chunk(png, chunk);
}

static int walk_chunk(png_t *png, const chunk_t *chunk)
{
    if (is_type(chunk, "IHDR") || !png->has_header)
        return is_type(chunk, "IHDR") && keep_header(png, chunk);
    if (is_type(chunk, "IDAT"))
        return keep_data(png, chunk);
    if (png->data == DATA_BEGUN)
        png->data = DATA_OVER;
    if (is_type(chunk, "PLTE"))
        return keep_palette(png, chunk);
    return chunk->head[4] & IS_ANCILLARY && walk_ancillary(png, chunk);
}

static int is_letter(unsigned char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static int see_chunk(png_t *png, chunk_t *chunk)
{
    const unsigned char *at = chat_media_io_see(png->io, HEAD_BYTES);

    if (!at)
        return 0;
    memcpy(chunk->head, at, HEAD_BYTES);
    chunk->length = chat_media_picture_big32(at);
    return chunk->length <= LENGTH_MAX && is_letter(at[4]) && is_letter(at[5]) &&
           is_letter(at[6]) && is_letter(at[7]);
}

int chat_media_png_walk(chat_media_picture_t *picture, chat_media_io_t *io)
{
    png_t png = {.picture = picture, .io = io};
    const unsigned char *at = chat_media_io_see(io, SIGNATURE_BYTES);
    chunk_t chunk;

    if (!at || memcmp(at, SIGNATURE, SIGNATURE_BYTES) != 0)
        return 0;
    make_crc_tables(&png);
    chat_media_io_keep(io, SIGNATURE_BYTES);
    do {
        if (!see_chunk(&png, &chunk))
            return 0;
        if (is_type(&chunk, "IEND"))
            break;
    } while (walk_chunk(&png, &chunk));
    if (!is_type(&chunk, "IEND") || chunk.length != 0 || png.data == DATA_NONE || png.frames > 0 ||
        !keep_chunk(&png, &chunk))
        return 0;
    chat_media_io_drop_rest(io);
    return 1;
}
