/**
 * @file chat_index.h
 * Which sockets belong to whom: groups of links under keys of two numbers.
 *
 * The links are parts of what is found, so that adding allocates only for the first of a key.
 * Ownership: links are the caller's, and must be removed before they go. Threads: the hub's.
 */
#ifndef MOD_CHAT_CHAT_INDEX_H
#define MOD_CHAT_CHAT_INDEX_H
#include <apr.h>
#include <apr_errno.h>

typedef struct chat_index_t chat_index_t;

typedef struct chat_index_link_t {
    struct chat_index_link_t *previous;
    struct chat_index_link_t *next;   /**< the next of the same key */
    struct chat_index_group_t *group; /**< NULL: in no index */
} chat_index_link_t;

/** NULL: out of memory. */
chat_index_t *chat_index_create(void);
void chat_index_destroy(chat_index_t *index);

apr_status_t chat_index_add(chat_index_t *index, apr_uint64_t space, apr_uint64_t id,
                            chat_index_link_t *link);
void chat_index_remove(chat_index_t *index, chat_index_link_t *link);

/** The first link of a key; NULL: none. The order within a key is none. */
chat_index_link_t *chat_index_find(const chat_index_t *index, apr_uint64_t space, apr_uint64_t id);

/** How many links there are under the key of this one. */
int chat_index_count(const chat_index_link_t *link);
#endif
