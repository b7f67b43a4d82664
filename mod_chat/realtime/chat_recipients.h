/**
 * @file chat_recipients.h
 * Of the users who may see a conversation, those who may have sessions in this child.
 *
 * Ownership: the pool given. Threads: the feed's.
 */
#ifndef MOD_CHAT_CHAT_RECIPIENTS_H
#define MOD_CHAT_CHAT_RECIPIENTS_H
#include "realtime/chat_presence.h"
#include "store/chat_store_event.h"

/** The member comes first; all others are staff, the member never among them. */
typedef struct chat_recipients_here_t {
    apr_int64_t *ids;
    int count;
    int has_member;
} chat_recipients_here_t;

void chat_recipients_find(chat_recipients_here_t *here, const chat_recipients_t *recipients,
                          const chat_presence_t *presence, apr_pool_t *p);

int chat_recipients_has(const chat_recipients_here_t *here, apr_int64_t id);
int chat_recipients_has_other_staff(const chat_recipients_here_t *here, apr_int64_t except_id);
#endif
