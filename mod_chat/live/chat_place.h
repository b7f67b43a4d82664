/**
 * @file chat_place.h
 * How far a feed has told what happened: everything that its last snapshot shows, and some events
 * at first hand since then.
 *
 * A snapshot says of each transaction whether it was committed, so the place is exact although
 * transactions commit in another order than they are numbered. An event at first hand may be told
 * ahead of the next look only when nothing of its conversation comes before it that has not been
 * told: it names the transaction that had written the conversation's row before, and every change
 * of a conversation writes that row. And nobody may hear it who has lost access since: whoever read
 * the audience must have seen all changes of people that were told. Else it waits for the look.
 *
 * Bounded: CHAT_PLACE_TOLD_MAX events between two looks; more of them wait.
 * Threads: any, one at a time: under chat_place_lock(), but for chat_place_snapshot(), which is the
 * feed's own. What is told goes out under the same lock, so that it goes out in that order.
 */
#ifndef MOD_CHAT_CHAT_PLACE_H
#define MOD_CHAT_CHAT_PLACE_H
#include <apr_pools.h>

#include "store/chat_event.h"

#define CHAT_PLACE_TOLD_MAX 64

typedef struct chat_place_t chat_place_t;

/** It has no place yet. NULL: out of memory. */
chat_place_t *chat_place_create(apr_pool_t *p);

void chat_place_lock(chat_place_t *place);
void chat_place_unlock(chat_place_t *place);

/** All that this snapshot ("xmin:xmax:xip,xip") shows was told, or is being told. */
void chat_place_move(chat_place_t *place, const char *snapshot);

/** What was told is not known any more. */
void chat_place_lose(chat_place_t *place);

/** The feed's thread only: as it was given; NULL: there is no place. */
const char *chat_place_snapshot(const chat_place_t *place);

/** A change of people by this transaction is told. */
void chat_place_note_people(chat_place_t *place, apr_uint64_t xid);

/** Whether this transaction's event was told at first hand since the last look. */
int chat_place_has_told(const chat_place_t *place, apr_uint64_t xid);

/** Whether the event may be told now; then it counts as told. */
int chat_place_admit(chat_place_t *place, const chat_firsthand_t *said);
#endif
