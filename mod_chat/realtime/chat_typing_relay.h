/**
 * @file chat_typing_relay.h
 * Brings "somebody is typing" from the child where it was said to the sessions of all others.
 *
 * Typing is not stored in the database. Marks travel in the payloads of NOTIFY, several in one
 * (chat_typing_codec.h), to the feeds of all children, this one among them. Each relay remembers
 * what its sessions were sent (chat_typing_tracker.h), so that they are sent each end as well: the
 * end that was said, a message of the typist, CHAT_TYPING_S seconds without another mark, a session
 * that closed, access that was lost. Bounded: CHAT_TYPING_CODEC_MAX marks in each direction; what
 * finds no room is dropped, and counted. Ownership: the pool given. Threads:
 * chat_typing_relay_add() any, everything else the feed's.
 */
#ifndef MOD_CHAT_CHAT_TYPING_RELAY_H
#define MOD_CHAT_CHAT_TYPING_RELAY_H
#include "db/chat_listener.h"
#include "realtime/chat_publisher.h"
#include "store/chat_store_event.h"

#define CHAT_TYPING_RELAY_CHANNEL "chat_typing"

typedef struct chat_typing_relay_t chat_typing_relay_t;

/** NULL: there was no mutex to be had. `listener` is the feed's connection. */
chat_typing_relay_t *chat_typing_relay_create(server_rec *s, chat_listener_t *listener,
                                              chat_publisher_t *publisher, apr_pool_t *p);

/** Somebody of this child began or stopped to type: it waits for chat_typing_relay_notify(). */
void chat_typing_relay_add(chat_typing_relay_t *relay, const chat_typing_change_t *typed);

/** Send what waits to all feeds, if its time has come. CHAT_DB_*. */
apr_status_t chat_typing_relay_notify(chat_typing_relay_t *relay, apr_time_t now, apr_pool_t *p);

/** A payload has come, from this child or another one. */
void chat_typing_relay_receive(chat_typing_relay_t *relay, const char *payload, apr_pool_t *p);

/** An event was read: it may end somebody's typing. */
void chat_typing_relay_note_event(chat_typing_relay_t *relay, const chat_event_t *event);

/** Events were missed: ask again who may type. */
void chat_typing_relay_check_access(chat_typing_relay_t *relay);

/** Publish what has come, and the ends that have become due. CHAT_DB_*, APR_ENOMEM; APR_EAGAIN: the
 * event loop did not take it. */
apr_status_t chat_typing_relay_publish(chat_typing_relay_t *relay, apr_pool_t *p);

/** Whether something has come that is not published yet. */
int chat_typing_relay_has_received(const chat_typing_relay_t *relay);

/** Drop what has come: the connection was lost. Or forget the typists as well: there are no
 * sessions. */
void chat_typing_relay_drop_received(chat_typing_relay_t *relay);
void chat_typing_relay_reset(chat_typing_relay_t *relay);

/** When it must notify or publish next; `latest` when that is earlier. */
apr_time_t chat_typing_relay_deadline(chat_typing_relay_t *relay, apr_time_t latest);
#endif
