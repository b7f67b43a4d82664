/**
 * @file chat_audience.h
 * Who of those who may hear of a conversation may be connected in this child.
 *
 * Ownership: the pool given. Threads: the feed's.
 */
#ifndef MOD_CHAT_CHAT_AUDIENCE_H
#define MOD_CHAT_CHAT_AUDIENCE_H
#include "live/chat_presence.h"
#include "store/chat_store_event.h"

/** The member comes first; all others are staff, the member never among them. */
typedef struct chat_audience_here_t {
    apr_int64_t *ids;
    int count;
    int has_member;
} chat_audience_here_t;

void chat_audience_gather(chat_audience_here_t *here, const chat_audience_t *audience,
                          const chat_presence_t *presence, apr_pool_t *p);

int chat_audience_has(const chat_audience_here_t *here, apr_int64_t id);
int chat_audience_has_other_staff(const chat_audience_here_t *here, apr_int64_t except_id);
#endif
