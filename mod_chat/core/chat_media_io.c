#include "core/chat_media_io.h"

#include <string.h>

static void fail(chat_media_io_t *io, apr_status_t rv)
{
    if (io->status == APR_SUCCESS)
        io->status = rv;
    io->is_ended = 1;
    io->at = io->end; /* nothing more is given to the walker */
}

/* Read once, behind the bytes that are unread, which move to the beginning of the window. */
static void fill(chat_media_io_t *io)
{
    apr_size_t unread = io->end - io->at, length = 0;
    apr_status_t rv;

    memmove(io->window, io->window + io->at, unread);
    io->at = 0;
    io->end = unread;
    rv = io->read(io->source, io->window + unread, io->room - unread, &length);
    if (rv != APR_SUCCESS)
        fail(io, rv);
    else if (length == 0)
        io->is_ended = 1;
    else
        io->end += length;
}

const unsigned char *chat_media_io_see(chat_media_io_t *io, apr_size_t count)
{
    while (io->end - io->at < count && !io->is_ended)
        fill(io);
    return io->end - io->at < count ? NULL : io->window + io->at;
}

const unsigned char *chat_media_io_see_some(chat_media_io_t *io, apr_size_t *pcount)
{
    const unsigned char *bytes = chat_media_io_see(io, 1);

    *pcount = bytes ? io->end - io->at : 0;
    return bytes;
}

const unsigned char *chat_media_io_take(chat_media_io_t *io, apr_uint64_t count, apr_size_t *ptaken)
{
    const unsigned char *bytes;

    *ptaken = 0;
    if (count == 0)
        return NULL;
    bytes = chat_media_io_see_some(io, ptaken);
    if (*ptaken > count)
        *ptaken = (apr_size_t)count;
    io->at += *ptaken;
    return bytes;
}

int chat_media_io_keep(chat_media_io_t *io, apr_uint64_t count)
{
    const unsigned char *bytes;
    apr_size_t taken;

    for (; count > 0; count -= taken) {
        bytes = chat_media_io_take(io, count, &taken);
        if (!bytes)
            return 0;
        chat_media_io_put(io, bytes, taken);
    }
    return 1;
}

int chat_media_io_drop(chat_media_io_t *io, apr_uint64_t count)
{
    apr_size_t taken;

    for (; count > 0; count -= taken) {
        if (!chat_media_io_take(io, count, &taken))
            return 0;
        io->is_changed = 1;
    }
    return 1;
}

void chat_media_io_drop_rest(chat_media_io_t *io)
{
    chat_media_io_drop(io, APR_UINT64_MAX);
}

void chat_media_io_flush(chat_media_io_t *io)
{
    apr_status_t rv = APR_SUCCESS;

    if (io->out_used > 0 && io->status == APR_SUCCESS)
        rv = io->write(io->sink, io->out, io->out_used);
    io->out_used = 0;
    if (rv != APR_SUCCESS)
        fail(io, rv);
}

void chat_media_io_put(chat_media_io_t *io, const void *bytes, apr_size_t length)
{
    const unsigned char *from = bytes;
    apr_size_t part;

    io->kept += length;
    if (!io->write)
        return;
    for (; length > 0; length -= part, from += part) {
        if (io->out_used == io->room)
            chat_media_io_flush(io);
        part = io->room - io->out_used < length ? io->room - io->out_used : length;
        memcpy(io->out + io->out_used, from, part);
        io->out_used += part;
    }
}

void chat_media_io_replace(chat_media_io_t *io, apr_size_t count, const void *bytes,
                           apr_size_t length)
{
    apr_size_t taken;

    chat_media_io_put(io, bytes, length);
    chat_media_io_take(io, count, &taken);
}
