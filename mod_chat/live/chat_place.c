#include "live/chat_place.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#define XIDS APR_UINT64_C(0x100000000) /* a transaction's number, where it has 32 bits */
#define XID_FIRST 3                    /* smaller ones stand for what always was there */

struct chat_place_t {
    apr_thread_mutex_t *mutex; /* guards the rest */
    apr_pool_t *pool;          /* of the snapshot, cleared with each */
    const char *snapshot;
    apr_uint64_t xmin;     /* all transactions before it are shown */
    apr_uint64_t xmax;     /* none from it on is */
    apr_uint64_t *running; /* of those in between, the ones that are not */
    int running_count;
    apr_uint64_t told[CHAT_PLACE_TOLD_MAX];
    int told_count;
    apr_uint64_t people; /* the last transaction that changed them */
};

chat_place_t *chat_place_create(apr_pool_t *p)
{
    chat_place_t *place = apr_pcalloc(p, sizeof *place);

    if (apr_thread_mutex_create(&place->mutex, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS ||
        apr_pool_create(&place->pool, p) != APR_SUCCESS)
        return NULL;
    return place;
}

void chat_place_lock(chat_place_t *place)
{
    apr_thread_mutex_lock(place->mutex);
}

void chat_place_unlock(chat_place_t *place)
{
    apr_thread_mutex_unlock(place->mutex);
}

static void read_snapshot(chat_place_t *place)
{
    const char *text = place->snapshot;
    int count = 1;
    char *end;

    for (; *text; text++)
        count += *text == ',';
    place->running = apr_palloc(place->pool, (apr_size_t)count * sizeof place->running[0]);
    place->running_count = 0;
    place->xmin = strtoull(place->snapshot, &end, 10);
    place->xmax = *end == ':' ? strtoull(end + 1, &end, 10) : place->xmin;
    while (*end && end[1] && place->running_count < count)
        place->running[place->running_count++] = strtoull(end + 1, &end, 10);
}

static int is_shown(const chat_place_t *place, apr_uint64_t xid)
{
    int i;

    for (i = 0; i < place->running_count && xid >= place->xmin; i++)
        if (place->running[i] == xid)
            return 0;
    return xid < place->xmax;
}

void chat_place_move(chat_place_t *place, const char *snapshot)
{
    int kept = 0;
    int i;

    apr_pool_clear(place->pool);
    place->snapshot = apr_pstrdup(place->pool, snapshot);
    read_snapshot(place);
    for (i = 0; i < place->told_count; i++) /* those that came behind the look */
        if (!is_shown(place, place->told[i]))
            place->told[kept++] = place->told[i];
    place->told_count = kept;
}

void chat_place_lose(chat_place_t *place)
{
    place->snapshot = NULL;
    place->told_count = 0;
}

const char *chat_place_snapshot(const chat_place_t *place)
{
    return place->snapshot;
}

void chat_place_note_people(chat_place_t *place, apr_uint64_t xid)
{
    if (place->people < xid)
        place->people = xid;
}

int chat_place_has_told(const chat_place_t *place, apr_uint64_t xid)
{
    int i;

    for (i = 0; i < place->told_count; i++)
        if (place->told[i] == xid)
            return 1;
    return 0;
}

/* The whole number of a transaction that came before `xid`. Of one that is very old it is a later
 * one, which is shown as well, or is one to wait for. */
static apr_uint64_t whole_of(apr_uint32_t end, apr_uint64_t xid)
{
    apr_uint64_t whole = (xid & ~(XIDS - 1)) | end;

    return whole > xid && whole >= XIDS ? whole - XIDS : whole;
}

static int is_next(const chat_place_t *place, const chat_firsthand_t *said)
{
    apr_uint64_t before = whole_of(said->follows, said->event.xid);

    return said->follows < XID_FIRST || is_shown(place, before) ||
           chat_place_has_told(place, before);
}

int chat_place_admit(chat_place_t *place, const chat_firsthand_t *said)
{
    if (!place->snapshot || place->told_count == CHAT_PLACE_TOLD_MAX ||
        is_shown(place, said->event.xid) || place->people >= said->xmin || !is_next(place, said))
        return 0;
    place->told[place->told_count++] = said->event.xid;
    return 1;
}
