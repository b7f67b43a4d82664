#include "store/chat_bell.h"

static chat_bell_listener_t *told;

void chat_bell_listen(chat_bell_listener_t *listener)
{
    told = listener;
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
