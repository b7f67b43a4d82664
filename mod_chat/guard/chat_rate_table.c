/*
 * A slot consists of two words, each with the generation of the slot:
 *
 *     key  generation:14  hash:50                    the key of the slot, or the last one
 *     due  generation:14  is_open:1  time:49 (us)    when its allowance is full again (the TAT)
 *
 *     equal generations, not open    an entry: the key has used its allowance up to `time`
 *     equal generations, open        a claim: the key wants this slot and has not been admitted yet
 *     due is one ahead, open         free, since `time`
 *
 * Every decision is a compare-and-swap of `due`. An admission moves its time forward, dropping an
 * entry or a claim increments its generation, confirming a claim clears is_open. `key` changes only
 * in a free slot, and then takes the generation of `due`. So a generation of a slot has one key; a
 * reader that finds equal generations has words that belong together; and the swap of a thread that
 * has read an entry fails if the entry was dropped since. An entry whose time has passed has a full
 * allowance. It stays until the slot is needed.
 *
 * A key may be in any of WINDOW consecutive slots, whose order is the same for all callers. Every
 * second slot is a lasting one: there an entry keeps its slot for LASTING_US after its time has
 * passed, and the first keys get such slots while there are any. So a key that has been used lately
 * still has an allowance of its own when somebody with many keys fills all other slots. The
 * remaining slots can be reused as soon as their time has passed, so that keys which only stay
 * cannot fill the table.
 *
 * Why a key never has two entries. A claim is confirmed only by a thread that has read the whole
 * window after the claim was made, found no entry of the key, and dropped every claim of the key in
 * later slots, whichever threads had made these claims. Take two claims X before Y, both
 * confirmed, and the two readings. The later claim was made before its own reading, so at least one
 * reading saw the other claim. If it was the reading for X, it dropped Y, or found that Y was an
 * entry and did not confirm X. If it was the reading for Y, it saw X earlier in the window and did
 * not confirm Y. So one of them was not confirmed.
 *
 * Why dropping an entry does not admit too many. Its time has passed, and the shared clock is moved
 * to that time first. A thread that finds no entry reads that clock after the window, and uses it
 * if its own `now` is older: time never runs backwards for a key. For the same reason a `due` of an
 * entry does not recur after it was dropped.
 *
 * A key without a slot uses a shared allowance: one of OVERFLOW_COUNT words, selected by the hash
 * of limit and key, without the key itself. There are as many as slots, so a user needs as many
 * keys again, and must use up all these allowances, to leave nothing for others.
 *
 * Why shared allowances do not admit too many. A thread that is admitted by one reads the window
 * again afterwards, and returns the admission if the key has a claim or an entry now. If it has
 * none, a claim made later reads the shared time before it is confirmed, and the new entry begins
 * there. A key always has the same shared allowance.
 *
 * Returning an admission. Of a set of admissions that a time v covers, remove one made at e. The
 * others alone need at most v - interval + (E - e) if none of them was made after E: they are
 * either before it, and need one interval less; or after it, at a time of at most E, and with as
 * many behind them as v - interval - e allows. So interval - (E - e) can be returned, whatever
 * happened in between, and the rest is lost.
 *
 * A claim whose thread has died is confirmed by the next call for its key, or dropped as stale.
 */
#include "guard/chat_rate_table.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include <apr_general.h>
#include <apr_shm.h>
#include <apr_siphash.h>
#include <apr_strings.h>

#include "core/chat_clock.h"
#include "core/chat_hash.h"

#ifndef WINDOW
#define WINDOW 16 /* slots that a key may be in: four cache lines; tests use fewer */
#endif
#ifndef LASTING_US
#define LASTING_US ((uint64_t)apr_time_from_sec(24 * 3600)) /* tests use less */
#endif
#define OVERFLOW_COUNT 65536 /* a power of two */
#define SLOTS_MAX ((apr_size_t)1 << 24)
#define TURNS_MAX 1000 /* lost races after which a call is refused */
#define LINE_BYTES 64  /* of a processor cache */

#define GENERATION_SHIFT 50
#define GENERATION_ONE (UINT64_C(1) << GENERATION_SHIFT)
#define GENERATION_MASK (~(GENERATION_ONE - 1))
#define HASH_MASK (GENERATION_ONE - 1)
#define IS_OPEN (UINT64_C(1) << 49)
#define TIME_MASK (IS_OPEN - 1)               /* µs: 17 years after the machine's start */
#define STALE_US ((uint64_t)APR_USEC_PER_SEC) /* age of a claim whose thread has died */

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "atomics shared by processes must be lock-free");

typedef struct slot_t {
    _Atomic uint64_t key;
    _Atomic uint64_t due;
} slot_t;

/* Shared by all processes; initially zeros, which are expired entries. */
typedef struct shared_t {
    _Atomic uint64_t clock;                      /* no dropped entry had a later time */
    char padding[LINE_BYTES - sizeof(uint64_t)]; /* the clock is read by all, written rarely */
    _Atomic uint64_t crowded;
    _Atomic uint64_t contended;
    _Atomic uint64_t overflow[OVERFLOW_COUNT]; /* like the due of a slot; generation 0, not open */
    slot_t slots[];
} shared_t;

struct chat_rate_table_t {
    shared_t *shared;
    uint64_t mask;                         /* slots - 1 */
    int home_shift;                        /* reduces a hash to the index of a slot */
    unsigned char seed[APR_SIPHASH_KSIZE]; /* random, so that clients cannot choose a window */
};

/* A call for one limit and one key. */
typedef struct ask_t {
    const chat_rate_table_t *table;
    uint64_t hash;     /* 50 bits, not 0, which is the hash of unused slots */
    uint64_t home;     /* index of the first slot of the window */
    uint64_t overflow; /* index of the shared allowance */
    uint64_t now;      /* the caller's */
    uint64_t interval;
    uint64_t span;
} ask_t;

/* A slot as it was read: two words that belong together. */
typedef struct view_t {
    slot_t *slot; /* NULL: none */
    uint64_t key;
    uint64_t due;
} view_t;

/* The result of reading the window. */
typedef struct survey_t {
    view_t entry;     /* of the key; the rest of the window was not read */
    view_t claim;     /* of the key, the first */
    view_t room;      /* a slot that is free, expired or stale */
    int is_disturbed; /* a later claim could not be dropped: it may be an entry by now */
} survey_t;

/* The result for one limit, and where it was counted, in case it must be returned. */
typedef struct verdict_t {
    int is_admitted;
    int is_shared;  /* by a shared allowance, or by its state that a claim would take over */
    uint64_t ahead; /* µs from `at` until the allowance is full again, including this call */
    uint64_t at;    /* the time of the call */
    _Atomic uint64_t *due;
    uint64_t generation;
} verdict_t;

/* ---- The table ---------------------------------------------------------------------------- */

apr_status_t chat_rate_table_create(chat_rate_table_t **ptable, apr_size_t slots, apr_pool_t *p)
{
    chat_rate_table_t *table = apr_pcalloc(p, sizeof *table);
    apr_size_t size = 1;
    apr_size_t bytes;
    int bits = 0;
    uintptr_t base;
    apr_shm_t *shm;
    apr_status_t rv;

    *ptable = NULL;
    if (slots == 0)
        slots = CHAT_RATE_TABLE_SLOTS_DEFAULT;
    if (slots > SLOTS_MAX)
        return APR_EINVAL;
    for (; size < slots || size < WINDOW; size *= 2)
        bits++;
    bytes = sizeof(shared_t) + size * sizeof(slot_t);
    rv = apr_generate_random_bytes(table->seed, sizeof table->seed);
    if (rv == APR_SUCCESS)
        rv = apr_shm_create(&shm, bytes + LINE_BYTES, NULL, p); /* anonymous: no file remains */
    if (rv != APR_SUCCESS)
        return rv;
    base = (uintptr_t)apr_shm_baseaddr_get(shm);
    table->shared = (shared_t *)((base + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES);
    memset(table->shared, 0, bytes);
    table->mask = size - 1;
    table->home_shift = 64 - bits;
    *ptable = table;
    return APR_SUCCESS;
}

void chat_rate_table_counters(chat_rate_table_counters_t *counters, const chat_rate_table_t *table)
{
    counters->crowded = atomic_load(&table->shared->crowded);
    counters->contended = atomic_load(&table->shared->contended);
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The time of a call: the caller's, or the shared clock if that is later. */
static uint64_t time_of(const ask_t *ask)
{
    return later(ask->now, atomic_load(&ask->table->shared->clock));
}

static void raise_clock(shared_t *shared, uint64_t time)
{
    uint64_t clock = atomic_load(&shared->clock);

    while (clock < time && !atomic_compare_exchange_weak(&shared->clock, &clock, time))
        continue;
}

static int is_same_generation(uint64_t a, uint64_t b)
{
    return (a & GENERATION_MASK) == (b & GENERATION_MASK);
}

/* Drop the entry or claim that the view shows: the slot becomes free. */
static int drop(const view_t *view, uint64_t time)
{
    uint64_t due = view->due;

    return atomic_compare_exchange_strong(
        &view->slot->due, &due, ((due & GENERATION_MASK) + GENERATION_ONE) | IS_OPEN | time);
}

static int is_lasting(const slot_t *slot, const chat_rate_table_t *table)
{
    return (slot - table->shared->slots) % 2 == 0;
}

/* How long an entry keeps its slot after its time; 0 for a slot that was never used. */
static uint64_t stay_of(const view_t *view, const chat_rate_table_t *table)
{
    return is_lasting(view->slot, table) && (view->due & TIME_MASK) ? LASTING_US : 0;
}

static int is_room(const view_t *view, const chat_rate_table_t *table, uint64_t time)
{
    uint64_t since = view->due & TIME_MASK;
    int is_open = (view->due & IS_OPEN) != 0;

    if (is_same_generation(view->key, view->due))
        return is_open ? since + STALE_US < time : since + stay_of(view, table) <= time;
    return is_open && is_same_generation(view->key + GENERATION_ONE, view->due);
}

/* A lasting slot is preferred. */
static int is_better(const view_t *view, const view_t *than, const chat_rate_table_t *table)
{
    return !than->slot || (is_lasting(view->slot, table) && !is_lasting(than->slot, table));
}

static void survey(survey_t *found, const ask_t *ask, uint64_t time)
{
    const chat_rate_table_t *table = ask->table;
    int i;

    memset(found, 0, sizeof *found);
    for (i = 0; i < WINDOW; i++) {
        view_t view = {.slot = &table->shared->slots[(ask->home + (unsigned)i) & table->mask]};

        view.key = atomic_load(&view.slot->key); /* before due: its generation is never newer */
        view.due = atomic_load(&view.slot->due);
        if ((view.key & HASH_MASK) == ask->hash && is_same_generation(view.key, view.due)) {
            if (!(view.due & IS_OPEN)) {
                found->entry = view;
                return;
            }
            if (!found->claim.slot)
                found->claim = view;
            else if (!drop(&view, time))
                found->is_disturbed = 1;
        } else if (is_better(&view, &found->room, table) && is_room(&view, table, time)) {
            found->room = view;
        }
    }
}

/* Claim the slot that was found. The claim is noted, as the next reading is one after it was made.
 */
static void claim(view_t *noted, const ask_t *ask, const view_t *room, uint64_t time)
{
    uint64_t key = room->key;
    uint64_t claimed = ((key & GENERATION_MASK) + GENERATION_ONE) | ask->hash;

    if (is_same_generation(room->key, room->due)) {
        raise_clock(ask->table->shared, room->due & TIME_MASK);
        if (!drop(room, time))
            return;
    }
    if (atomic_compare_exchange_strong(&room->slot->key, &key, claimed)) {
        noted->slot = room->slot;
        noted->key = claimed;
    }
}

/* Drop a noted claim, if it is still one, because the key has an entry in another slot. */
static void leave(const view_t *noted, uint64_t time)
{
    view_t view = *noted;

    view.due = atomic_load(&view.slot->due);
    if (is_same_generation(view.key, view.due) && (view.due & IS_OPEN))
        drop(&view, time);
}

/* ---- One limit ---------------------------------------------------------------------------- */

/* Whether the limit admits one more if the allowance is used up to `owed`. */
static int weigh(verdict_t *verdict, const ask_t *ask, uint64_t owed, uint64_t time)
{
    uint64_t due = later(owed, time) + ask->interval;

    verdict->at = time;
    verdict->ahead = due - time;
    verdict->is_admitted = verdict->ahead <= ask->span && due <= TIME_MASK;
    return verdict->is_admitted;
}

/* Use one admission. 0: the slot has changed, read the window again. */
static int spend(verdict_t *verdict, const ask_t *ask, _Atomic uint64_t *pdue, uint64_t due,
                 uint64_t time)
{
    uint64_t generation = due & GENERATION_MASK;

    verdict->is_admitted = 0;
    verdict->ahead = ask->span + ask->interval;
    verdict->due = pdue;
    verdict->generation = generation;
    while ((due & GENERATION_MASK) == generation && !(due & IS_OPEN)) {
        if (!weigh(verdict, ask, due & TIME_MASK, time))
            return 1;
        if (atomic_compare_exchange_strong(pdue, &due, generation | (time + verdict->ahead)))
            return 1;
    }
    return 0;
}

/* Return the admission of a call that is refused after all: see "Returning an admission". */
static void give_back(const verdict_t *verdict, const ask_t *ask)
{
    uint64_t due = atomic_load(verdict->due);

    while ((due & GENERATION_MASK) == verdict->generation && !(due & IS_OPEN)) {
        uint64_t newest = later(time_of(ask), (uint64_t)chat_clock_now());
        uint64_t passed = newest - verdict->at;

        if (passed >= ask->interval ||
            atomic_compare_exchange_strong(verdict->due, &due, due - (ask->interval - passed)))
            return;
    }
}

/* The shared allowance of a key without a slot. */
static _Atomic uint64_t *overflow_of(const ask_t *ask)
{
    return &ask->table->shared->overflow[ask->overflow];
}

static uint64_t owed_to_others(const ask_t *ask)
{
    return atomic_load(overflow_of(ask)) & TIME_MASK;
}

/* Make the first admission of a claim, which confirms it. 0: it has changed, read again. */
static int confirm(verdict_t *verdict, const ask_t *ask, const view_t *claim)
{
    uint64_t time = time_of(ask); /* after reading the window, as is the shared time */
    uint64_t due = claim->due;

    verdict->due = &claim->slot->due;
    verdict->generation = due & GENERATION_MASK;
    if (!weigh(verdict, ask, owed_to_others(ask), time)) {
        verdict->is_shared = 1;
        drop(claim, time);
        return 1;
    }
    return atomic_compare_exchange_strong(&claim->slot->due, &due,
                                          verdict->generation | (time + verdict->ahead));
}

/* Use one admission of a shared allowance. 0: there is a slot after all, read again. */
static int spend_shared(verdict_t *verdict, const ask_t *ask)
{
    _Atomic uint64_t *due = overflow_of(ask);
    survey_t found;

    spend(verdict, ask, due, atomic_load(due), time_of(ask)); /* its generation never changes */
    verdict->is_shared = 1;
    if (!verdict->is_admitted)
        return 1;
    survey(&found, ask, verdict->at);
    if (found.entry.slot || found.claim.slot || time_of(ask) > verdict->at) {
        give_back(verdict, ask);
        return 0;
    }
    atomic_fetch_add(&ask->table->shared->crowded, 1);
    return 1;
}

/* Apply one limit, and use one admission if it admits. */
static void take(verdict_t *verdict, const ask_t *ask)
{
    view_t noted = {.slot = NULL}; /* a claim of the key that was made before the next reading */
    survey_t found;
    int turn;

    for (turn = 0; turn < TURNS_MAX; turn++) {
        uint64_t time = time_of(ask);

        verdict->is_shared = 0;
        survey(&found, ask, time);
        if (found.entry.slot) {
            if (found.claim.slot)
                leave(&found.claim, time);
            if (noted.slot && noted.slot != found.entry.slot)
                leave(&noted, time);
            if (spend(verdict, ask, &found.entry.slot->due, found.entry.due, time_of(ask)))
                return;
        } else if (found.claim.slot) {
            int is_noted = noted.slot == found.claim.slot && noted.key == found.claim.key;

            noted = found.claim;
            if (is_noted && !found.is_disturbed && confirm(verdict, ask, &found.claim))
                return;
        } else if (found.room.slot) {
            claim(&noted, ask, &found.room, time);
        } else if (spend_shared(verdict, ask)) {
            return;
        }
    }
    atomic_fetch_add(&ask->table->shared->contended, 1);
    verdict->is_shared = 1; /* not because of this key alone */
    verdict->is_admitted = 0;
    verdict->ahead = ask->span + ask->interval;
}

/* Apply one limit without using an admission. */
static void peek(verdict_t *verdict, const ask_t *ask)
{
    uint64_t time = time_of(ask);
    survey_t found;

    survey(&found, ask, time);
    verdict->is_shared = !found.entry.slot;
    weigh(verdict, ask, found.entry.slot ? found.entry.due & TIME_MASK : owed_to_others(ask), time);
}

/* ---- All limits of a call ----------------------------------------------------------------- */

static void prepare(ask_t *ask, const chat_rate_table_t *table, const chat_rate_limit_t *limit,
                    const char *key, apr_time_t now)
{
    uint64_t words[2] = {0, limit->identity};
    uint64_t hash;

    if (key)
        words[0] = apr_siphash24(key, strlen(key), table->seed);
    hash = apr_siphash24(words, sizeof words, table->seed);
    ask->table = table;
    ask->hash = hash & HASH_MASK ? hash & HASH_MASK : 1;
    ask->home = hash >> table->home_shift;
    ask->overflow = chat_hash_id(hash) & (OVERFLOW_COUNT - 1);
    ask->now = now > 0 ? (uint64_t)now : 0;
    if (ask->now > TIME_MASK)
        ask->now = TIME_MASK; /* refuses everything */
    ask->interval = (uint64_t)limit->interval;
    ask->span = (uint64_t)limit->span;
}

/* Use this verdict for the decision if it is the stricter one. */
static void consider(chat_rate_table_decision_t *decision, const verdict_t *verdict,
                     const ask_t *ask, int limit)
{
    uint64_t ahead = verdict->ahead;
    chat_rate_table_decision_t own = {
        .is_admitted = verdict->is_admitted, .is_shared = verdict->is_shared, .limit = limit};

    if (own.is_admitted) {
        own.remaining = (apr_int64_t)((ask->span - ahead) / ask->interval);
        own.reset_us = (apr_interval_time_t)ahead;
    } else {
        own.reset_us = (apr_interval_time_t)(ahead - ask->interval);
        own.retry_after_us = (apr_interval_time_t)(ahead > ask->span ? ahead - ask->span : 1);
    }
    if (decision->limit < 0 || own.is_admitted < decision->is_admitted ||
        (own.is_admitted == decision->is_admitted &&
         (own.is_admitted ? own.remaining < decision->remaining
                          : own.retry_after_us > decision->retry_after_us)))
        *decision = own;
}

static void reset(chat_rate_table_decision_t *decision)
{
    memset(decision, 0, sizeof *decision);
    decision->is_admitted = 1;
    decision->limit = -1;
}

void chat_rate_table_ask(chat_rate_table_decision_t *decision, chat_rate_table_t *table,
                         const chat_rate_limit_t *const limits[], const char *const keys[],
                         int count, apr_time_t now)
{
    ask_t asks[CHAT_RATE_TABLE_STACK_MAX];
    verdict_t verdicts[CHAT_RATE_TABLE_STACK_MAX];
    int indexes[CHAT_RATE_TABLE_STACK_MAX];
    int used = 0;
    int i;

    reset(decision);
    for (i = 0; i < count && used < CHAT_RATE_TABLE_STACK_MAX; i++) {
        if (limits[i]->count == 0)
            continue;
        prepare(&asks[used], table, limits[i], keys[i], now);
        indexes[used++] = i;
    }
    for (i = 0; used > 1 && i < used; i++) { /* finds most refusals without changing anything */
        peek(&verdicts[i], &asks[i]);
        consider(decision, &verdicts[i], &asks[i], indexes[i]);
    }
    if (!decision->is_admitted)
        return;
    reset(decision);
    for (i = 0; i < used && decision->is_admitted; i++) {
        take(&verdicts[i], &asks[i]);
        consider(decision, &verdicts[i], &asks[i], indexes[i]);
    }
    if (!decision->is_admitted) /* the last limit has refused; those before it admitted */
        for (i -= 2; i >= 0; i--)
            give_back(&verdicts[i], &asks[i]);
}

static apr_int64_t seconds_up(apr_interval_time_t us)
{
    return (us + APR_USEC_PER_SEC - 1) / APR_USEC_PER_SEC;
}

void chat_rate_table_headers(chat_rate_table_headers_t *headers,
                             const chat_rate_limit_t *const limits[], int count,
                             const chat_rate_table_decision_t *decision, apr_pool_t *p)
{
    const chat_rate_limit_t *limit;
    int i;

    memset(headers, 0, sizeof *headers);
    if (decision->limit < 0)
        return;
    limit = limits[decision->limit];
    headers->limit = apr_psprintf(p, "\"%s\";r=%" APR_INT64_T_FMT ";t=%" APR_INT64_T_FMT,
                                  limit->name, decision->remaining, seconds_up(decision->reset_us));
    for (i = 0; i < count; i++) {
        if (limits[i]->count == 0)
            continue;
        headers->policy =
            apr_psprintf(p, "%s%s\"%s\";q=%" APR_INT64_T_FMT ";w=%" APR_INT64_T_FMT,
                         headers->policy ? headers->policy : "", headers->policy ? ", " : "",
                         limits[i]->name, limits[i]->count, seconds_up(limits[i]->period));
    }
    if (!decision->is_admitted)
        headers->retry_after_s = (int)seconds_up(decision->retry_after_us);
}
