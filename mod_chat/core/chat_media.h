/**
 * @file chat_media.h
 * What a file is: its type by its bytes, whether browsers may show it, and its copy without
 * metadata.
 *
 * Only pictures in JPEG, PNG, GIF and WebP are shown inline, and only if their structure is whole:
 * everything else is downloaded. No pixel is decoded. Metadata are removed from these formats
 * without loss (chat_media_picture.h).
 *
 * Memory: one buffer of CHAT_MEDIA_BUFFER_BYTES. Threads: any; a file has one at a time.
 */
#ifndef MOD_CHAT_CHAT_MEDIA_H
#define MOD_CHAT_CHAT_MEDIA_H
#include <apr_pools.h>
#include <apr_tables.h>

#include "core/chat_media_picture.h"
#include "core/chat_media_type.h"

#define CHAT_MEDIA_BUFFER_BYTES 32768

typedef struct chat_media_rules_t {
    chat_media_type_t *detector;
    const apr_array_header_t *types; /**< of const char *: those that are allowed; NULL: documents
                                          and pictures, as chat_media.c has them */
    apr_int64_t pixels_max;          /**< in a picture that is shown inline */
    int keeps_metadata;              /**< no copy is to be written */
} chat_media_rules_t;

typedef struct chat_media_t {
    const char *content_type; /**< as detected */
    const char *kind;         /**< "image", "document" or "other" */
    int width, height;        /**< as shown, turned by the orientation; 0 unless it is an image */
    int is_inline;            /**< browsers may show it in the page: it is an image */
    int is_allowed;           /**< the type is one of the rules' */
    int has_metadata; /**< a copy without them is to be stored, as the rules do not keep them */
    apr_off_t size;   /**< of the copy, once it is written, or of the file */
    chat_media_picture_t picture; /**< for chat_media_strip() */
} chat_media_t;

/**
 * Examine the file `fd`, from its beginning, wherever its position is. A broken picture is not an
 * error: its kind is "other", and it keeps its metadata. Errors: of reading, and of memory.
 */
apr_status_t chat_media_examine(chat_media_t *media, int fd, const chat_media_rules_t *rules,
                                apr_pool_t *p);

/** Write a file that was examined, and has metadata, without them to `fd_out`, which must be empty.
 * Errors: of reading and writing, and of memory; APR_EGENERAL: the file has changed. */
apr_status_t chat_media_strip(chat_media_t *media, int fd_in, int fd_out, apr_pool_t *p);
#endif
