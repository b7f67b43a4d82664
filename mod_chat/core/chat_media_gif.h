/**
 * @file chat_media_gif.h
 * Walks over a GIF file, animated ones included (GIF89a specification; the application extensions
 * NETSCAPE2.0 and ICCRGBG1).
 */
#ifndef MOD_CHAT_CHAT_MEDIA_GIF_H
#define MOD_CHAT_CHAT_MEDIA_GIF_H
#include "core/chat_media_picture.h"

/** A chat_media_walk_t. */
int chat_media_gif_walk(chat_media_picture_t *picture, chat_media_io_t *io);
#endif
