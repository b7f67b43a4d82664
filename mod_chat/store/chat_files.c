#include "store/chat_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <apr_escape.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "core/chat_sha256.h"

#define FOLDER_CHARS 2
#define RANDOM_BYTES (CHAT_FILES_NAME_CHARS / 2)
#define READ_BYTES 32768
#define BEGIN_BYTES 1048576
#define WRITE_BYTES 16384 /* at once; httpd gives 8,000 at a time, which are not whole pages */

struct chat_new_file_t {
    apr_pool_t *pool;
    const char *dir;
    const char *name;
    const char *path;
    int descriptor;
    int is_kept;
    int is_scratch; /* it need not reach the disk */
    apr_off_t bytes;
    char *buffer; /* of what is to be written; NULL: nothing has come */
    apr_size_t buffered;
    apr_off_t written;
    apr_off_t begun;       /* up to here, the disk was told to begin */
    chat_sha256_t *sha256; /* of what chat_files_flush() has written: all, or nothing */
    const char *hash;
};

static int is_name(const char *name)
{
    return name && strlen(name) == CHAT_FILES_NAME_CHARS &&
           strspn(name, "0123456789abcdef") == CHAT_FILES_NAME_CHARS;
}

static const char *folder_path(const char *dir, const char *name, apr_pool_t *p)
{
    return apr_psprintf(p, "%s/%.*s", dir, FOLDER_CHARS, name);
}

const char *chat_files_path(const char *dir, const char *name, apr_pool_t *p)
{
    return is_name(name)
               ? apr_psprintf(p, "%s/%.*s/%s", dir, FOLDER_CHARS, name, name + FOLDER_CHARS)
               : NULL;
}

int chat_files_is_full(apr_status_t rv)
{
    return APR_STATUS_IS_ENOSPC(rv) || rv == EDQUOT || rv == EFBIG;
}

apr_status_t chat_files_free(apr_int64_t *pbytes, const char *dir)
{
    struct statvfs state;

    if (statvfs(dir, &state) != 0)
        return errno;
    *pbytes = (apr_int64_t)state.f_bavail * (apr_int64_t)state.f_frsize;
    return APR_SUCCESS;
}

/* ---- writing ---- */

/* A new name in a directory is on the disk when the directory is. */
static apr_status_t sync_directory(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    apr_status_t rv;

    if (descriptor < 0)
        return errno;
    rv = fsync(descriptor) == 0 ? APR_SUCCESS : errno;
    close(descriptor);
    return rv;
}

static apr_status_t make_folder(const char *dir, const char *name, apr_pool_t *p)
{
    return mkdir(folder_path(dir, name, p), 0700) == 0 || errno == EEXIST ? APR_SUCCESS : errno;
}

static apr_status_t close_file(void *data)
{
    chat_new_file_t *file = data;

    if (file->descriptor >= 0)
        close(file->descriptor);
    file->descriptor = -1;
    if (!file->is_kept)
        unlink(file->path);
    file->is_kept = 1;
    return APR_SUCCESS;
}

static int create_exclusively(const char *path)
{
    return open(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
}

apr_status_t chat_files_create(chat_new_file_t **pfile, const char *dir, apr_pool_t *p)
{
    chat_new_file_t *file = apr_pcalloc(p, sizeof *file);
    unsigned char random[RANDOM_BYTES];
    apr_status_t rv = apr_generate_random_bytes(random, sizeof random);

    if (rv != APR_SUCCESS)
        return rv;
    file->pool = p;
    file->dir = dir;
    file->name = apr_pescape_hex(p, random, sizeof random, 0);
    file->path = chat_files_path(dir, file->name, p);
    file->sha256 = chat_sha256_create(p);
    if (!file->sha256)
        return APR_ENOMEM;
    file->descriptor = create_exclusively(file->path);
    if (file->descriptor < 0 && errno == ENOENT) {
        rv = make_folder(dir, file->name, p);
        if (rv != APR_SUCCESS)
            return rv;
        file->descriptor = create_exclusively(file->path);
    }
    if (file->descriptor < 0)
        return errno;
    apr_pool_cleanup_register(p, file, close_file, apr_pool_cleanup_null);
    *pfile = file;
    return APR_SUCCESS;
}

apr_status_t chat_files_create_scratch(chat_new_file_t **pfile, const char *dir, apr_pool_t *p)
{
    apr_status_t rv = chat_files_create(pfile, dir, p);

    if (rv == APR_SUCCESS && unlink((*pfile)->path) != 0)
        rv = errno;
    if (rv == APR_SUCCESS)
        (*pfile)->is_kept = (*pfile)->is_scratch = 1; /* there is nothing to remove */
    return rv;
}

apr_status_t chat_files_write(chat_new_file_t *file, const char *bytes, apr_size_t count)
{
    apr_status_t rv = APR_SUCCESS;

    if (!file->buffer)
        file->buffer = apr_palloc(file->pool, WRITE_BYTES);
    while (rv == APR_SUCCESS && count > 0) {
        apr_size_t part =
            WRITE_BYTES - file->buffered < count ? WRITE_BYTES - file->buffered : count;

        memcpy(file->buffer + file->buffered, bytes, part);
        file->buffered += part;
        file->bytes += (apr_off_t)part;
        bytes += part;
        count -= part;
        if (file->buffered == WRITE_BYTES)
            rv = chat_files_flush(file);
    }
    return rv;
}

/* The disk begins while more is received, so that fsync() has less to wait for. */
static void begin_writeback(chat_new_file_t *file)
{
    sync_file_range(file->descriptor, file->begun, file->written - file->begun,
                    SYNC_FILE_RANGE_WRITE);
    file->begun = file->written;
}

apr_status_t chat_files_flush(chat_new_file_t *file)
{
    const char *bytes = file->buffer;
    apr_size_t count = file->buffered;
    apr_status_t rv = chat_sha256_add(file->sha256, bytes, count);

    file->buffered = 0;
    file->written += (apr_off_t)count;
    while (rv == APR_SUCCESS && count > 0) {
        ssize_t written = write(file->descriptor, bytes, count);

        if (written < 0 && errno != EINTR)
            return errno;
        if (written > 0) {
            bytes += written;
            count -= (apr_size_t)written;
        }
    }
    if (rv == APR_SUCCESS && !file->is_scratch && file->written - file->begun >= BEGIN_BYTES)
        begin_writeback(file);
    return rv;
}

int chat_files_descriptor(const chat_new_file_t *file)
{
    return file->descriptor;
}

/* Of a file that others have written to. */
static apr_status_t hash_again(chat_new_file_t *file)
{
    char *bytes = apr_palloc(file->pool, READ_BYTES);
    apr_off_t at = 0;
    ssize_t count = 1;
    apr_status_t rv = chat_sha256_take(file->sha256) ? APR_SUCCESS : APR_EGENERAL;

    while (rv == APR_SUCCESS && count > 0) {
        count = pread(file->descriptor, bytes, READ_BYTES, at);
        if (count < 0 && errno != EINTR)
            return errno;
        if (count > 0) {
            rv = chat_sha256_add(file->sha256, bytes, (apr_size_t)count);
            at += count;
        } else if (count < 0) {
            count = 1;
        }
    }
    return rv;
}

apr_status_t chat_files_finish(chat_new_file_t *file)
{
    struct stat state;
    apr_status_t rv = APR_SUCCESS;

    if (fstat(file->descriptor, &state) != 0)
        return errno;
    if (state.st_size != file->bytes)
        rv = hash_again(file);
    file->bytes = state.st_size;
    file->hash = rv == APR_SUCCESS ? chat_sha256_take(file->sha256) : NULL;
    if (rv == APR_SUCCESS && !file->hash)
        rv = APR_EGENERAL;
    return rv;
}

apr_status_t chat_files_sync(chat_new_file_t *file)
{
    apr_status_t rv;

    if (fsync(file->descriptor) != 0)
        return errno;
    rv = sync_directory(folder_path(file->dir, file->name, file->pool));
    /* The folder may be of a child that was killed before it was on the disk. */
    return rv == APR_SUCCESS ? sync_directory(file->dir) : rv;
}

apr_off_t chat_files_size(const chat_new_file_t *file)
{
    return file->bytes;
}

const char *chat_files_sha256(const chat_new_file_t *file)
{
    return file->hash;
}

const char *chat_files_name(const chat_new_file_t *file)
{
    return file->name;
}

void chat_files_keep(chat_new_file_t *file)
{
    file->is_kept = 1;
}

void chat_files_discard(chat_new_file_t *file)
{
    apr_pool_cleanup_run(file->pool, file, close_file);
}
