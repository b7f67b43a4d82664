#include "store/chat_bell.h"

static const chat_bell_listener_t *told;

void chat_bell_listen(const chat_bell_listener_t *listener)
{
    told = listener;
}

void chat_bell_watch(chat_db_t *db)
{
    if (told)
        told->watch(db);
}

void chat_bell_attend(chat_db_t *db)
{
    if (told)
        told->attend(db);
}

int chat_bell_is_curious(chat_db_t *db)
{
    return told && told->is_curious(db);
}

void chat_bell_ring(chat_db_t *db)
{
    if (told)
        told->hear(db);
}

void chat_bell_ring_firsthand(chat_db_t *db, const chat_firsthand_t *said, apr_pool_t *p)
{
    if (told)
        told->hear_firsthand(db, said, p);
}

void chat_bell_ring_typed(chat_db_t *db, const chat_typed_t *typed)
{
    if (told)
        told->hear_typed(db, typed);
}
