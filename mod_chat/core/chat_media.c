#include "core/chat_media.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/chat_media_gif.h"
#include "core/chat_media_jpeg.h"
#include "core/chat_media_ole.h"
#include "core/chat_media_png.h"
#include "core/chat_media_webp.h"

#define ORIENTATION_ON_SIDE 5 /* from here on, width and height change places */

/* The types that are allowed by default, and what they are to a user. */
static const struct {
    const char *content_type;
    chat_media_walk_t *walk; /* NULL: a document */
} known[] = {
    {"image/jpeg", chat_media_jpeg_walk},
    {"image/png", chat_media_png_walk},
    {"image/gif", chat_media_gif_walk},
    {"image/webp", chat_media_webp_walk},
    {"application/pdf", NULL},
    {"text/plain", NULL},
    {"text/csv", NULL},
    {"application/msword", NULL},
    {"application/vnd.ms-excel", NULL},
    {"application/vnd.ms-powerpoint", NULL},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", NULL},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", NULL},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", NULL},
    {"application/vnd.oasis.opendocument.text", NULL},
    {"application/vnd.oasis.opendocument.spreadsheet", NULL},
    {"application/vnd.oasis.opendocument.presentation", NULL},
    {"application/vnd.oasis.opendocument.graphics", NULL},
};

#define KNOWN_COUNT ((int)(sizeof(known) / sizeof(known[0])))

/* A file, and where the next read or write begins. */
typedef struct {
    int fd;
    apr_off_t at;
} file_t;

static apr_status_t read_file(void *source, unsigned char *bytes, apr_size_t room,
                              apr_size_t *plength)
{
    file_t *file = source;
    ssize_t length;

    do {
        length = pread(file->fd, bytes, room, file->at);
    } while (length < 0 && errno == EINTR);
    *plength = length > 0 ? (apr_size_t)length : 0;
    file->at += (apr_off_t)*plength;
    return length < 0 ? APR_FROM_OS_ERROR(errno) : APR_SUCCESS;
}

static apr_status_t write_file(void *sink, const unsigned char *bytes, apr_size_t length)
{
    file_t *file = sink;
    ssize_t written;

    while (length > 0) {
        written = pwrite(file->fd, bytes, length, file->at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return APR_FROM_OS_ERROR(errno);
        file->at += written;
        bytes += written;
        length -= (apr_size_t)written;
    }
    return APR_SUCCESS;
}

/* Fill the buffer with the beginning of the file. */
static apr_status_t read_beginning(unsigned char *buffer, apr_size_t *plength, int fd)
{
    file_t file = {.fd = fd};
    apr_size_t length;
    apr_status_t rv;

    *plength = 0;
    do {
        rv = read_file(&file, buffer + *plength, CHAT_MEDIA_BUFFER_BYTES - *plength, &length);
        *plength += length;
    } while (rv == APR_SUCCESS && length > 0);
    return rv;
}

/* The index in `known`, or KNOWN_COUNT. */
static int find_known(const char *content_type)
{
    int i;

    for (i = 0; i < KNOWN_COUNT; i++)
        if (strcmp(known[i].content_type, content_type) == 0)
            break;
    return i;
}

static int is_allowed(const chat_media_rules_t *rules, const char *content_type)
{
    int i;

    if (!rules->types)
        return find_known(content_type) < KNOWN_COUNT;
    for (i = 0; i < rules->types->nelts; i++)
        if (strcmp(APR_ARRAY_IDX(rules->types, i, const char *), content_type) == 0)
            return 1;
    return 0;
}

/* One walk over a file. */
typedef struct {
    chat_media_io_t io;
    file_t in;
    file_t out;
} tour_t;

/* `fd_out` -1: what is kept is only counted. 0: the picture is broken, or the system has failed. */
static int walk_once(tour_t *tour, chat_media_picture_t *picture, int fd_in, int fd_out,
                     chat_media_walk_t *walk, unsigned char *buffer)
{
    apr_size_t room = CHAT_MEDIA_BUFFER_BYTES / 2;
    int is_whole;

    *tour = (tour_t){.in = {.fd = fd_in}, .out = {.fd = fd_out}};
    tour->io = (chat_media_io_t){.read = read_file,
                                 .source = &tour->in,
                                 .write = fd_out < 0 ? NULL : write_file,
                                 .sink = &tour->out,
                                 .window = buffer,
                                 .out = buffer + room,
                                 .room = room};
    is_whole = walk(picture, &tour->io);
    if (is_whole)
        chat_media_io_flush(&tour->io);
    return is_whole && tour->io.status == APR_SUCCESS;
}

/* A whole picture that browsers show. */
static void set_image(chat_media_t *media, const chat_media_picture_t *picture)
{
    int is_turned = picture->orientation >= ORIENTATION_ON_SIDE && !picture->is_unturned;

    media->kind = "image";
    media->is_inline = 1;
    media->width = is_turned ? picture->height : picture->width;
    media->height = is_turned ? picture->width : picture->height;
}

/* This walk finds out whether there is anything to remove, which is not so for most files, and what
 * the one that removes it has to write at the beginning. */
static apr_status_t examine_picture(chat_media_t *media, int fd, chat_media_walk_t *walk,
                                    const chat_media_rules_t *rules, unsigned char *buffer)
{
    chat_media_picture_t *picture = &media->picture;
    tour_t tour;

    picture->orientation = 1;
    if (!walk_once(&tour, picture, fd, -1, walk, buffer))
        return tour.io.status;
    if ((apr_int64_t)picture->width * picture->height <= rules->pixels_max && !picture->is_odd)
        set_image(media, picture);
    media->has_metadata = tour.io.is_changed && !rules->keeps_metadata;
    picture->kept = tour.io.kept;
    return APR_SUCCESS;
}

static apr_status_t examine(chat_media_t *media, int fd, const chat_media_rules_t *rules,
                            unsigned char *buffer, apr_pool_t *p)
{
    apr_size_t length;
    int index;
    apr_status_t rv = read_beginning(buffer, &length, fd);

    if (rv == APR_SUCCESS && chat_media_ole_is(buffer, length))
        media->content_type = chat_media_ole_type(fd, buffer);
    else if (rv == APR_SUCCESS)
        rv = chat_media_type_detect(&media->content_type, rules->detector, buffer, length, p);
    if (rv != APR_SUCCESS)
        return rv;
    media->is_allowed = is_allowed(rules, media->content_type);
    index = find_known(media->content_type);
    if (!media->is_allowed || index == KNOWN_COUNT)
        return APR_SUCCESS;
    if (known[index].walk)
        return examine_picture(media, fd, known[index].walk, rules, buffer);
    media->kind = "document";
    return APR_SUCCESS;
}

apr_status_t chat_media_examine(chat_media_t *media, int fd, const chat_media_rules_t *rules,
                                apr_pool_t *p)
{
    struct stat status;
    apr_pool_t *scratch;
    apr_status_t rv;

    *media = (chat_media_t){.content_type = "application/octet-stream", .kind = "other"};
    if (fstat(fd, &status) != 0)
        return APR_FROM_OS_ERROR(errno);
    media->size = status.st_size;
    rv = apr_pool_create(&scratch, p);
    if (rv != APR_SUCCESS)
        return rv;
    rv = examine(media, fd, rules, apr_palloc(scratch, CHAT_MEDIA_BUFFER_BYTES), p);
    apr_pool_destroy(scratch);
    return rv;
}

apr_status_t chat_media_strip(chat_media_t *media, int fd_in, int fd_out, apr_pool_t *p)
{
    apr_uint64_t kept = media->picture.kept;
    int index = find_known(media->content_type);
    apr_pool_t *scratch;
    tour_t tour;
    apr_status_t rv = index < KNOWN_COUNT && known[index].walk && media->has_metadata
                          ? apr_pool_create(&scratch, p)
                          : APR_EINVAL;

    if (rv != APR_SUCCESS)
        return rv;
    if (!walk_once(&tour, &media->picture, fd_in, fd_out, known[index].walk,
                   apr_palloc(scratch, CHAT_MEDIA_BUFFER_BYTES)) ||
        tour.io.kept != kept)
        rv = tour.io.status != APR_SUCCESS ? tour.io.status : APR_EGENERAL;
    media->size = (apr_off_t)kept;
    apr_pool_destroy(scratch);
    return rv;
}
