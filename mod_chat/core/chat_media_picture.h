/**
 * @file chat_media_picture.h
 * What a walker learns of a picture, and what of its metadata stays: the orientation.
 *
 * A walker reads the container of a picture (JPEG, PNG, GIF, WebP) and never decodes pixels. It
 * keeps what changes the pixels that are shown, colour profiles included, and drops everything
 * else: EXIF, XMP, IPTC, comments, times, thumbnails, unknown parts, and what follows the end. Of
 * EXIF a few bytes with the orientation remain. A structure that is not exactly that of the format
 * is broken, as it might be something else for another program.
 */
#ifndef MOD_CHAT_CHAT_MEDIA_PICTURE_H
#define MOD_CHAT_CHAT_MEDIA_PICTURE_H
#include "core/chat_media_io.h"

#define CHAT_MEDIA_EXIF_BYTES 26 /* of a TIFF header and one IFD with one entry */

typedef struct chat_media_picture_t {
    int width, height; /**< as stored */
    int orientation;   /**< EXIF's, 1 to 8; 1 is upright, from 5 on the picture lies on its side */
    int is_unturned;   /**< browsers do not heed the orientation in this format */
    int is_odd;        /**< of a kind that browsers do not show, or only with very much work */

    /** Of an earlier walk over the same picture, as a WebP begins with its length: how many bytes
     * were kept. 0 in a first walk, whose output must not be used. */
    apr_uint64_t kept;
    int has_profile; /**< likewise, for WebP */
} chat_media_picture_t;

/** Walk over the picture. 0: it is broken, or reading or writing has failed (io->status). */
typedef int chat_media_walk_t(chat_media_picture_t *picture, chat_media_io_t *io);

/** Take `length` bytes, those of an EXIF block from its TIFF header on; they are neither kept nor
 * dropped. Returns the orientation, or 1; 0: the picture has fewer bytes. */
int chat_media_picture_take_exif(chat_media_io_t *io, apr_uint64_t length);

/** The EXIF block that has only the orientation (TIFF 6.0 section 2; Exif 2.32 section 4.6). */
void chat_media_picture_exif(unsigned char bytes[CHAT_MEDIA_EXIF_BYTES], int orientation);

static inline unsigned chat_media_picture_big16(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static inline apr_uint32_t chat_media_picture_big32(const unsigned char *at)
{
    return (apr_uint32_t)at[0] << 24 | (apr_uint32_t)at[1] << 16 | (apr_uint32_t)at[2] << 8 | at[3];
}

static inline unsigned chat_media_picture_little16(const unsigned char *at)
{
    return (unsigned)at[1] << 8 | at[0];
}

static inline apr_uint32_t chat_media_picture_little24(const unsigned char *at)
{
    return (apr_uint32_t)at[2] << 16 | (apr_uint32_t)at[1] << 8 | at[0];
}

static inline apr_uint32_t chat_media_picture_little32(const unsigned char *at)
{
    return (apr_uint32_t)at[3] << 24 | chat_media_picture_little24(at);
}

static inline void chat_media_picture_put_big32(unsigned char *at, apr_uint32_t number)
{
    at[0] = (unsigned char)(number >> 24);
    at[1] = (unsigned char)(number >> 16);
    at[2] = (unsigned char)(number >> 8);
    at[3] = (unsigned char)number;
}

static inline void chat_media_picture_put_little32(unsigned char *at, apr_uint32_t number)
{
    at[0] = (unsigned char)number;
    at[1] = (unsigned char)(number >> 8);
    at[2] = (unsigned char)(number >> 16);
    at[3] = (unsigned char)(number >> 24);
}
#endif
