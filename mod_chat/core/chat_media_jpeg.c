#include "core/chat_media_jpeg.h"

#include <string.h>

/* Markers, T.81 table B.1. */
#define TEM 0x01
#define SOF0 0xc0
#define SOF2 0xc2
#define DHT 0xc4
#define JPG 0xc8
#define DAC 0xcc
#define SOF15 0xcf
#define RST0 0xd0
#define RST7 0xd7
#define SOI 0xd8
#define EOI 0xd9
#define SOS 0xda
#define DQT 0xdb
#define DRI 0xdd
#define APP0 0xe0
#define APP1 0xe1
#define APP2 0xe2
#define APP14 0xee
#define APP15 0xef
#define COM 0xfe

#define HEAD_BYTES 4 /* of a segment: a marker and a length, which counts its own two bytes */
#define JFIF_BYTES 18
#define ADOBE_BYTES 16
#define FRAME_BYTES 10 /* of a frame header, before its components */
#define SCAN_BYTES 8   /* of a scan header, without its components */
#define RESTART_BYTES 6
#define COMPONENTS_MAX 4

#define EXIF "Exif\0" /* and the NUL of the string */
#define EXIF_HEAD_BYTES (HEAD_BYTES + sizeof(EXIF))

/* One segment of the file. */
typedef struct {
    int marker;
    apr_size_t bytes; /* with its marker */
} segment_t;

typedef struct {
    chat_media_picture_t *picture;
    chat_media_io_t *io;
    int frames;
    int scans;
    int has_exif;
} jpeg_t;

static const unsigned char *see(const jpeg_t *jpeg, const segment_t *segment, apr_size_t count)
{
    return segment->bytes < count ? NULL : chat_media_io_see(jpeg->io, count);
}

/* The next marker, without the bytes of 0xff that may be before it. -1: there is none. */
static int see_marker(jpeg_t *jpeg)
{
    const unsigned char *at;

    for (;;) {
        at = chat_media_io_see(jpeg->io, 2);
        if (!at || at[0] != 0xff)
            return -1;
        if (at[1] != 0xff)
            return at[1];
        chat_media_io_drop(jpeg->io, 1);
    }
}

/* The end of the entropy-coded data, where a marker begins that is not of it: 0xff00 is a byte of
 * data, and RST0 to RST7 divide it. */
static int keep_entropy_coded(jpeg_t *jpeg)
{
    const unsigned char *at, *found;
    apr_size_t count;

    for (;;) {
        at = chat_media_io_see_some(jpeg->io, &count);
        if (!at)
            return 0;
        found = memchr(at, 0xff, count);
        if (found != at) {
            chat_media_io_keep(jpeg->io, found ? (apr_size_t)(found - at) : count);
            continue;
        }
        at = chat_media_io_see(jpeg->io, 2);
        if (!at)
            return 0;
        if (at[1] != 0 && !(at[1] >= RST0 && at[1] <= RST7))
            return 1;
        chat_media_io_keep(jpeg->io, 2);
    }
}

/* SOF: browsers show baseline, extended and progressive pictures with 8 bits. A height of 0, for
 * which a DNL marker brings the number later, is not shown by anybody. */
static int keep_frame(jpeg_t *jpeg, const segment_t *segment)
{
    chat_media_picture_t *picture = jpeg->picture;
    const unsigned char *at = see(jpeg, segment, FRAME_BYTES);

    if (!at || ++jpeg->frames > 1)
        return 0;
    picture->height = (int)chat_media_picture_big16(at + 5);
    picture->width = (int)chat_media_picture_big16(at + 7);
    picture->is_odd = picture->is_odd || segment->marker > SOF2 || at[4] != 8;
    return picture->height > 0 && picture->width > 0 && at[9] >= 1 && at[9] <= COMPONENTS_MAX &&
           segment->bytes == FRAME_BYTES + 3u * at[9] &&
           chat_media_io_keep(jpeg->io, segment->bytes);
}

static int keep_scan(jpeg_t *jpeg, const segment_t *segment)
{
    const unsigned char *at = see(jpeg, segment, SCAN_BYTES);

    if (!at || jpeg->frames == 0 || at[4] < 1 || at[4] > COMPONENTS_MAX ||
        segment->bytes != SCAN_BYTES + 2u * at[4])
        return 0;
    if (++jpeg->scans > CHAT_MEDIA_JPEG_SCANS_MAX)
        jpeg->picture->is_odd = 1;
    return chat_media_io_keep(jpeg->io, segment->bytes) && keep_entropy_coded(jpeg);
}

/* Keep the beginning of a segment, whose length becomes `bytes`. */
static int keep_short(jpeg_t *jpeg, const segment_t *segment, apr_size_t bytes)
{
    const unsigned char head[HEAD_BYTES] = {0xff, (unsigned char)segment->marker, 0,
                                            (unsigned char)(bytes - 2)};

    chat_media_io_replace(jpeg->io, HEAD_BYTES, head, sizeof(head));
    return chat_media_io_keep(jpeg->io, bytes - HEAD_BYTES) &&
           chat_media_io_drop(jpeg->io, segment->bytes - bytes);
}

/* JFIF says that colours are YCbCr; a thumbnail in it may show what was cut off the picture. */
static int keep_jfif(jpeg_t *jpeg, const segment_t *segment)
{
    static const unsigned char no_thumbnail[2] = {0, 0};
    const unsigned char *at = see(jpeg, segment, JFIF_BYTES);

    if (!at || !CHAT_MEDIA_IO_IS(at + HEAD_BYTES, "JFIF\0"))
        return chat_media_io_drop(jpeg->io, segment->bytes);
    if (segment->bytes == JFIF_BYTES && at[16] == 0 && at[17] == 0)
        return chat_media_io_keep(jpeg->io, segment->bytes);
    chat_media_io_replace(jpeg->io, HEAD_BYTES, "\xff\xe0\0\x10", HEAD_BYTES);
    chat_media_io_keep(jpeg->io, JFIF_BYTES - HEAD_BYTES - 2);
    chat_media_io_put(jpeg->io, no_thumbnail, sizeof(no_thumbnail));
    return chat_media_io_drop(jpeg->io, segment->bytes - (JFIF_BYTES - 2));
}

/* Of the first EXIF segment, the orientation stays. */
static int keep_orientation(jpeg_t *jpeg, const segment_t *segment)
{
    unsigned char exif[EXIF_HEAD_BYTES + CHAT_MEDIA_EXIF_BYTES] = {
        0xff, APP1, 0, sizeof(exif) - 2, 'E', 'x', 'i', 'f'};
    const unsigned char *at = see(jpeg, segment, EXIF_HEAD_BYTES);
    apr_size_t taken;
    int orientation;

    if (!at || !CHAT_MEDIA_IO_IS(at + HEAD_BYTES, EXIF "\0") || jpeg->has_exif)
        return chat_media_io_drop(jpeg->io, segment->bytes);
    jpeg->has_exif = 1;
    jpeg->io->is_changed = 1;
    chat_media_io_take(jpeg->io, EXIF_HEAD_BYTES, &taken);
    orientation = chat_media_picture_take_exif(jpeg->io, segment->bytes - EXIF_HEAD_BYTES);
    jpeg->picture->orientation = orientation;
    if (orientation > 1) {
        chat_media_picture_exif(exif + EXIF_HEAD_BYTES, orientation);
        chat_media_io_put(jpeg->io, exif, sizeof(exif));
    }
    return orientation > 0;
}

static int keep_profile(jpeg_t *jpeg, const segment_t *segment)
{
    const unsigned char *at = see(jpeg, segment, HEAD_BYTES + sizeof("ICC_PROFILE"));

    return at && CHAT_MEDIA_IO_IS(at + HEAD_BYTES, "ICC_PROFILE\0")
               ? chat_media_io_keep(jpeg->io, segment->bytes)
               : chat_media_io_drop(jpeg->io, segment->bytes);
}

/* It says how colours were transformed. */
static int keep_adobe(jpeg_t *jpeg, const segment_t *segment)
{
    const unsigned char *at = see(jpeg, segment, ADOBE_BYTES);

    return at && CHAT_MEDIA_IO_IS(at + HEAD_BYTES, "Adobe")
               ? keep_short(jpeg, segment, ADOBE_BYTES)
               : chat_media_io_drop(jpeg->io, segment->bytes);
}

static int walk_segment(jpeg_t *jpeg, const segment_t *segment)
{
    int marker = segment->marker;

    switch (marker) {
    case DHT:
    case DAC:
    case DQT:
        return chat_media_io_keep(jpeg->io, segment->bytes);
    case DRI:
        return segment->bytes == RESTART_BYTES && chat_media_io_keep(jpeg->io, segment->bytes);
    case SOS:
        return keep_scan(jpeg, segment);
    case APP0:
        return keep_jfif(jpeg, segment);
    case APP1:
        return keep_orientation(jpeg, segment);
    case APP2:
        return keep_profile(jpeg, segment);
    case APP14:
        return keep_adobe(jpeg, segment);
    default:
        if (marker >= SOF0 && marker <= SOF15 && marker != JPG)
            return keep_frame(jpeg, segment);
        return (marker == COM || (marker > APP0 && marker <= APP15)) &&
               chat_media_io_drop(jpeg->io, segment->bytes);
    }
}

/* 0: the segment is broken, or unknown. */
static int walk_marker(jpeg_t *jpeg, int marker)
{
    const unsigned char *at = chat_media_io_see(jpeg->io, HEAD_BYTES);
    segment_t segment = {.marker = marker};

    if (!at || marker <= TEM || (marker >= RST0 && marker <= SOI))
        return 0; /* those have no length */
    segment.bytes = chat_media_picture_big16(at + 2) + 2;
    return segment.bytes >= HEAD_BYTES && walk_segment(jpeg, &segment);
}

int chat_media_jpeg_walk(chat_media_picture_t *picture, chat_media_io_t *io)
{
    jpeg_t jpeg = {.picture = picture, .io = io};
    const unsigned char *at = chat_media_io_see(io, 2);
    int marker;

    if (!at || at[0] != 0xff || at[1] != SOI)
        return 0;
    chat_media_io_keep(io, 2);
    for (marker = see_marker(&jpeg); marker != EOI; marker = see_marker(&jpeg))
        if (marker < 0 || !walk_marker(&jpeg, marker))
            return 0;
    chat_media_io_keep(io, 2);
    chat_media_io_drop_rest(io);
    return jpeg.scans > 0;
}
