#include "core/chat_media_picture.h"

#include <string.h>

#define TIFF_HEADER_BYTES 8
#define ENTRY_BYTES 12
#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT 3
#define ORIENTATION_AT 19 /* in the block that chat_media_picture_exif() writes */

/* A TIFF structure, of which `left` bytes have not been read. */
typedef struct {
    chat_media_io_t *io;
    apr_uint64_t left;
    int is_little; /* its numbers are little-endian */
} tiff_t;

static unsigned number16(const tiff_t *tiff, const unsigned char *at)
{
    return tiff->is_little ? chat_media_picture_little16(at) : chat_media_picture_big16(at);
}

static apr_uint32_t number32(const tiff_t *tiff, const unsigned char *at)
{
    return tiff->is_little ? chat_media_picture_little32(at) : chat_media_picture_big32(at);
}

/* Take `count` bytes, which may be in several windows. */
static int pass(tiff_t *tiff, apr_uint64_t count)
{
    apr_size_t taken;

    if (count > tiff->left)
        return 0;
    for (; count > 0; count -= taken) {
        if (!chat_media_io_take(tiff->io, count, &taken))
            return 0;
        tiff->left -= taken;
    }
    return 1;
}

/* Copy a few bytes and pass them. */
static int read_bytes(tiff_t *tiff, unsigned char *bytes, apr_size_t count)
{
    const unsigned char *at = count <= tiff->left ? chat_media_io_see(tiff->io, count) : NULL;

    if (!at)
        return 0;
    memcpy(bytes, at, count);
    return pass(tiff, count);
}

/* Go to the first IFD. 0: this is not a TIFF structure, or the IFD is not in it. */
static int find_directory(tiff_t *tiff)
{
    unsigned char head[TIFF_HEADER_BYTES];
    apr_uint32_t offset;

    if (!read_bytes(tiff, head, sizeof(head)))
        return 0;
    tiff->is_little = head[0] == 'I' && head[1] == 'I';
    if (!tiff->is_little && !(head[0] == 'M' && head[1] == 'M'))
        return 0;
    offset = number32(tiff, head + 4);
    return number16(tiff, head + 2) == 42 && offset >= TIFF_HEADER_BYTES &&
           pass(tiff, offset - TIFF_HEADER_BYTES);
}

static int read_orientation(tiff_t *tiff)
{
    unsigned char entry[ENTRY_BYTES];
    unsigned count, value;

    if (!find_directory(tiff) || !read_bytes(tiff, entry, 2))
        return 1;
    for (count = number16(tiff, entry); count > 0; count--) {
        if (!read_bytes(tiff, entry, sizeof(entry)))
            return 1;
        if (number16(tiff, entry) != TAG_ORIENTATION)
            continue;
        value = number16(tiff, entry + 8);
        return number16(tiff, entry + 2) == TYPE_SHORT && value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

int chat_media_picture_take_exif(chat_media_io_t *io, apr_uint64_t length)
{
    tiff_t tiff = {.io = io, .left = length};
    int orientation = read_orientation(&tiff);

    return pass(&tiff, tiff.left) ? orientation : 0;
}

void chat_media_picture_exif(unsigned char bytes[CHAT_MEDIA_EXIF_BYTES], int orientation)
{
    static const unsigned char upright[CHAT_MEDIA_EXIF_BYTES] = {
        'M', 'M', 0, 42,         0, 0, 0, TIFF_HEADER_BYTES, /* the header */
        0,   1,                                              /* one entry */
        1,   18,  0, TYPE_SHORT, 0, 0, 0, 1,
        0,   1,   0, 0,          0, 0, 0, 0 /* there is no second IFD */
    };

    memcpy(bytes, upright, sizeof(upright));
    bytes[ORIENTATION_AT] = (unsigned char)orientation;
}
