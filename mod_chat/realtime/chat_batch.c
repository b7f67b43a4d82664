#include "realtime/chat_batch.h"

#include <stdlib.h>

#include "realtime/chat_encode.h"

/* An event as each side receives it. */
typedef struct frames_t {
    chat_shared_buf_t *member;
    chat_shared_buf_t *staff;
    chat_shared_buf_t *own; /* for `own_id`, whichever their side */
    apr_int64_t own_id;
    const char *root; /* of chat_batch_t */
} frames_t;

chat_batch_t *chat_batch_create(struct chat_publisher_t *publisher)
{
    chat_batch_t *batch = calloc(1, sizeof *batch);

    if (batch)
        batch->publisher = publisher;
    return batch;
}

static void destroy_item(chat_batch_item_t *item)
{
    int i;

    for (i = 0; i < item->count; i++)
        chat_shared_buf_unref(item->recipients[i].buf);
    free(item);
}

void chat_batch_destroy(chat_batch_t *batch)
{
    chat_batch_item_t *item;

    while ((item = batch->first)) {
        batch->first = item->next;
        destroy_item(item);
    }
    free(batch);
}

chat_batch_item_t *chat_batch_add_item(chat_batch_t *batch, int count_max)
{
    chat_batch_item_t *item =
        calloc(1, sizeof *item + (apr_size_t)count_max * sizeof item->recipients[0]);

    if (!item)
        return NULL;
    if (batch->last)
        batch->last->next = item;
    else
        batch->first = item;
    batch->last = item;
    return item;
}

static apr_status_t add_frames(chat_batch_item_t **pitem, chat_batch_t *batch,
                               const chat_recipients_here_t *here, const frames_t *frames)
{
    chat_batch_item_t *item = chat_batch_add_item(batch, here->count);
    int i;

    *pitem = item;
    if (!item)
        return APR_ENOMEM;
    for (i = 0; i < here->count; i++) {
        chat_recipient_frame_t *recipient = &item->recipients[item->count];
        chat_shared_buf_t *buf = here->has_member && i == 0 ? frames->member : frames->staff;

        if (here->ids[i] == frames->own_id)
            buf = frames->own;
        if (!buf)
            continue;
        recipient->user_id = here->ids[i];
        recipient->buf = chat_shared_buf_ref(buf);
        item->count++;
    }
    return APR_SUCCESS;
}

static void unref(frames_t *frames)
{
    chat_shared_buf_unref(frames->member);
    chat_shared_buf_unref(frames->staff);
    chat_shared_buf_unref(frames->own);
}

/* ---- events ---- */

static void side_of(chat_conversation_t *conversation, const chat_event_t *event, int is_staff)
{
    *conversation = event->conversation;
    conversation->is_church_owner = is_staff;
    conversation->unread_count = is_staff ? event->church_unread : event->member_unread;
}

/* Of one kind of frame with a message: chat_encode_message() or another one. */
typedef chat_shared_buf_t *encode_t(const chat_message_t *message,
                                    const chat_conversation_t *conversation, apr_int64_t user_id,
                                    const char *root, apr_pool_t *p);

/* The sender receives it, too, in all sessions. */
static apr_status_t encode_message(frames_t *frames, const chat_event_t *event,
                                   const chat_recipients_here_t *here, encode_t *encode_for,
                                   apr_pool_t *p)
{
    const chat_message_t *message = &event->message;
    chat_conversation_t as_member;
    chat_conversation_t as_staff;
    int wants_own = chat_recipients_has(here, message->sender_id);
    int wants_member = here->has_member && here->ids[0] != message->sender_id;
    int wants_staff = chat_recipients_has_other_staff(here, message->sender_id);

    side_of(&as_member, event, 0);
    side_of(&as_staff, event, 1);
    frames->own_id = message->sender_id;
    if (wants_own)
        frames->own = encode_for(
            message, message->sender_id == event->recipients.member_id ? &as_member : &as_staff,
            message->sender_id, frames->root, p);
    if (wants_member)
        frames->member = encode_for(message, &as_member, 0, frames->root, p);
    if (wants_staff)
        frames->staff = encode_for(message, &as_staff, 0, frames->root, p);
    return (wants_own && !frames->own) || (wants_member && !frames->member) ||
                   (wants_staff && !frames->staff)
               ? APR_ENOMEM
               : APR_SUCCESS;
}

/* "by_me" is by anybody of the same side, as unread messages are counted. */
static apr_status_t encode_read(frames_t *frames, const chat_event_t *event, apr_pool_t *p)
{
    int by_member = event->message.from_church;
    chat_conversation_t as_member;
    chat_conversation_t as_staff;

    side_of(&as_member, event, 0);
    side_of(&as_staff, event, 1);
    frames->member = chat_encode_read(&as_member, &event->message, by_member, p);
    frames->staff = chat_encode_read(&as_staff, &event->message, !by_member, p);
    return frames->member && frames->staff ? APR_SUCCESS : APR_ENOMEM;
}

static apr_status_t encode_conversation(frames_t *frames, const chat_event_t *event, apr_pool_t *p)
{
    chat_conversation_t conversation;

    side_of(&conversation, event, 1);
    frames->staff = chat_encode_conversation(&conversation, p);
    if (event->kind == CHAT_EVENT_BLOCKED) /* which the member must not see */
        return frames->staff ? APR_SUCCESS : APR_ENOMEM;
    side_of(&conversation, event, 0);
    frames->member = chat_encode_conversation(&conversation, p);
    return frames->staff && frames->member ? APR_SUCCESS : APR_ENOMEM;
}

/* The same for all. */
static apr_status_t encode_deleted(frames_t *frames, const chat_event_t *event, apr_pool_t *p)
{
    frames->staff = event->kind == CHAT_EVENT_MESSAGE_DELETED
                        ? chat_encode_message_deleted(event->conversation_id, event->ids, p)
                        : chat_encode_conversation_deleted(event->conversation_id, p);
    if (!frames->staff)
        return APR_ENOMEM;
    frames->member = chat_shared_buf_ref(frames->staff);
    return APR_SUCCESS;
}

static apr_status_t encode(frames_t *frames, const chat_event_t *event,
                           const chat_recipients_here_t *here, apr_pool_t *p)
{
    switch (event->kind) {
    case CHAT_EVENT_MESSAGE:
        return event->has_message ? encode_message(frames, event, here, chat_encode_message, p)
                                  : APR_SUCCESS;
    case CHAT_EVENT_MESSAGE_CHANGED:
        return event->has_message
                   ? encode_message(frames, event, here, chat_encode_message_changed, p)
                   : APR_SUCCESS;
    case CHAT_EVENT_MESSAGE_DELETED:
    case CHAT_EVENT_CONVERSATION_DELETED:
        return encode_deleted(frames, event, p);
    case CHAT_EVENT_READ:
        return event->has_message ? encode_read(frames, event, p) : APR_SUCCESS;
    case CHAT_EVENT_OPENED:
    case CHAT_EVENT_NAMED:
    case CHAT_EVENT_BLOCKED:
        return encode_conversation(frames, event, p);
    default: /* of a later schema */
        return APR_SUCCESS;
    }
}

static apr_status_t add_close(chat_batch_t *batch, apr_int64_t user_id)
{
    chat_batch_item_t *item = chat_batch_add_item(batch, 1);

    if (!item)
        return APR_ENOMEM;
    item->count = 1;
    item->recipients[0].user_id = user_id;
    return APR_SUCCESS;
}

static apr_status_t add_resync(chat_batch_t *batch, apr_int64_t user_id, apr_pool_t *p)
{
    chat_batch_item_t *item = chat_batch_add_item(batch, 1);
    chat_shared_buf_t *buf = item ? chat_encode_resync(NULL, batch->epoch, p) : NULL;

    if (!buf)
        return APR_ENOMEM;
    item->count = 1;
    item->recipients[0].user_id = user_id;
    item->recipients[0].buf = buf;
    return APR_SUCCESS;
}

apr_status_t chat_batch_add_event(chat_batch_t *batch, const chat_event_t *event,
                                  const chat_presence_t *presence, apr_pool_t *p)
{
    frames_t frames = {.root = batch->root};
    chat_batch_item_t *item;
    chat_recipients_here_t here;
    apr_status_t rv;

    if (event->kind == CHAT_EVENT_ROLE)
        return chat_presence_may_have(presence, event->user_id)
                   ? add_resync(batch, event->user_id, p)
                   : APR_SUCCESS;
    if (event->kind == CHAT_EVENT_DEACTIVATED)
        return chat_presence_may_have(presence, event->user_id) ? add_close(batch, event->user_id)
                                                                : APR_SUCCESS;
    if (event->kind == CHAT_EVENT_MARKED) /* chat_notification_push.h */
        return APR_SUCCESS;
    if (!event->has_conversation && event->kind != CHAT_EVENT_CONVERSATION_DELETED)
        return APR_SUCCESS;
    chat_recipients_find(&here, &event->recipients, presence, p);
    if (here.count == 0)
        return APR_SUCCESS;
    rv = encode(&frames, event, &here, p);
    if (rv == APR_SUCCESS)
        rv = add_frames(&item, batch, &here, &frames);
    if (rv == APR_SUCCESS && event->kind == CHAT_EVENT_MESSAGE) {
        item->conversation_id = event->conversation.id;
        item->seq = event->message.seq;
    }
    unref(&frames);
    return rv;
}

/* ---- typing ---- */

apr_status_t chat_batch_add_typer(chat_batch_t *batch, const chat_named_typer_t *named,
                                  int is_for_member, const chat_presence_t *presence, apr_pool_t *p)
{
    frames_t frames = {.own_id = named->typer.user_id}; /* not for the typist */
    chat_typer_t for_member = named->typer;
    chat_batch_item_t *item;
    chat_recipients_here_t here;
    apr_status_t rv;

    chat_recipients_find(&here, &named->recipients, presence, p);
    if (here.count == 0)
        return APR_SUCCESS;
    if (is_for_member) /* a member sees the church, and not who of its staff it is */
        for_member = (chat_typer_t){.display_name = named->church_name,
                                    .avatar_url = named->church_logo_url};
    if (is_for_member)
        frames.member =
            chat_encode_typing(named->conversation_id, named->is_typing, &for_member, p);
    frames.staff = chat_encode_typing(named->conversation_id, named->is_typing, &named->typer, p);
    rv = (!is_for_member || frames.member) && frames.staff
             ? add_frames(&item, batch, &here, &frames)
             : APR_ENOMEM;
    if (rv == APR_SUCCESS)
        item->is_unordered = 1;
    unref(&frames);
    return rv;
}
