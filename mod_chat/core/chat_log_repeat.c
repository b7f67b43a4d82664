#include "core/chat_log_repeat.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_clock.h"
#include "core/chat_hash.h"
#include "core/chat_stopping.h"

/* A slot contains the time of the last line, in seconds, and a hash of its text, each in 32 bits.
 * 0: there was no line. */
#define SECONDS_MASK APR_UINT64_C(0xffffffff)

static int slot_of(chat_log_repeat_t complaint, int i)
{
    return CHAT_COUNTER_COMPLAINED_AT + (int)complaint * CHAT_LOG_REPEAT_SLOTS + i;
}

int chat_log_repeat_is_due(chat_log_repeat_t complaint, const char *cause, apr_uint64_t *pleft_out)
{
    apr_uint64_t hash = chat_hash_64(cause, strlen(cause));
    int slot = slot_of(complaint, (int)(hash % CHAT_LOG_REPEAT_SLOTS));
    int left_out = CHAT_COUNTER_COMPLAINTS_LEFT_OUT + (int)complaint;
    apr_uint64_t last = chat_metrics_read(slot);
    apr_uint64_t now_s = (apr_uint64_t)apr_time_sec(chat_clock_now()) & SECONDS_MASK;
    apr_uint64_t what = hash & ~SECONDS_MASK;
    int is_new = !last || (last & ~SECONDS_MASK) != what ||
                 now_s >= (last & SECONDS_MASK) + CHAT_LOG_REPEAT_EVERY_S;

    *pleft_out = 0;
    if (!is_new || !chat_metrics_replace(slot, last, what | now_s)) {
        chat_metrics_count(left_out, 1);
        return 0;
    }
    *pleft_out = chat_metrics_take(left_out);
    return 1;
}

void chat_log_repeat_limit(chat_problem_t *problem, chat_log_repeat_t complaint, apr_pool_t *p)
{
    apr_uint64_t left_out;

    if (chat_stopping_has_begun()) {
        problem->is_repeated = 1;
        return;
    }
    problem->is_repeated = !chat_log_repeat_is_due(complaint, problem->cause, &left_out);
    if (left_out)
        problem->cause =
            apr_psprintf(p, "%s (and %" APR_UINT64_T_FMT " more since such a line was written)",
                         problem->cause, left_out);
}

int chat_log_repeat_end(chat_log_repeat_t complaint)
{
    int had_line = 0;
    int i;

    for (i = 0; i < CHAT_LOG_REPEAT_SLOTS; i++)
        had_line |= chat_metrics_take(slot_of(complaint, i)) != 0;
    return had_line;
}
