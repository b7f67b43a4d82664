#include "realtime/chat_recipients.h"

static const char *read_id(apr_int64_t *pid, const char *text)
{
    *pid = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        *pid = *pid * 10 + (*text - '0');
    return *text == ',' ? text + 1 : text;
}

void chat_recipients_find(chat_recipients_here_t *here, const chat_recipients_t *recipients,
                          const chat_presence_t *presence, apr_pool_t *p)
{
    const char *text = recipients->staff_ids ? recipients->staff_ids : "";
    const char *comma;
    apr_size_t count_max = 2;

    for (comma = text; *comma; comma++)
        count_max += *comma == ',';
    here->ids = apr_palloc(p, count_max * sizeof *here->ids);
    here->count = 0;
    here->has_member = chat_presence_may_have(presence, recipients->member_id);
    if (here->has_member)
        here->ids[here->count++] = recipients->member_id;
    while (*text) {
        apr_int64_t id;

        text = read_id(&id, text);
        if (id != recipients->member_id && chat_presence_may_have(presence, id))
            here->ids[here->count++] = id;
    }
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
