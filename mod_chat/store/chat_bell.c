#include "store/chat_bell.h"

static chat_bell_listener_t *told;
static chat_bell_watcher_t *watching;

void chat_bell_listen(chat_bell_listener_t *listener, chat_bell_watcher_t *watcher)
{
    told = listener;
    watching = watcher;
}

void chat_bell_watch(chat_db_t *db)
{
    if (watching)
        watching(db);
}

void chat_bell_ring(chat_db_t *db)
{
    if (told)
        told(db, NULL);
}

void chat_bell_ring_typed(chat_db_t *db, const chat_typed_t *typed)
{
    if (told)
        told(db, typed);
}
