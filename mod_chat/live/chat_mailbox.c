#include "live/chat_mailbox.h"

#include <apr_thread_mutex.h>

#include "core/chat_wake.h"

struct chat_mailbox_t {
    int wake_fd;
    apr_thread_mutex_t *mutex; /* guards the list */
    chat_letter_t *first;
    chat_letter_t *last;
};

apr_status_t chat_mailbox_create(chat_mailbox_t **pbox, int wake_fd, apr_pool_t *p)
{
    chat_mailbox_t *box = apr_pcalloc(p, sizeof *box);

    box->wake_fd = wake_fd;
    *pbox = box;
    return apr_thread_mutex_create(&box->mutex, APR_THREAD_MUTEX_DEFAULT, p);
}

void chat_mailbox_post(chat_mailbox_t *box, chat_letter_t *letter)
{
    int was_empty;

    letter->next = NULL;
    apr_thread_mutex_lock(box->mutex);
    was_empty = !box->first;
    if (was_empty)
        box->first = letter;
    else
        box->last->next = letter;
    box->last = letter;
    apr_thread_mutex_unlock(box->mutex);
    if (was_empty)
        chat_wake_signal(box->wake_fd);
}

void chat_mailbox_open_all(chat_mailbox_t *box)
{
    chat_letter_t *letter;
    chat_letter_t *next;

    apr_thread_mutex_lock(box->mutex);
    letter = box->first;
    box->first = NULL;
    apr_thread_mutex_unlock(box->mutex);
    for (; letter; letter = next) {
        next = letter->next;
        letter->open(letter);
    }
}
