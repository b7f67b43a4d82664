/**
 * @file chat_media_io.h
 * Reads a picture once, from its beginning to its end, and writes what is kept of it.
 *
 * Walkers (chat_media_jpeg.h and others) use it. Memory is the two windows that the caller gives,
 * whatever the picture says of its sizes. The first error of reading or writing stays in `status`;
 * from then on the picture seems to have ended. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_MEDIA_IO_H
#define MOD_CHAT_CHAT_MEDIA_IO_H
#include <apr_errno.h>

/** The smallest window, and the most bytes that can be seen at once. */
#define CHAT_MEDIA_IO_WINDOW_MIN 64

/** Read at most `room` bytes; `*plength` is 0 at the end. */
typedef apr_status_t chat_media_io_read_t(void *source, unsigned char *bytes, apr_size_t room,
                                          apr_size_t *plength);
/** Write all of the bytes. */
typedef apr_status_t chat_media_io_write_t(void *sink, const unsigned char *bytes,
                                           apr_size_t length);

/** Whether the bytes at `at`, which have been seen, are those of a literal. */
#define CHAT_MEDIA_IO_IS(at, text) (memcmp(at, text, sizeof(text) - 1) == 0)

typedef struct chat_media_io_t {
    chat_media_io_read_t *read;
    void *source;
    chat_media_io_write_t *write; /**< NULL: what is kept is only counted */
    void *sink;
    unsigned char *window; /**< of input */
    unsigned char *out;    /**< of output; unused if nothing is written */
    apr_size_t room;       /**< of each of the two, at least CHAT_MEDIA_IO_WINDOW_MIN */

    apr_size_t at;       /**< from here on, bytes of the window have not been read */
    apr_size_t end;      /**< how many bytes are in the window */
    apr_size_t out_used; /**< bytes in `out` */
    apr_uint64_t kept;   /**< how many bytes have been kept or put */
    int is_changed;      /**< what is kept differs from what was read */
    int is_ended;        /**< the source has no more */
    apr_status_t status;
} chat_media_io_t;

/** The next `count` bytes, at most CHAT_MEDIA_IO_WINDOW_MIN, which stay unread. Valid until the
 * next call. NULL: there are fewer. */
const unsigned char *chat_media_io_see(chat_media_io_t *io, apr_size_t count);

/** All bytes of the window that have not been read, at least one; they stay unread. Valid until the
 * next call. NULL: the picture has ended. */
const unsigned char *chat_media_io_see_some(chat_media_io_t *io, apr_size_t *pcount);

/** Take the next bytes, at least one and at most `count`, and neither keep nor drop them. Valid
 * until the next call. NULL: the picture has ended. */
const unsigned char *chat_media_io_take(chat_media_io_t *io, apr_uint64_t count,
                                        apr_size_t *ptaken);

/** Keep the next `count` bytes. 0: there are fewer. */
int chat_media_io_keep(chat_media_io_t *io, apr_uint64_t count);

/** Drop the next `count` bytes. 0: there are fewer. */
int chat_media_io_drop(chat_media_io_t *io, apr_uint64_t count);

/** Drop what is left. */
void chat_media_io_drop_rest(chat_media_io_t *io);

/** Put `length` bytes in the place of the next `count`, which have been seen as one piece. */
void chat_media_io_replace(chat_media_io_t *io, apr_size_t count, const void *bytes,
                           apr_size_t length);

/** Write bytes that are not in the picture, or have been taken from it. */
void chat_media_io_put(chat_media_io_t *io, const void *bytes, apr_size_t length);

/** Write what is in the window of output. */
void chat_media_io_flush(chat_media_io_t *io);
#endif
