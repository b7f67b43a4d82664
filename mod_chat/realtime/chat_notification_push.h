/**
 * @file chat_notification_push.h
 * Frames of type notification: which notifications the events of a poll have changed, and how these
 * are now.
 *
 * A message changes the notification of the other side, reading that of the side that read, a mark
 * that of the user who made it, a change by SQL those of both sides; each only as far as they may
 * have sessions here. After the events have been published the database is asked once about all of
 * them, and not at all when there are none. So a frame is a state, not a step: several events of
 * one side in one poll give one frame, and rows, counts and their version are of one snapshot, like
 * those of notifications/. Where that snapshot shows that the conversation has been read since,
 * nothing is sent: that event comes with the next poll. A row is encoded once for a side, and again
 * for a user who marked it; a frame once for each version of a user's counts. Ownership: the pool
 * given, which must keep the events' text until the end. Threads: the feed's.
 */
#ifndef MOD_CHAT_CHAT_NOTIFICATION_PUSH_H
#define MOD_CHAT_CHAT_NOTIFICATION_PUSH_H
#include "core/chat_config.h"
#include "db/chat_listener.h"
#include "realtime/chat_batch.h"

typedef struct chat_notification_push_t chat_notification_push_t;

/** `config` has the links of notifications. */
chat_notification_push_t *chat_notification_push_create(const chat_presence_t *presence,
                                                        const chat_config_t *config, apr_pool_t *p);

void chat_notification_push_add(chat_notification_push_t *push, const chat_event_t *event);

/** Whether an event has changed a notification of anybody here. */
int chat_notification_push_is_needed(const chat_notification_push_t *push);

/** Ask the database, and add the frames to the batch. CHAT_DB_*; APR_ENOMEM: it is not complete. */
apr_status_t chat_notification_push_publish(chat_batch_t *batch, chat_notification_push_t *push,
                                            chat_listener_t *listener);
#endif
