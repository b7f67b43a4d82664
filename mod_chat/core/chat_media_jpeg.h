/**
 * @file chat_media_jpeg.h
 * Walks over a JPEG file: the markers of ITU-T T.81 annex B, with JFIF, Exif, ICC and Adobe
 * segments.
 */
#ifndef MOD_CHAT_CHAT_MEDIA_JPEG_H
#define MOD_CHAT_CHAT_MEDIA_JPEG_H
#include "core/chat_media_picture.h"

/** Each scan makes a decoder go over the whole picture; usual are ten. With more it is odd. */
#define CHAT_MEDIA_JPEG_SCANS_MAX 200

/** A chat_media_walk_t. */
int chat_media_jpeg_walk(chat_media_picture_t *picture, chat_media_io_t *io);
#endif
