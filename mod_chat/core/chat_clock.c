#include "core/chat_clock.h"

#define NS_PER_US 1000

apr_time_t chat_clock_now(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return CHAT_CLOCK_START + apr_time_from_sec((apr_time_t)now.tv_sec) + now.tv_nsec / NS_PER_US;
}

apr_time_t chat_clock_wall(void)
{
    return apr_time_now();
}

struct timespec chat_clock_timespec(apr_time_t time)
{
    apr_time_t us = time - CHAT_CLOCK_START;
    struct timespec spec = {.tv_sec = (time_t)apr_time_sec(us),
                            .tv_nsec = (long)apr_time_usec(us) * NS_PER_US};

    return spec;
}
