/**
 * @file chat_notification_push.h
 * Whose notifications the events of a look concern, and the news of how these stand now.
 *
 * A message concerns the other side than its sender's, reading the side that read, a mark who made
 * it; each only as far as they may be connected here. The events themselves are told first. Then
 * the database is asked once for all who are concerned, and not at all when nobody is. So a frame
 * tells a state, not a step: of several events of one side in one look one frame remains, and rows
 * and unread_count are of one snapshot, as those of notifications/ are. Where that snapshot shows
 * that the conversation was read meanwhile, nothing is told: the event of that comes with the next
 * look. A row is encoded once for a side, and again for who has marked it; a frame once for each
 * unread_count beside it.
 * Ownership: the pool given, which must hold the events' text until the end. Threads: the feed's.
 */
#ifndef MOD_CHAT_CHAT_NOTIFICATION_PUSH_H
#define MOD_CHAT_CHAT_NOTIFICATION_PUSH_H
#include "core/chat_config.h"
#include "db/chat_listener.h"
#include "realtime/chat_batch.h"

typedef struct chat_notification_push_t chat_notification_push_t;

/** `config` says where notifications lead to. */
chat_notification_push_t *chat_notification_push_create(const chat_presence_t *presence,
                                                        const chat_config_t *config, apr_pool_t *p);

void chat_notification_push_add(chat_notification_push_t *push, const chat_event_t *event);

/** Whether anybody is concerned. */
int chat_notification_push_is_needed(const chat_notification_push_t *push);

/** Ask, and add to the news. CHAT_DB_*; APR_ENOMEM: the news are not complete. */
apr_status_t chat_notification_push_publish(chat_batch_t *batch, chat_notification_push_t *push,
                                            chat_listener_t *listener);
#endif
