/**
 * @file chat_poller.h
 * Reads what was committed to a database since the last poll, and publishes it to the sessions of
 * this child.
 *
 * The position is a snapshot of PostgreSQL, which says of each transaction whether it was
 * committed: exact, although transactions commit in another order than they are numbered. A poller
 * that has lost its position (the database was away, its epoch has changed, too much has
 * happened, nobody took what was published) starts again at the present, and the sessions are sent
 * a resync. Events are published first; what they do to notifications is read and published by a
 * second call, which they do not wait for.
 * Bounded: CHAT_POLLER_EVENTS_MAX events a poll. Ownership: the pool given. Threads: the feed's.
 */
#ifndef MOD_CHAT_CHAT_POLLER_H
#define MOD_CHAT_CHAT_POLLER_H
#include "db/chat_listener.h"
#include "realtime/chat_publisher.h"
#include "realtime/chat_typing_relay.h"

#define CHAT_POLLER_EVENTS_MAX 5000

typedef struct chat_poller_t chat_poller_t;

/** It has not started. `listener` is the feed's connection; the relay is given events, which may
 * end typing. */
chat_poller_t *chat_poller_create(server_rec *s, chat_listener_t *listener,
                                  chat_publisher_t *publisher, chat_typing_relay_t *relay,
                                  apr_pool_t *p);

/** Whether it has started, and as late as the last start was asked for. */
int chat_poller_is_current(const chat_poller_t *poller);

/** Start at the present. CHAT_DB_*, APR_ENOMEM. */
apr_status_t chat_poller_start(chat_poller_t *poller, apr_pool_t *p);

/** Go on from the position: only when it is current. CHAT_DB_*, APR_ENOMEM. `p` must live until
 * chat_poller_publish_notifications(). */
apr_status_t chat_poller_poll(chat_poller_t *poller, apr_pool_t *p);

/** Publish what the events of this turn did to notifications. CHAT_DB_*, APR_ENOMEM. */
apr_status_t chat_poller_publish_notifications(chat_poller_t *poller);

/** When it started or polled last. */
apr_time_t chat_poller_polled_at(const chat_poller_t *poller);

/** Give the position up because nobody needs it, or because it is lost, which is counted. */
void chat_poller_stop(chat_poller_t *poller);
void chat_poller_reset(chat_poller_t *poller);
#endif
