/**
 * @file chat_media_webp.h
 * Walks over a WebP file: simple, extended and animated (RFC 9649 section 2).
 */
#ifndef MOD_CHAT_CHAT_MEDIA_WEBP_H
#define MOD_CHAT_CHAT_MEDIA_WEBP_H
#include "core/chat_media_picture.h"

/** A chat_media_walk_t. The file begins with its length and with what is in it, so what a second
 * walk writes depends on `picture`, as the first walk has left it. */
int chat_media_webp_walk(chat_media_picture_t *picture, chat_media_io_t *io);
#endif
