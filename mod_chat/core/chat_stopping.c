#include "core/chat_stopping.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/chat_clock.h"

static _Atomic apr_int64_t begun_at; /* 0: not yet */
static atomic_flag is_left = ATOMIC_FLAG_INIT;

void chat_stopping_begin(void)
{
    apr_int64_t never = 0;

    atomic_compare_exchange_strong(&begun_at, &never, chat_clock_now());
}

int chat_stopping_has_begun(void)
{
    return atomic_load(&begun_at) != 0;
}

int chat_stopping_is_over(void)
{
    apr_int64_t begun = atomic_load(&begun_at);

    return begun && chat_clock_now() >= begun + apr_time_from_msec(CHAT_STOPPING_FINISH_MS);
}

static void exit_at_once(int status, void *data)
{
    (void)data;
    _exit(status);
}

/* The handler that is registered last is called first. */
void chat_stopping_leave_thread(void)
{
    if (!atomic_flag_test_and_set(&is_left))
        on_exit(exit_at_once, NULL);
}
