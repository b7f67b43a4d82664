/**
 * @file chat_media_png.h
 * Walks over a PNG file, animated ones included (PNG, Third Edition, sections 5 and 11).
 */
#ifndef MOD_CHAT_CHAT_MEDIA_PNG_H
#define MOD_CHAT_CHAT_MEDIA_PNG_H
#include "core/chat_media_picture.h"

/** A chat_media_walk_t. Checks the CRC of each chunk that is kept. */
int chat_media_png_walk(chat_media_picture_t *picture, chat_media_io_t *io);
#endif
