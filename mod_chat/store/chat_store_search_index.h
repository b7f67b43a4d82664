/**
 * @file chat_store_search_index.h
 * The words of messages, for searches: chat.message_words, to which a worker adds.
 *
 * Ownership: results live in the pool given. Threads: that of the listener.
 */
#ifndef MOD_CHAT_CHAT_STORE_SEARCH_INDEX_H
#define MOD_CHAT_CHAT_STORE_SEARCH_INDEX_H
#include <apr_time.h>

#include "db/chat_listener.h"

/** How far the index is. */
typedef struct chat_search_index_t {
    const char *outcome; /**< done; busy: another session does it; unknown_config */
    apr_int64_t indexed; /**< rows that were written */
    int has_more;        /**< there is more to do now */
    int is_building;     /**< not all messages are in it */
    const char *config;  /**< the text search configuration in use */
    apr_int64_t lag_ms;  /**< how long ago it had all messages last */
} chat_search_index_t;

/**
 * Do a part of what is due: see chat.index_messages(). `config` is the text search configuration
 * that is wanted, by an httpd that was started `age` ago; a statement takes `at_once` messages.
 */
apr_status_t chat_store_search_index_update(chat_search_index_t *index, chat_listener_t *db,
                                            const char *config, apr_interval_time_t age,
                                            int at_once, apr_pool_t *p);
#endif
