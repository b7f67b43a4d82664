#include "core/chat_media_webp.h"

#include <string.h>

#define FILE_HEAD_BYTES 12 /* "RIFF", the bytes after the length, "WEBP" */
#define HEAD_BYTES 8       /* of a chunk: its type and its length */
#define EXTENDED_BYTES 10
#define ANIMATION_BYTES 6
#define FRAME_BYTES 16 /* of a frame, before the chunks in it */
#define LOSSY_BYTES 10
#define LOSSLESS_BYTES 5

/* Flags of VP8X, section 2.7. */
#define HAS_ANIMATION 0x02
#define HAS_EXIF 0x08
#define HAS_ALPHA 0x10
#define HAS_PROFILE 0x20

typedef struct {
    unsigned char head[HEAD_BYTES];
    apr_uint32_t length; /* without the head and the byte that may follow */
} chunk_t;

/* The size of a bitstream, or what it has to be. */
typedef struct {
    int width, height;
} area_t;

typedef struct {
    chat_media_picture_t *picture;
    chat_media_io_t *io;
    apr_uint64_t left; /* of the file, as its head says */
    apr_uint32_t length;
    unsigned char flags; /* of VP8X; 0 without it */
    int is_extended;
    int has_animation;
    int has_profile;
    int has_exif;
    int has_alpha; /* the present frame, or picture */
    int frames;    /* or pictures */
} webp_t;

static apr_uint64_t padded(apr_uint32_t length)
{
    return (apr_uint64_t)length + (length & 1);
}

static int is_type(const chunk_t *chunk, const char *type)
{
    return memcmp(chunk->head, type, 4) == 0;
}

/* See the head of the next chunk, which ends before the `*pleft` bytes around it do, and count it
 * off them. */
static int see_chunk(webp_t *webp, chunk_t *chunk, apr_uint64_t *pleft)
{
    const unsigned char *at = *pleft >= HEAD_BYTES ? chat_media_io_see(webp->io, HEAD_BYTES) : NULL;

    if (!at)
        return 0;
    memcpy(chunk->head, at, HEAD_BYTES);
    chunk->length = chat_media_picture_little32(at + 4);
    if (HEAD_BYTES + padded(chunk->length) > *pleft)
        return 0;
    *pleft -= HEAD_BYTES + padded(chunk->length);
    return 1;
}

/* The byte after a chunk of odd length is 0. */
static int keep_padding(webp_t *webp, const chunk_t *chunk)
{
    const unsigned char *at;

    if (!(chunk->length & 1))
        return 1;
    at = chat_media_io_see(webp->io, 1);
    return at && at[0] == 0 && chat_media_io_keep(webp->io, 1);
}

static int keep_chunk(webp_t *webp, const chunk_t *chunk)
{
    return chat_media_io_keep(webp->io, (apr_uint64_t)HEAD_BYTES + chunk->length) &&
           keep_padding(webp, chunk);
}

static int drop_chunk(webp_t *webp, const chunk_t *chunk)
{
    return chat_media_io_drop(webp->io, HEAD_BYTES + padded(chunk->length));
}

/* A key frame of VP8 (RFC 6386 section 9.1). */
static int read_lossy(webp_t *webp, area_t *area, const chunk_t *chunk)
{
    const unsigned char *at =
        chunk->length < LOSSY_BYTES ? NULL : chat_media_io_see(webp->io, HEAD_BYTES + LOSSY_BYTES);

    if (!at || at[8] & 1 || !CHAT_MEDIA_IO_IS(at + 11, "\x9d\x01\x2a"))
        return 0;
    area->width = (int)(chat_media_picture_little16(at + 14) & 0x3fff);
    area->height = (int)(chat_media_picture_little16(at + 16) & 0x3fff);
    return area->width > 0 && area->height > 0;
}

/* RFC 9649 section 3.4. */
static int read_lossless(webp_t *webp, area_t *area, const chunk_t *chunk)
{
    const unsigned char *at = chunk->length < LOSSLESS_BYTES
                                  ? NULL
                                  : chat_media_io_see(webp->io, HEAD_BYTES + LOSSLESS_BYTES);
    apr_uint32_t bits;

    if (!at || at[8] != 0x2f)
        return 0;
    bits = chat_media_picture_little32(at + 9);
    area->width = (int)(bits & 0x3fff) + 1;
    area->height = (int)(bits >> 14 & 0x3fff) + 1;
    return bits >> 29 == 0; /* the version */
}

static int is_bitstream(const chunk_t *chunk)
{
    return is_type(chunk, "VP8 ") || is_type(chunk, "VP8L");
}

/* A bitstream fills its picture or frame; a width of 0 takes any. */
static int keep_bitstream(webp_t *webp, area_t *area, const chunk_t *chunk)
{
    area_t found = {0, 0};

    if (webp->has_alpha && !is_type(chunk, "VP8 "))
        return 0;
    if (!(is_type(chunk, "VP8L") ? read_lossless(webp, &found, chunk)
                                 : read_lossy(webp, &found, chunk)))
        return 0;
    if (area->width > 0 && (found.width != area->width || found.height != area->height))
        return 0;
    *area = found;
    webp->frames++;
    return keep_chunk(webp, chunk);
}

/* The alpha channel of a lossy bitstream, which follows it (section 2.7.1.2). */
static int keep_alpha(webp_t *webp, const chunk_t *chunk)
{
    return !webp->has_alpha++ && chunk->length > 0 && keep_chunk(webp, chunk);
}

/* The flags for what is kept: metadata are not in the file any more. */
static unsigned char flags_kept(const webp_t *webp, int has_profile)
{
    return (unsigned char)((webp->flags & (HAS_ANIMATION | HAS_ALPHA)) |
                           (has_profile ? HAS_PROFILE : 0) |
                           (webp->picture->orientation > 1 ? HAS_EXIF : 0));
}

/* VP8X: what is in the file. */
static int keep_extended(webp_t *webp, const chunk_t *chunk)
{
    chat_media_picture_t *picture = webp->picture;
    const unsigned char *at = chat_media_io_see(webp->io, HEAD_BYTES + EXTENDED_BYTES);
    unsigned char flags[4] = {0};

    if (!at || chunk->length != EXTENDED_BYTES)
        return 0;
    webp->is_extended = 1;
    webp->flags = at[8];
    picture->width = (int)chat_media_picture_little24(at + 12) + 1;
    picture->height = (int)chat_media_picture_little24(at + 15) + 1;
    if ((apr_uint64_t)picture->width * (apr_uint64_t)picture->height > APR_UINT32_MAX)
        return 0;
    flags[0] = flags_kept(webp, picture->has_profile);
    webp->io->is_changed |= at[9] | at[10] | at[11];
    chat_media_io_keep(webp->io, HEAD_BYTES);
    chat_media_io_replace(webp->io, sizeof(flags), flags, sizeof(flags));
    return chat_media_io_keep(webp->io, EXTENDED_BYTES - sizeof(flags));
}

/* The chunks in a frame: perhaps an alpha channel, then the bitstream. Another one would have to be
 * dropped, and the length of the frame be known before; nobody writes any. */
static int keep_frame_chunks(webp_t *webp, area_t *area, apr_uint64_t left)
{
    int frames = webp->frames;
    chunk_t chunk;

    webp->has_alpha = 0;
    while (left > 0) {
        if (!see_chunk(webp, &chunk, &left) || webp->frames > frames)
            return 0;
        if (!(is_bitstream(&chunk) ? keep_bitstream(webp, area, &chunk)
                                   : is_type(&chunk, "ALPH") && keep_alpha(webp, &chunk)))
            return 0;
    }
    return webp->frames == frames + 1;
}

/* Section 2.7.1.1. */
static int keep_frame(webp_t *webp, const chunk_t *chunk)
{
    const unsigned char *at = chat_media_io_see(webp->io, HEAD_BYTES + FRAME_BYTES);
    area_t area;
    apr_uint32_t left, top;

    if (!at || chunk->length < FRAME_BYTES || chunk->length & 1 || !webp->has_animation)
        return 0;
    left = chat_media_picture_little24(at + 8) * 2;
    top = chat_media_picture_little24(at + 11) * 2;
    area.width = (int)chat_media_picture_little24(at + 14) + 1;
    area.height = (int)chat_media_picture_little24(at + 17) + 1;
    return left + (apr_uint32_t)area.width <= (apr_uint32_t)webp->picture->width &&
           top + (apr_uint32_t)area.height <= (apr_uint32_t)webp->picture->height &&
           chat_media_io_keep(webp->io, HEAD_BYTES + FRAME_BYTES) &&
           keep_frame_chunks(webp, &area, chunk->length - FRAME_BYTES);
}

static int keep_animation(webp_t *webp, const chunk_t *chunk)
{
    if (!(webp->flags & HAS_ANIMATION))
        return drop_chunk(webp, chunk);
    return !webp->has_animation++ && chunk->length == ANIMATION_BYTES && keep_chunk(webp, chunk);
}

static int keep_profile(webp_t *webp, const chunk_t *chunk)
{
    return webp->frames == 0 && !webp->has_profile++ && keep_chunk(webp, chunk);
}

/* Of the EXIF chunk, the orientation stays. Some programs write JPEG's "Exif" before it. */
static int keep_orientation(webp_t *webp, const chunk_t *chunk)
{
    static const unsigned char head[HEAD_BYTES] = {'E', 'X', 'I', 'F', CHAT_MEDIA_EXIF_BYTES};
    unsigned char exif[CHAT_MEDIA_EXIF_BYTES];
    apr_uint64_t left = padded(chunk->length);
    const unsigned char *at;
    apr_size_t taken;

    if (webp->has_exif++)
        return drop_chunk(webp, chunk);
    webp->io->is_changed = 1;
    chat_media_io_take(webp->io, HEAD_BYTES, &taken);
    at = left >= 6 ? chat_media_io_see(webp->io, 6) : NULL;
    if (at && CHAT_MEDIA_IO_IS(at, "Exif\0\0")) {
        chat_media_io_drop(webp->io, 6);
        left -= 6;
    }
    webp->picture->orientation = chat_media_picture_take_exif(webp->io, left);
    if (webp->picture->orientation > 1) {
        chat_media_picture_exif(exif, webp->picture->orientation);
        chat_media_io_put(webp->io, head, sizeof(head));
        chat_media_io_put(webp->io, exif, sizeof(exif));
    }
    return webp->picture->orientation > 0;
}

/* A chunk after VP8X. */
static int walk_chunk(webp_t *webp, const chunk_t *chunk)
{
    area_t area = {webp->picture->width, webp->picture->height};

    if (is_type(chunk, "VP8X"))
        return 0;
    if (is_bitstream(chunk))
        return !(webp->flags & HAS_ANIMATION) && webp->frames == 0 &&
               keep_bitstream(webp, &area, chunk);
    if (is_type(chunk, "ALPH"))
        return webp->frames == 0 && keep_alpha(webp, chunk);
    if (is_type(chunk, "ANIM"))
        return keep_animation(webp, chunk);
    if (is_type(chunk, "ANMF"))
        return webp->flags & HAS_ANIMATION && keep_frame(webp, chunk);
    if (is_type(chunk, "ICCP"))
        return keep_profile(webp, chunk);
    if (is_type(chunk, "EXIF"))
        return keep_orientation(webp, chunk);
    return drop_chunk(webp, chunk);
}

/* The first chunk says which of the three kinds of file it is. In a simple file, nothing of what
 * comes after the bitstream means anything. */
static int walk_chunks(webp_t *webp)
{
    area_t area = {0, 0};
    chunk_t chunk;

    if (!see_chunk(webp, &chunk, &webp->left))
        return 0;
    if (is_bitstream(&chunk)) {
        if (!keep_bitstream(webp, &area, &chunk) || !chat_media_io_drop(webp->io, webp->left))
            return 0;
        webp->picture->width = area.width;
        webp->picture->height = area.height;
        return 1;
    }
    if (!is_type(&chunk, "VP8X") || !keep_extended(webp, &chunk))
        return 0;
    while (webp->left > 0)
        if (!see_chunk(webp, &chunk, &webp->left) || !walk_chunk(webp, &chunk))
            return 0;
    return webp->frames > 0;
}

static int walk_head(webp_t *webp)
{
    const unsigned char *at = chat_media_io_see(webp->io, FILE_HEAD_BYTES);
    unsigned char length[4];

    if (!at || !CHAT_MEDIA_IO_IS(at, "RIFF") || !CHAT_MEDIA_IO_IS(at + 8, "WEBP"))
        return 0;
    webp->length = chat_media_picture_little32(at + 4);
    if (webp->length < 4 || webp->length & 1)
        return 0;
    webp->left = webp->length - 4;
    chat_media_io_keep(webp->io, 4);
    chat_media_picture_put_little32(length, (apr_uint32_t)(webp->picture->kept - 8));
    chat_media_io_replace(webp->io, sizeof(length), length, sizeof(length));
    return chat_media_io_keep(webp->io, 4);
}

int chat_media_webp_walk(chat_media_picture_t *picture, chat_media_io_t *io)
{
    webp_t webp = {.picture = picture, .io = io};

    if (!walk_head(&webp) || !walk_chunks(&webp))
        return 0;
    chat_media_io_drop_rest(io);
    picture->has_profile = webp.has_profile;
    picture->is_unturned = 1; /* Chromium and Firefox heed it in JPEG and PNG only */
    if (webp.is_extended && flags_kept(&webp, webp.has_profile) != webp.flags)
        io->is_changed = 1;
    return 1;
}
