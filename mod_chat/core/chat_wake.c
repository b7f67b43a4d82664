#include "core/chat_wake.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

apr_status_t chat_wake_open(int *pfd)
{
    *pfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return *pfd < 0 ? apr_get_os_error() : APR_SUCCESS;
}

void chat_wake_signal(int fd)
{
    uint64_t one = 1;

    (void)!write(fd, &one, sizeof one); /* EAGAIN: the counter is full, and it is readable anyway */
}

void chat_wake_clear(int fd)
{
    uint64_t count;

    (void)!read(fd, &count, sizeof count); /* EAGAIN: there was no signal */
}

void chat_wake_close(int *pfd)
{
    if (*pfd >= 0)
        close(*pfd);
    *pfd = -1;
}
