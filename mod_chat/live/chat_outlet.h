/**
 * @file chat_outlet.h
 * Publishes what a feed has read to the WebSocket sessions of this child, no faster than their
 * event loop takes it.
 *
 * The WebSocket side registers itself as the sink at start; nothing here knows a socket. A session
 * asks for a start: the feed reads events from a snapshot on, and publishes a batch that says so;
 * from then on the sessions are sent everything. The first session of a child asks for a new start,
 * as does whoever else needs the feed to read.
 * Bounded: CHAT_OUTLET_LETTERS_MAX batches that the event loop has not taken. The feed waits for
 * room; after two seconds without any the batch is dropped, and the feed must start again.
 * Ownership: the pool given, which lives as long as the child. Threads: as each function says.
 */
#ifndef MOD_CHAT_CHAT_OUTLET_H
#define MOD_CHAT_CHAT_OUTLET_H
#include "live/chat_news.h"
#include "live/chat_presence.h"

#define CHAT_OUTLET_LETTERS_MAX 64

typedef struct chat_outlet_t chat_outlet_t;

/** Takes a batch from a feed's thread to the event loop's, which calls chat_outlet_opened() and
 * destroys it. APR_ENOMEM: it is still the publisher's. */
typedef apr_status_t chat_outlet_sink_t(chat_news_t *news);

/** In child_init, before any feed starts. Without a sink there are no sessions. */
void chat_outlet_set_sink(chat_outlet_sink_t *sink);

/** `wake_fd` (chat_wake.h) is signalled when a start is asked for. */
chat_outlet_t *chat_outlet_create(apr_uint64_t database, int wake_fd, apr_pool_t *p);

/** Tells databases apart. Any thread. */
apr_uint64_t chat_outlet_database(const chat_outlet_t *outlet);

/** Who has sessions here. Any thread. */
const chat_presence_t *chat_outlet_presence(const chat_outlet_t *outlet);

/* ---- the event loop's thread ---- */

/** A session of the user opens, or has ended. */
void chat_outlet_add_listener(chat_outlet_t *outlet, apr_int64_t user_id);
void chat_outlet_remove_listener(chat_outlet_t *outlet, apr_int64_t user_id);

/** Whether sessions are sent everything from now on; and since which epoch of the database. */
int chat_outlet_has_begun(const chat_outlet_t *outlet);
const char *chat_outlet_epoch(const chat_outlet_t *outlet);

/** The event loop has taken this batch. */
void chat_outlet_opened(chat_outlet_t *outlet, const chat_news_t *news);

/* ---- any thread ---- */

/** Ask for a start. */
void chat_outlet_want(chat_outlet_t *outlet);

/** Grows with each start that is asked for. */
int chat_outlet_wanted(const chat_outlet_t *outlet);

/* ---- the feed's thread ---- */

/** Publish a batch, which is gone afterwards. 0: there was no room, and the feed must start again.
 */
int chat_outlet_tell(chat_outlet_t *outlet, chat_news_t *news);
#endif
