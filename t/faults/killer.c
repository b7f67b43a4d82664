/*
 * Kills the child that stores a file, before its n-th step: LD_PRELOADed into httpd, for tests only.
 *
 * A step is a call that makes, writes, syncs or removes something below CHAT_KILLER_DIR, and what that
 * thread then asks of the database and hears from it. The number is in the file CHAT_KILLER, which is
 * removed by who dies; without it nothing is counted.
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

static char is_file[DESCRIPTORS_MAX]; /* of each descriptor: it is below the directory */
static __thread int is_storing;
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
    if (fd >= 0 && fd < DESCRIPTORS_MAX)
        is_file[fd] = (char)is_ours;
    return fd;
}

int mkdir(const char *path, mode_t mode)
{
    if (is_below(path))
        step();
    return NEXT(int (*)(const char *, mode_t), "mkdir")(path, mode);
}

int unlink(const char *path)
{
    if (is_below(path))
        step();
    return NEXT(int (*)(const char *), "unlink")(path);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    step_of(fd);
    return NEXT(ssize_t (*)(int, const void *, size_t), "write")(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    step_of(fd);
    return NEXT(ssize_t (*)(int, const void *, size_t, off_t), "pwrite")(fd, bytes, count, at);
}

int fsync(int fd)
{
    step_of(fd);
    return NEXT(int (*)(int), "fsync")(fd);
}

int PQsendQueryPrepared(PGconn *pq, const char *name, int count, const char *const *values,
                        const int *lengths, const int *formats, int format)
{
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
