#include "live/chat_news.h"

#include <stdlib.h>

#include "live/chat_say.h"

/* What each side hears. */
typedef struct frames_t {
    chat_packet_t *member;
    chat_packet_t *staff;
    chat_packet_t *own; /* for `own_id`, whichever their side */
    apr_int64_t own_id;
} frames_t;

chat_news_t *chat_news_create(struct chat_outlet_t *outlet)
{
    chat_news_t *news = calloc(1, sizeof *news);

    if (news)
        news->outlet = outlet;
    return news;
}

static void destroy_notice(chat_notice_t *notice)
{
    int i;

    for (i = 0; i < notice->count; i++)
        chat_packet_release(notice->deliveries[i].packet);
    free(notice);
}

void chat_news_destroy(chat_news_t *news)
{
    chat_notice_t *notice;

    while ((notice = news->first)) {
        news->first = notice->next;
        destroy_notice(notice);
    }
    free(news);
}

chat_notice_t *chat_news_add_notice(chat_news_t *news, int count_max)
{
    chat_notice_t *notice =
        calloc(1, sizeof *notice + (apr_size_t)count_max * sizeof notice->deliveries[0]);

    if (!notice)
        return NULL;
    if (news->last)
        news->last->next = notice;
    else
        news->first = notice;
    news->last = notice;
    return notice;
}

static apr_status_t deliver(chat_notice_t **pnotice, chat_news_t *news,
                            const chat_audience_here_t *here, const frames_t *frames)
{
    chat_notice_t *notice = chat_news_add_notice(news, here->count);
    int i;

    *pnotice = notice;
    if (!notice)
        return APR_ENOMEM;
    for (i = 0; i < here->count; i++) {
        chat_delivery_t *delivery = &notice->deliveries[notice->count];
        chat_packet_t *packet = here->has_member && i == 0 ? frames->member : frames->staff;

        if (here->ids[i] == frames->own_id)
            packet = frames->own;
        if (!packet)
            continue;
        delivery->user_id = here->ids[i];
        delivery->packet = chat_packet_hold(packet);
        notice->count++;
    }
    return APR_SUCCESS;
}

static void release(frames_t *frames)
{
    chat_packet_release(frames->member);
    chat_packet_release(frames->staff);
    chat_packet_release(frames->own);
}

/* ---- events ---- */

static void side_of(chat_conversation_t *conversation, const chat_event_t *event, int is_staff)
{
    *conversation = event->conversation;
    conversation->is_church_owner = is_staff;
    conversation->unread_count = is_staff ? event->church_unread : event->member_unread;
}

/* Who sent it hears it, too, on all of their sockets. */
static apr_status_t say_message(frames_t *frames, const chat_event_t *event,
                                const chat_audience_here_t *here, apr_pool_t *p)
{
    const chat_message_t *message = &event->message;
    chat_conversation_t as_member;
    chat_conversation_t as_staff;
    int wants_own = chat_audience_has(here, message->sender_id);
    int wants_member = here->has_member && here->ids[0] != message->sender_id;
    int wants_staff = chat_audience_has_other_staff(here, message->sender_id);

    side_of(&as_member, event, 0);
    side_of(&as_staff, event, 1);
    frames->own_id = message->sender_id;
    if (wants_own)
        frames->own = chat_say_message(
            message, message->sender_id == event->audience.member_id ? &as_member : &as_staff,
            message->sender_id, p);
    if (wants_member)
        frames->member = chat_say_message(message, &as_member, 0, p);
    if (wants_staff)
        frames->staff = chat_say_message(message, &as_staff, 0, p);
    return (wants_own && !frames->own) || (wants_member && !frames->member) ||
                   (wants_staff && !frames->staff)
               ? APR_ENOMEM
               : APR_SUCCESS;
}

/* By me: by somebody of my side, as the unread are counted. */
static apr_status_t say_read(frames_t *frames, const chat_event_t *event, apr_pool_t *p)
{
    int by_member = event->message.from_church;

    frames->member = chat_say_read(event->conversation.id, &event->message, by_member, p);
    frames->staff = chat_say_read(event->conversation.id, &event->message, !by_member, p);
    return frames->member && frames->staff ? APR_SUCCESS : APR_ENOMEM;
}

static apr_status_t say_conversation(frames_t *frames, const chat_event_t *event, apr_pool_t *p)
{
    chat_conversation_t conversation;

    side_of(&conversation, event, 1);
    frames->staff = chat_say_conversation(&conversation, p);
    if (event->kind == CHAT_EVENT_BLOCKED) /* which the member is not told */
        return frames->staff ? APR_SUCCESS : APR_ENOMEM;
    side_of(&conversation, event, 0);
    frames->member = chat_say_conversation(&conversation, p);
    return frames->staff && frames->member ? APR_SUCCESS : APR_ENOMEM;
}

static apr_status_t say(frames_t *frames, const chat_event_t *event,
                        const chat_audience_here_t *here, apr_pool_t *p)
{
    switch (event->kind) {
    case CHAT_EVENT_MESSAGE:
        return event->has_message ? say_message(frames, event, here, p) : APR_SUCCESS;
    case CHAT_EVENT_READ:
        return event->has_message ? say_read(frames, event, p) : APR_SUCCESS;
    case CHAT_EVENT_OPENED:
    case CHAT_EVENT_NAMED:
    case CHAT_EVENT_BLOCKED:
        return say_conversation(frames, event, p);
    default: /* of a schema one step ahead */
        return APR_SUCCESS;
    }
}

static apr_status_t add_farewell(chat_news_t *news, apr_int64_t user_id)
{
    chat_notice_t *notice = chat_news_add_notice(news, 1);

    if (!notice)
        return APR_ENOMEM;
    notice->count = 1;
    notice->deliveries[0].user_id = user_id;
    return APR_SUCCESS;
}

apr_status_t chat_news_add_event(chat_news_t *news, const chat_event_t *event,
                                 const chat_presence_t *presence, apr_pool_t *p)
{
    frames_t frames = {0};
    chat_notice_t *notice;
    chat_audience_here_t here;
    apr_status_t rv;

    if (event->kind == CHAT_EVENT_DEACTIVATED)
        return chat_presence_may_have(presence, event->user_id) ? add_farewell(news, event->user_id)
                                                                : APR_SUCCESS;
    if (!event->has_conversation || event->kind == CHAT_EVENT_MARKED) /* chat_concern.h */
        return APR_SUCCESS;
    chat_audience_gather(&here, &event->audience, presence, p);
    if (here.count == 0)
        return APR_SUCCESS;
    rv = say(&frames, event, &here, p);
    if (rv == APR_SUCCESS)
        rv = deliver(&notice, news, &here, &frames);
    if (rv == APR_SUCCESS && event->kind == CHAT_EVENT_MESSAGE) {
        notice->conversation_id = event->conversation.id;
        notice->seq = event->message.seq;
    }
    release(&frames);
    return rv;
}

/* ---- typing ---- */

apr_status_t chat_news_add_typer(chat_news_t *news, const chat_named_typer_t *named,
                                 int is_for_member, const chat_presence_t *presence, apr_pool_t *p)
{
    frames_t frames = {.own_id = named->typer.user_id}; /* who types is not told */
    chat_typer_t for_member = named->typer;
    chat_notice_t *notice;
    chat_audience_here_t here;
    apr_status_t rv;

    chat_audience_gather(&here, &named->audience, presence, p);
    if (here.count == 0)
        return APR_SUCCESS;
    if (is_for_member) /* a member sees the church, and not who of its staff it is */
        for_member = (chat_typer_t){.display_name = named->church_name,
                                    .avatar_url = named->church_logo_url};
    if (is_for_member)
        frames.member = chat_say_typing(named->conversation_id, named->is_typing, &for_member, p);
    frames.staff = chat_say_typing(named->conversation_id, named->is_typing, &named->typer, p);
    rv = (!is_for_member || frames.member) && frames.staff ? deliver(&notice, news, &here, &frames)
                                                           : APR_ENOMEM;
    if (rv == APR_SUCCESS)
        notice->is_fleeting = 1;
    release(&frames);
    return rv;
}
