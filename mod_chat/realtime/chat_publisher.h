/**
 * @file chat_publisher.h
 * Publishes what a feed has read to the WebSocket sessions of this child, no faster than their
 * event loop takes it.
 *
 * The WebSocket side registers itself as the sink at start; nothing here knows a socket. A session
 * asks for a start: the feed reads events from a snapshot on, and publishes a batch that says so;
 * from then on the sessions are sent everything. The first session of a child asks for a new start,
 * as does a response cache that needs the feed to read.
 * Bounded: CHAT_PUBLISHER_BATCHES_MAX batches that the event loop has not taken. The feed waits for
 * room; after two seconds without any the batch is dropped, and the feed must start again.
 * Ownership: the pool given, which lives as long as the child. Threads: as each function says.
 */
#ifndef MOD_CHAT_CHAT_PUBLISHER_H
#define MOD_CHAT_CHAT_PUBLISHER_H
#include "realtime/chat_batch.h"
#include "realtime/chat_presence.h"

#define CHAT_PUBLISHER_BATCHES_MAX 64

typedef struct chat_publisher_t chat_publisher_t;

/** Takes a batch from a feed's thread to the event loop's, which calls chat_publisher_taken() and
 * destroys it. APR_ENOMEM: it is still the publisher's. */
typedef apr_status_t chat_publisher_sink_t(chat_batch_t *batch);

/** In child_init, before any feed starts. Without a sink there are no sessions. */
void chat_publisher_set_sink(chat_publisher_sink_t *sink);

/** `wake_fd` (chat_wake.h) is signalled when a start is asked for. */
chat_publisher_t *chat_publisher_create(apr_uint64_t database, int wake_fd, apr_pool_t *p);

/** Tells databases apart. Any thread. */
apr_uint64_t chat_publisher_database(const chat_publisher_t *publisher);

/** Who has sessions here. Any thread. */
const chat_presence_t *chat_publisher_presence(const chat_publisher_t *publisher);

/* ---- the event loop's thread ---- */

/** A session of the user opens, or has ended. */
void chat_publisher_add_session(chat_publisher_t *publisher, apr_int64_t user_id);
void chat_publisher_remove_session(chat_publisher_t *publisher, apr_int64_t user_id);

/** Whether sessions are sent everything from now on; and since which epoch of the database. */
int chat_publisher_has_started(const chat_publisher_t *publisher);
const char *chat_publisher_epoch(const chat_publisher_t *publisher);

/** The event loop has taken this batch. */
void chat_publisher_taken(chat_publisher_t *publisher, const chat_batch_t *batch);

/* ---- any thread ---- */

/** Ask for a start. */
void chat_publisher_ask_for_start(chat_publisher_t *publisher);

/** Grows with each start that is asked for. */
int chat_publisher_starts_asked_for(const chat_publisher_t *publisher);

/* ---- the feed's thread ---- */

/** Publish a batch, which is gone afterwards. 0: there was no room, and the feed must start again.
 */
int chat_publisher_publish(chat_publisher_t *publisher, chat_batch_t *batch);
#endif
