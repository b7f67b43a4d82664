#include "store/chat_bell.h"

#include "core/chat_clock.h"
#include "core/chat_metrics.h"

static const chat_bell_listener_t *told;

void chat_bell_listen(const chat_bell_listener_t *listener)
{
    told = listener;
}

void chat_bell_watch(chat_db_t *db)
{
    if (told)
        told->watch(db);
}

void chat_bell_attend(chat_db_t *db)
{
    if (told)
        told->attend(db);
}

int chat_bell_is_curious(chat_db_t *db)
{
    return told && told->is_curious(db);
}

/* The first of all children to see that it is time. */
static int is_time_to_prune(apr_uint64_t now)
{
    apr_uint64_t last = chat_metrics_read(CHAT_COUNTER_PRUNED_AT);

    return now >= last + (apr_uint64_t)apr_time_from_sec(CHAT_BELL_PRUNE_S) &&
           chat_metrics_replace(CHAT_COUNTER_PRUNED_AT, last, now);
}

/* What fails is left for the next time. */
static void prune(chat_db_t *db)
{
    apr_uint64_t now = (apr_uint64_t)chat_clock_now();
    chat_rows_t *rows;

    if (is_time_to_prune(now) &&
        chat_db_select(&rows, db, CHAT_SQL_PRUNE_EVENTS, NULL, 0) == APR_SUCCESS &&
        chat_rows_next(rows) && chat_rows_boolean(rows, CHAT_SQL_PRUNED_MAY_HAVE_MORE))
        chat_metrics_replace(CHAT_COUNTER_PRUNED_AT, now, 0); /* the next writer goes on */
}

void chat_bell_ring(chat_db_t *db)
{
    if (told)
        told->hear(db);
    else
        prune(db);
}

void chat_bell_ring_firsthand(chat_db_t *db, const chat_firsthand_t *said, apr_pool_t *p)
{
    if (told)
        told->hear_firsthand(db, said, p);
    else
        prune(db);
}

void chat_bell_ring_typed(chat_db_t *db, const chat_typed_t *typed)
{
    if (told)
        told->hear_typed(db, typed);
}
