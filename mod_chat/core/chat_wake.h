/**
 * @file chat_wake.h
 * An eventfd by which any thread wakes one that waits in poll() or epoll_wait().
 *
 * It stays readable until it is cleared, so a signal that comes before the wait is not lost; any
 * number of signals before that are one. Threads: chat_wake_signal() from any, while it is open;
 * everything else on the thread that waits, or when that has ended.
 */
#ifndef MOD_CHAT_CHAT_WAKE_H
#define MOD_CHAT_CHAT_WAKE_H
#include <apr_errno.h>

/** On failure *pfd is -1. */
apr_status_t chat_wake_open(int *pfd);

void chat_wake_signal(int fd);
void chat_wake_clear(int fd);

/** And set *pfd to -1. Nothing happens when it is -1 already. */
void chat_wake_close(int *pfd);
#endif
