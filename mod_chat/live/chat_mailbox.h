/**
 * @file chat_mailbox.h
 * Letters from any thread to the hub's.
 *
 * A letter is a part of what it is about (a connection, a command, a bundle of news), so posting
 * allocates nothing and cannot fail; its owner bounds how many there can be. Letters of one thread
 * are opened in the order they were posted.
 * Ownership: a posted letter belongs to the hub until it is opened. Threads: chat_mailbox_post()
 * from any; chat_mailbox_open_all() on the hub's.
 */
#ifndef MOD_CHAT_CHAT_MAILBOX_H
#define MOD_CHAT_CHAT_MAILBOX_H
#include <apr_errno.h>
#include <apr_pools.h>

typedef struct chat_letter_t {
    struct chat_letter_t *next;
    void (*open)(struct chat_letter_t *letter); /**< on the hub's thread; may free it */
} chat_letter_t;

typedef struct chat_mailbox_t chat_mailbox_t;

/** `wake_fd` is an eventfd that a letter makes readable. */
apr_status_t chat_mailbox_create(chat_mailbox_t **pbox, int wake_fd, apr_pool_t *p);

void chat_mailbox_post(chat_mailbox_t *box, chat_letter_t *letter);
void chat_mailbox_open_all(chat_mailbox_t *box);
#endif
