/*
 * Kills the child that stores a file, before its n-th step: LD_PRELOADed into httpd, for tests only.
 *
 * A step is a call that makes, writes, syncs or removes something below CHAT_KILLER_DIR, and what that
 * thread then asks of the database and hears from it. The number is in the file CHAT_KILLER, which is
 * removed by who dies; without it nothing is counted.
 *
 * A statement that is sent before what its thread has written, and each new name, is on the disk adds a line
 * to CHAT_KILLER.unsynced: a child that dies loses nothing of that, but a host does.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <postgresql/libpq-fe.h>

#define DESCRIPTORS_MAX 1024
#define PATH_BYTES 256
#define PENDING_MAX 16

/* What has to be synced on account of a path that is new, or was written to. */
typedef struct pending_t {
    char what[PATH_BYTES]; /* empty: nothing */
    char of[PATH_BYTES];
} pending_t;

static char is_file[DESCRIPTORS_MAX]; /* of each descriptor: it is below the directory */
static char path_of[DESCRIPTORS_MAX][PATH_BYTES];
static __thread int is_storing;
static __thread pending_t pending[PENDING_MAX];
static int steps;

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

static void step(void)
{
    const char *path = getenv("CHAT_KILLER");
    FILE *file = path ? fopen(path, "r") : NULL;
    int last = 0;

    if (!file)
        return;
    if (fscanf(file, "%d", &last) != 1)
        last = 0;
    fclose(file);
    if (last == 0 || ++steps < last)
        return;
    unlink(path);
    kill(getpid(), SIGKILL);
    pause();
}

/* What is more than there is room for counts as not synced: it takes the last place. */
static void await_sync(const char *what, const char *of)
{
    int i, place = PENDING_MAX - 1;

    for (i = PENDING_MAX - 1; i >= 0; i--) {
        if (strcmp(pending[i].what, what) == 0 && strcmp(pending[i].of, of) == 0)
            return;
        if (!pending[i].what[0])
            place = i;
    }
    snprintf(pending[place].what, PATH_BYTES, "%s", what);
    snprintf(pending[place].of, PATH_BYTES, "%s", of);
}

/* A new name; those that begin with a dot need not last. */
static void await_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    char parent[PATH_BYTES];

    if (!slash || slash[1] == '.')
        return;
    snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
    await_sync(parent, path);
}

static void forget(const char *what, const char *of)
{
    int i;

    for (i = 0; i < PENDING_MAX; i++)
        if ((what && strcmp(pending[i].what, what) == 0) || (of && strcmp(pending[i].of, of) == 0))
            pending[i].what[0] = pending[i].of[0] = '\0';
}

static void check_synced(void)
{
    const char *path = getenv("CHAT_KILLER");
    char name[PATH_BYTES + 16];
    FILE *file;
    int i;

    for (i = 0; i < PENDING_MAX; i++) {
        if (!path || !pending[i].what[0])
            continue;
        snprintf(name, sizeof name, "%s.unsynced", path);
        file = fopen(name, "a");
        if (file) {
            fprintf(file, "%s of %s\n", pending[i].what, pending[i].of);
            fclose(file);
        }
    }
}

static int is_below(const char *path)
{
    const char *dir = getenv("CHAT_KILLER_DIR");

    return dir && strncmp(path, dir, strlen(dir)) == 0;
}

static void step_of(int fd)
{
    if (is_storing && fd >= 0 && fd < DESCRIPTORS_MAX && is_file[fd])
        step();
}

static void await_content(int fd)
{
    if (fd >= 0 && fd < DESCRIPTORS_MAX && is_file[fd] && path_of[fd][0])
        await_sync(path_of[fd], path_of[fd]);
}

int open(const char *path, int flags, ...)
{
    int fd, mode = 0, is_ours = is_below(path);
    va_list more;

    va_start(more, flags);
    if (flags & O_CREAT)
        mode = va_arg(more, int);
    va_end(more);
    if (is_ours && flags & O_CREAT) {
        is_storing = 1;
        step();
    }
    fd = NEXT(int (*)(const char *, int, int), "open")(path, flags, mode);
    if (fd >= 0 && fd < DESCRIPTORS_MAX) {
        is_file[fd] = (char)is_ours;
        snprintf(path_of[fd], PATH_BYTES, "%s", is_ours ? path : "");
    }
    if (fd >= 0 && is_ours && flags & O_CREAT)
        await_name(path);
    return fd;
}

int close(int fd)
{
    if (fd >= 0 && fd < DESCRIPTORS_MAX)
        is_file[fd] = 0;
    return NEXT(int (*)(int), "close")(fd);
}

int mkdir(const char *path, mode_t mode)
{
    int rc;

    if (is_below(path))
        step();
    rc = NEXT(int (*)(const char *, mode_t), "mkdir")(path, mode);
    if (rc == 0 && is_below(path))
        await_name(path);
    return rc;
}

/* Descriptors of what has no name any more: nobody will ask for its content. */
static void forget_path(const char *path)
{
    int fd;

    for (fd = 0; fd < DESCRIPTORS_MAX; fd++)
        if (strcmp(path_of[fd], path) == 0)
            path_of[fd][0] = '\0';
}

int unlink(const char *path)
{
    if (is_below(path)) {
        step();
        forget_path(path);
    }
    forget(NULL, path);
    return NEXT(int (*)(const char *), "unlink")(path);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    step_of(fd);
    await_content(fd);
    return NEXT(ssize_t (*)(int, const void *, size_t), "write")(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    step_of(fd);
    await_content(fd);
    return NEXT(ssize_t (*)(int, const void *, size_t, off_t), "pwrite")(fd, bytes, count, at);
}

int fsync(int fd)
{
    int rc;

    step_of(fd);
    rc = NEXT(int (*)(int), "fsync")(fd);
    if (rc == 0 && fd >= 0 && fd < DESCRIPTORS_MAX && is_file[fd])
        forget(path_of[fd], NULL);
    return rc;
}

int PQsendQueryPrepared(PGconn *pq, const char *name, int count, const char *const *values,
                        const int *lengths, const int *formats, int format)
{
    check_synced();
    if (is_storing)
        step();
    return NEXT(int (*)(PGconn *, const char *, int, const char *const *, const int *, const int *,
                        int),
                "PQsendQueryPrepared")(pq, name, count, values, lengths, formats, format);
}

PGresult *PQgetResult(PGconn *pq)
{
    if (is_storing)
        step();
    return NEXT(PGresult * (*)(PGconn *), "PQgetResult")(pq);
}
