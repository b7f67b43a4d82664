#include "store/chat_files_sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/chat_config.h"
#include "store/chat_files.h"

#define CLOCK_FILE ".clock" /* touched, to learn the time of the file system */

typedef struct unused_t {
    const char *name;
} unused_t;

static const chat_column_t unused_columns[] = {CHAT_COLUMN(unused_t, name)};
static const chat_record_t unused_record = CHAT_RECORD(unused_columns);
static const chat_query_t unused_query = {CHAT_SQL_FIND_UNUSED_FILES, {&unused_record}};

/* What time it is where the files are, which may be on another host. */
static apr_status_t read_clock(apr_int64_t *pnow_s, const char *dir, apr_pool_t *p)
{
    const char *path = apr_pstrcat(p, dir, "/" CLOCK_FILE, NULL);
    int descriptor = open(path, O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct stat state;
    apr_status_t rv = APR_SUCCESS;

    if (descriptor < 0)
        return errno;
    if (futimens(descriptor, NULL) != 0 || fstat(descriptor, &state) != 0)
        rv = errno;
    else
        *pnow_s = state.st_mtime;
    close(descriptor);
    return rv;
}

/* Remove those of these files that no attachment has: "{name,name}", with the brackets open. */
static apr_status_t remove_unused(int *premoved, const char *dir, const char *names,
                                  chat_listener_t *db, apr_pool_t *p)
{
    const char *const args[] = {apr_pstrcat(p, "{", names, "}", NULL)};
    unused_t unused;
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, db, &unused_query, args, CHAT_COUNT(args), p);

    while (rv == APR_SUCCESS && chat_rows_next_into(&unused, rows, &unused_record)) {
        const char *path = chat_files_path(dir, unused.name, p);

        if (path && unlink(path) == 0)
            *premoved += 1;
        else if (path && errno != ENOENT)
            rv = errno;
    }
    return rv;
}

/* Whether it is a file of ours that nobody has written to for long. */
static int is_old(int folder_descriptor, const char *name, apr_int64_t now_s)
{
    struct stat state;

    return fstatat(folder_descriptor, name, &state, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(state.st_mode) && now_s - state.st_mtime > CHAT_FILES_SWEEP_AGE_S;
}

static apr_status_t sweep(int *premoved, DIR *stream, const char *folder, const char *dir,
                          apr_int64_t now_s, chat_listener_t *db, apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 16, sizeof(const char *));
    apr_status_t rv = APR_SUCCESS;
    struct dirent *entry;

    do {
        entry = readdir(stream);
        if (entry) {
            const char *name = apr_pstrcat(p, folder, entry->d_name, NULL);

            if (chat_files_path(dir, name, p) && is_old(dirfd(stream), entry->d_name, now_s))
                APR_ARRAY_PUSH(names, const char *) = name;
        }
        if (names->nelts == CHAT_FILES_SWEEP_NAMES_MAX || (!entry && names->nelts)) {
            rv = remove_unused(premoved, dir, apr_array_pstrcat(p, names, ','), db, p);
            apr_array_clear(names);
        }
    } while (entry && rv == APR_SUCCESS);
    return rv;
}

apr_status_t chat_files_sweep_folder(int *premoved, const char *dir, int folder,
                                     chat_listener_t *db, apr_pool_t *p)
{
    const char *name = apr_psprintf(p, "%02x", folder);
    DIR *stream = opendir(apr_pstrcat(p, dir, "/", name, NULL));
    apr_int64_t now_s = 0;
    apr_status_t rv;

    if (!stream)
        return errno == ENOENT ? APR_SUCCESS : errno;
    rv = read_clock(&now_s, dir, p);
    if (rv == APR_SUCCESS)
        rv = sweep(premoved, stream, name, dir, now_s, db, p);
    closedir(stream);
    return rv;
}
