/**
 * @file chat_news.h
 * A bundle of news for the sockets of one child: frames, and who gets them.
 *
 * The feed makes it, with each frame encoded once for all who get it, and only for those who may
 * be connected here; the hub hands the frames out. At most three encodings an event: for the
 * member, for the staff, and for whoever caused it. What events do to notifications is another
 * bundle, which chat_concern.h makes.
 * Ownership: the feed's until it is published, then the sink's (chat_outlet.h).
 */
#ifndef MOD_CHAT_CHAT_NEWS_H
#define MOD_CHAT_CHAT_NEWS_H
#include "core/chat_ctx.h"
#include "live/chat_audience.h"
#include "live/chat_packet.h"
#include "store/chat_store_event.h"

/** One frame for a user's sockets. */
typedef struct chat_delivery_t {
    apr_int64_t user_id;
    chat_packet_t *packet; /**< NULL: close their sockets, they may not be here any more */
} chat_delivery_t;

/** One event. */
typedef struct chat_notice_t {
    struct chat_notice_t *next;
    apr_int64_t conversation_id; /**< of a message; 0 for all else */
    apr_int64_t seq;
    int is_fleeting; /**< typing: worth nothing later, and in no order with the rest */
    int count;
    chat_delivery_t deliveries[];
} chat_notice_t;

typedef struct chat_news_t {
    struct chat_outlet_t *outlet;
    int is_begin; /**< from here on everything is told: who waits is greeted, others resync */
    char epoch[CHAT_EPOCH_CHARS + 1]; /**< of a beginning: whose socket has another one must go */
    chat_notice_t *first;
    chat_notice_t *last;
} chat_news_t;

/** NULL: out of memory. */
chat_news_t *chat_news_create(struct chat_outlet_t *outlet);
void chat_news_destroy(chat_news_t *news);

/** One more notice, with room for so many deliveries; NULL: out of memory. */
chat_notice_t *chat_news_add_notice(chat_news_t *news, int count_max);

/** APR_ENOMEM: the news are not complete and must not be told. `p` is for the writing only. */
apr_status_t chat_news_add_event(chat_news_t *news, const chat_event_t *event,
                                 const chat_presence_t *presence, apr_pool_t *p);
/** Likewise; `is_for_member`: the member is told, too (chat_typists.h), and not the staff alone. */
apr_status_t chat_news_add_typer(chat_news_t *news, const chat_named_typer_t *typer,
                                 int is_for_member, const chat_presence_t *presence, apr_pool_t *p);
#endif
