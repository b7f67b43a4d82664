/**
 * @file chat_batch.h
 * Frames for the WebSocket sessions of one child, and for each the users whose sessions receive it.
 *
 * A feed makes a batch of what it has read. Each event is encoded once for all who receive the same
 * (chat_encode.h): at most three times, for the member, for the staff, and for the user who caused
 * it; and only for users who may have sessions here (chat_presence.h).
 * Ownership: the feed's until it is published, then the sink's (chat_publisher.h).
 */
#ifndef MOD_CHAT_CHAT_BATCH_H
#define MOD_CHAT_CHAT_BATCH_H
#include "core/chat_ctx.h"
#include "realtime/chat_recipients.h"
#include "realtime/chat_shared_buf.h"
#include "store/chat_store_event.h"

/** One frame for all sessions of a user. */
typedef struct chat_recipient_frame_t {
    apr_int64_t user_id;
    chat_shared_buf_t *buf; /**< NULL: close the sessions, the user may not connect any more */
} chat_recipient_frame_t;

/** One event. */
typedef struct chat_batch_item_t {
    struct chat_batch_item_t *next;
    apr_int64_t conversation_id; /**< of a message; 0 for all else */
    apr_int64_t seq;
    int is_unordered; /**< typing: never held back, and in no order with events */
    int count;
    chat_recipient_frame_t recipients[];
} chat_batch_item_t;

typedef struct chat_batch_t {
    struct chat_publisher_t *publisher;
    const char *root; /**< while events are added: before the paths of files, "/api/" */
    int is_start;     /**< the feed starts: sessions that wait are greeted, others resync */
    char epoch[CHAT_EPOCH_CHARS +
               1]; /**< of the database, at a start: sessions of another one are closed */
    chat_batch_item_t *first;
    chat_batch_item_t *last;
} chat_batch_t;

/** NULL: out of memory. */
chat_batch_t *chat_batch_create(struct chat_publisher_t *publisher);
void chat_batch_destroy(chat_batch_t *batch);

/** One more item, with room for so many recipients; NULL: out of memory. */
chat_batch_item_t *chat_batch_add_item(chat_batch_t *batch, int count_max);

/** Add the frames of an event. APR_ENOMEM: the batch is not complete and must not be published. `p`
 * is for the encoding only. */
apr_status_t chat_batch_add_event(chat_batch_t *batch, const chat_event_t *event,
                                  const chat_presence_t *presence, apr_pool_t *p);
/** Add the frames of typing that began or ended; `is_for_member`: for the member, too
 * (chat_typing_tracker.h), and not the staff alone. */
apr_status_t chat_batch_add_typer(chat_batch_t *batch, const chat_named_typer_t *typer,
                                  int is_for_member, const chat_presence_t *presence,
                                  apr_pool_t *p);
#endif
