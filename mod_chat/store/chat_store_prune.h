/**
 * @file chat_store_prune.h
 * Deletes old events, by a feed or, where no feed runs, by a process that writes.
 *
 * Ownership: nothing is kept. Threads: any.
 */
#ifndef MOD_CHAT_CHAT_STORE_PRUNE_H
#define MOD_CHAT_CHAT_STORE_PRUNE_H
#include "db/chat_db.h"
#include "db/chat_listener.h"

/** Delete events that every feed has read: some of them, when there may be more. */
apr_status_t chat_store_prune(int *pmay_have_more, chat_listener_t *listener, apr_pool_t *p);

/** The same without a listener. */
apr_status_t chat_store_prune_by(int *pmay_have_more, chat_db_t *db);
#endif
