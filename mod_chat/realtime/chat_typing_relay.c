#include "realtime/chat_typing_relay.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "cache/chat_typing_marks.h"
#include "core/chat_clock.h"
#include "realtime/chat_typing_codec.h"
#include "realtime/chat_typing_tracker.h"

#define NOTIFY_US apr_time_from_msec(20) /* between two notifications, so that several gather */

struct chat_typing_relay_t {
    server_rec *server;
    apr_uint64_t database;
    chat_listener_t *listener;
    chat_publisher_t *publisher;

    apr_thread_mutex_t *mutex; /* guards `said` */
    chat_typing_codec_t said;  /* in this child */

    /* The feed's thread only. */
    apr_time_t notified_at;
    chat_typing_codec_t received; /* and ends that were noticed here */
    chat_typing_tracker_t typists;
    int must_check_access;
};

chat_typing_relay_t *chat_typing_relay_create(server_rec *s, chat_listener_t *listener,
                                              chat_publisher_t *publisher, apr_pool_t *p)
{
    chat_typing_relay_t *relay = apr_pcalloc(p, sizeof *relay);

    relay->server = s;
    relay->database = chat_publisher_database(publisher);
    relay->listener = listener;
    relay->publisher = publisher;
    return apr_thread_mutex_create(&relay->mutex, APR_THREAD_MUTEX_DEFAULT, p) == APR_SUCCESS
               ? relay
               : NULL;
}

/* ---- to other feeds ---- */

void chat_typing_relay_add(chat_typing_relay_t *relay, const chat_typing_change_t *typed)
{
    apr_thread_mutex_lock(relay->mutex);
    chat_typing_codec_write(&relay->said, typed);
    apr_thread_mutex_unlock(relay->mutex);
}

static int has_said(chat_typing_relay_t *relay)
{
    int count;

    apr_thread_mutex_lock(relay->mutex);
    count = relay->said.count;
    apr_thread_mutex_unlock(relay->mutex);
    return count > 0;
}

/* For requests of this host, which ask its shared memory who types. */
static void keep(const chat_typing_relay_t *relay, const chat_typing_change_t *typed, int count,
                 apr_pool_t *p)
{
    int i;

    for (i = 0; i < count; i++)
        if (!typed[i].is_kept)
            chat_typing_marks_keep(relay->server, relay->database, &typed[i], p);
}

apr_status_t chat_typing_relay_notify(chat_typing_relay_t *relay, apr_time_t now, apr_pool_t *p)
{
    chat_typing_codec_t *said;
    const char *marks;
    int taken;

    if (now < relay->notified_at + NOTIFY_US || !has_said(relay))
        return APR_SUCCESS;
    said = apr_palloc(p, sizeof *said);
    apr_thread_mutex_lock(relay->mutex);
    *said = relay->said;
    marks = chat_typing_codec_take(&relay->said, p);
    taken = said->count - relay->said.count;
    apr_thread_mutex_unlock(relay->mutex);
    relay->notified_at = now;
    keep(relay, said->marks, taken, p);
    return chat_store_event_notify(relay->listener, CHAT_TYPING_RELAY_CHANNEL,
                                   apr_pstrcat(p, chat_typing_marks_host(), " ", marks, NULL), p);
}

/* ---- from other feeds ---- */

/* What comes from a child of this host is kept already. */
void chat_typing_relay_receive(chat_typing_relay_t *relay, const char *payload, apr_pool_t *p)
{
    const char *host = chat_typing_marks_host();
    int first = relay->received.count;

    chat_typing_codec_read(&relay->received, payload, p);
    if (strncmp(payload, host, strlen(host)) != 0)
        keep(relay, relay->received.marks + first, relay->received.count - first, p);
}

int chat_typing_relay_has_received(const chat_typing_relay_t *relay)
{
    return relay->received.count > 0;
}

void chat_typing_relay_drop_received(chat_typing_relay_t *relay)
{
    relay->received.count = 0;
}

void chat_typing_relay_reset(chat_typing_relay_t *relay)
{
    relay->received.count = 0;
    relay->typists.count = 0;
}

/* ---- ends ---- */

static void end(chat_typing_relay_t *relay, const chat_typist_t *typist)
{
    chat_typing_change_t typed = typist->typed;

    typed.is_typing = 0;
    typed.is_noticed = 1;
    chat_typing_codec_write(&relay->received, &typed);
}

/* Whoever typed this message has stopped. */
static void end_by_message(chat_typing_relay_t *relay, const chat_event_t *event)
{
    int i;

    for (i = 0; i < relay->typists.count; i++)
        if (chat_typing_tracker_ends_with(&relay->typists.typists[i], event->conversation.id,
                                          event->message.sender_id, event->message.seq))
            end(relay, &relay->typists.typists[i]);
}

void chat_typing_relay_note_event(chat_typing_relay_t *relay, const chat_event_t *event)
{
    switch (event->kind) {
    case CHAT_EVENT_MESSAGE:
        end_by_message(relay, event);
        break;
    case CHAT_EVENT_BLOCKED:
    case CHAT_EVENT_DEACTIVATED:
    case CHAT_EVENT_PEOPLE:
        relay->must_check_access = 1;
        break;
    default:
        break;
    }
}

void chat_typing_relay_check_access(chat_typing_relay_t *relay)
{
    relay->must_check_access = 1;
}

/* Those for whom there is no room now end in the next turn. */
static void end_by_time(chat_typing_relay_t *relay, apr_time_t now)
{
    int i;

    for (i = 0; i < relay->typists.count && relay->received.count < CHAT_TYPING_CODEC_MAX; i++)
        if (relay->typists.typists[i].until <= now)
            end(relay, &relay->typists.typists[i]);
}

/* Those who may not type any more have stopped. */
static apr_status_t end_by_access(chat_typing_relay_t *relay, apr_pool_t *p)
{
    chat_typing_change_t *marks = apr_palloc(p, CHAT_TYPING_TRACKER_MAX * sizeof *marks);
    chat_named_typer_t typer;
    chat_rows_t *rows;
    int count = relay->typists.count;
    apr_status_t rv;
    int i;

    relay->must_check_access = 0;
    if (count == 0)
        return APR_SUCCESS;
    for (i = 0; i < count; i++)
        marks[i] = relay->typists.typists[i].typed;
    rv = chat_store_event_typers(&rows, relay->listener, marks, count, p);
    if (rv != APR_SUCCESS)
        return rv;
    while (chat_store_event_next_typer(&typer, rows))
        if (!typer.is_typing)
            end(relay, &relay->typists.typists[typer.place]);
    return APR_SUCCESS;
}

/* ---- publishing ---- */

/* Who must be sent this mark. `typer` NULL: the conversation was deleted. */
static int note(chat_typing_relay_t *relay, const chat_typing_change_t *typed,
                const chat_named_typer_t *typer)
{
    if (typer && typer->is_typing)
        return chat_typing_tracker_begin(&relay->typists, typed, !typer->is_member,
                                         chat_clock_now());
    return chat_typing_tracker_end(&relay->typists, typed, typer && !typer->is_member);
}

static apr_status_t publish_received(chat_typing_relay_t *relay, apr_pool_t *p)
{
    const chat_typing_change_t *marks = relay->received.marks;
    const chat_presence_t *presence = chat_publisher_presence(relay->publisher);
    chat_batch_t *batch;
    chat_named_typer_t typer;
    chat_rows_t *rows;
    int count = relay->received.count;
    int next = 0;
    apr_status_t rv = chat_store_event_typers(&rows, relay->listener, marks, count, p);

    relay->received.count = 0;
    if (rv != APR_SUCCESS)
        return rv;
    batch = chat_batch_create(relay->publisher);
    if (!batch)
        return APR_ENOMEM;
    while (rv == APR_SUCCESS && chat_store_event_next_typer(&typer, rows)) {
        int sides;

        while (next < typer.place)
            note(relay, &marks[next++], NULL);
        sides = note(relay, &marks[next++], &typer);
        if (sides)
            rv = chat_batch_add_typer(batch, &typer, sides & CHAT_TYPING_TRACKER_TO_MEMBER,
                                      presence, p);
    }
    while (next < count)
        note(relay, &marks[next++], NULL);
    if (!chat_publisher_publish(relay->publisher, batch) && rv == APR_SUCCESS)
        rv = APR_EAGAIN;
    return rv;
}

apr_status_t chat_typing_relay_publish(chat_typing_relay_t *relay, apr_pool_t *p)
{
    apr_status_t rv = APR_SUCCESS;

    if (relay->must_check_access)
        rv = end_by_access(relay, p);
    end_by_time(relay, chat_clock_now());
    if (rv == APR_SUCCESS && relay->received.count)
        rv = publish_received(relay, p);
    return rv;
}

apr_time_t chat_typing_relay_deadline(chat_typing_relay_t *relay, apr_time_t latest)
{
    apr_time_t deadline = latest;

    if (relay->typists.count && chat_typing_tracker_until(&relay->typists) < deadline)
        deadline = chat_typing_tracker_until(&relay->typists);
    if (has_said(relay) && relay->notified_at + NOTIFY_US < deadline)
        deadline = relay->notified_at + NOTIFY_US;
    return deadline;
}
