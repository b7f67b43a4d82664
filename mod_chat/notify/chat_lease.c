#include "notify/chat_lease.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "core/chat_clock.h"
#include "core/chat_metrics.h"

#define PID_BITS 22 /* Linux has no higher process ids */
#define POLL_US apr_time_from_sec(1)

static apr_uint64_t word_of(pid_t holder, apr_interval_time_t delay)
{
    return (apr_uint64_t)apr_time_as_msec(chat_clock_now() + delay) << PID_BITS |
           (apr_uint64_t)holder;
}

/* 0: nobody. */
static pid_t holder_of(apr_uint64_t word)
{
    return (pid_t)(word & ((APR_UINT64_C(1) << PID_BITS) - 1));
}

/* How long until another child may take it, unless the holder ends. */
static apr_interval_time_t left_of(apr_uint64_t word)
{
    return apr_time_from_msec((apr_interval_time_t)(word >> PID_BITS)) - chat_clock_now();
}

static int has_ended(pid_t pid)
{
    return kill(pid, 0) != 0 && errno == ESRCH;
}

apr_interval_time_t chat_lease_take(int counter)
{
    apr_uint64_t word = chat_metrics_read(counter);
    pid_t holder = holder_of(word);
    apr_interval_time_t left = left_of(word);
    int is_free = left <= 0 || holder == getpid() || (holder && has_ended(holder));

    if (is_free && chat_metrics_replace(counter, word, word_of(getpid(), CHAT_LEASE_US)))
        return 0;
    return is_free || holder ? POLL_US : left;
}

void chat_lease_give(int counter, apr_interval_time_t delay)
{
    apr_uint64_t word = chat_metrics_read(counter);

    if (holder_of(word) == getpid())
        chat_metrics_replace(counter, word, word_of(0, delay));
}
