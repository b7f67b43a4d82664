#include "store/chat_commit_hook.h"

#include "core/chat_clock.h"
#include "core/chat_metrics.h"
#include "store/chat_store_prune.h"

static const chat_commit_hook_t *registered;
static void (*notifier)(void);

void chat_commit_hook_register(const chat_commit_hook_t *hook)
{
    registered = hook;
}

void chat_commit_hook_register_notifier(void (*committed)(void))
{
    notifier = committed;
}

/* True in the first of all children that asks after the interval. */
static int is_time_to_prune(apr_uint64_t now)
{
    apr_uint64_t last = chat_metrics_read(CHAT_COUNTER_PRUNED_AT);

    return now >= last + (apr_uint64_t)apr_time_from_sec(CHAT_PRUNE_INTERVAL_S) &&
           chat_metrics_replace(CHAT_COUNTER_PRUNED_AT, last, now);
}

/* A failure is not reported: the next interval tries again. */
static void prune(chat_db_t *db)
{
    apr_uint64_t now = (apr_uint64_t)chat_clock_now();
    int may_have_more;

    if (is_time_to_prune(now) && chat_store_prune_by(&may_have_more, db) == APR_SUCCESS &&
        may_have_more)
        chat_metrics_replace(CHAT_COUNTER_PRUNED_AT, now, 0); /* the next commit goes on */
}

void chat_commit_hook_committed(chat_db_t *db)
{
    if (notifier)
        notifier();
    if (registered)
        registered->committed(db);
    else
        prune(db);
}

void chat_commit_hook_typed(chat_db_t *db, const chat_typing_change_t *typed)
{
    if (registered)
        registered->typed(db, typed);
}

void chat_commit_hook_need_feed(chat_db_t *db, int must_poll)
{
    if (registered)
        registered->need_feed(db, must_poll);
}
