/**
 * @file chat_batch.h
 * A batch of frames for the sockets of one child: frames, and who gets them.
 *
 * The feed makes it, with each frame encoded once for all who get it, and only for those who may
 * be connected here; the event loop hands the frames out. At most three encodings an event: for the
 * member, for the staff, and for whoever caused it. What events do to notifications is another
 * batch, which chat_notification_push.h makes.
 * Ownership: the feed's until it is published, then the sink's (chat_publisher.h).
 */
#ifndef MOD_CHAT_CHAT_BATCH_H
#define MOD_CHAT_CHAT_BATCH_H
#include "core/chat_ctx.h"
#include "realtime/chat_recipients.h"
#include "realtime/chat_shared_buf.h"
#include "store/chat_store_event.h"

/** One frame for a user's sockets. */
typedef struct chat_recipient_frame_t {
    apr_int64_t user_id;
    chat_shared_buf_t *buf; /**< NULL: close their sockets, they may not be here any more */
} chat_recipient_frame_t;

/** One event. */
typedef struct chat_batch_item_t {
    struct chat_batch_item_t *next;
    apr_int64_t conversation_id; /**< of a message; 0 for all else */
    apr_int64_t seq;
    int is_fleeting; /**< typing: worth nothing later, and in no order with the rest */
    int count;
    chat_recipient_frame_t recipients[];
} chat_batch_item_t;

typedef struct chat_batch_t {
    struct chat_publisher_t *publisher;
    int is_begin; /**< from here on everything is told: who waits is greeted, others resync */
    char epoch[CHAT_EPOCH_CHARS + 1]; /**< of a beginning: whose socket has another one must go */
    chat_batch_item_t *first;
    chat_batch_item_t *last;
} chat_batch_t;

/** NULL: out of memory. */
chat_batch_t *chat_batch_create(struct chat_publisher_t *publisher);
void chat_batch_destroy(chat_batch_t *batch);

/** One more notice, with room for so many deliveries; NULL: out of memory. */
chat_batch_item_t *chat_batch_add_item(chat_batch_t *batch, int count_max);

/** APR_ENOMEM: the news are not complete and must not be told. `p` is for the writing only. */
apr_status_t chat_batch_add_event(chat_batch_t *batch, const chat_event_t *event,
                                  const chat_presence_t *presence, apr_pool_t *p);
/** Likewise; `is_for_member`: the member is told, too (chat_typing_tracker.h), and not the staff
 * alone. */
apr_status_t chat_batch_add_typer(chat_batch_t *batch, const chat_named_typer_t *typer,
                                  int is_for_member, const chat_presence_t *presence,
                                  apr_pool_t *p);
#endif
