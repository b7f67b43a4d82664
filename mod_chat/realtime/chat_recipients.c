#include "realtime/chat_recipients.h"

void chat_recipients_find(chat_recipients_here_t *here, const chat_recipients_t *recipients,
                          const chat_presence_t *presence, apr_pool_t *p)
{
    const char *staff_ids = recipients->staff_ids;
    const char *comma;
    apr_size_t count_max = 2;
    apr_int64_t id;

    for (comma = staff_ids; comma && *comma; comma++)
        count_max += *comma == ',';
    here->ids = apr_palloc(p, count_max * sizeof *here->ids);
    here->count = 0;
    here->has_member = chat_presence_may_have(presence, recipients->member_id);
    if (here->has_member)
        here->ids[here->count++] = recipients->member_id;
    while ((id = chat_store_event_next_id(&staff_ids)) != 0)
        if (id != recipients->member_id && chat_presence_may_have(presence, id))
            here->ids[here->count++] = id;
}

int chat_recipients_has(const chat_recipients_here_t *here, apr_int64_t id)
{
    int i;

    for (i = 0; i < here->count; i++)
        if (here->ids[i] == id)
            return 1;
    return 0;
}

int chat_recipients_has_other_staff(const chat_recipients_here_t *here, apr_int64_t except_id)
{
    int i;

    for (i = here->has_member; i < here->count; i++)
        if (here->ids[i] != except_id)
            return 1;
    return 0;
}
