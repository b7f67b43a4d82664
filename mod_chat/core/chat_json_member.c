#include "core/chat_json_member.h"

void chat_json_member_string(chat_json_t *json, const char *name, const char *text)
{
    chat_json_key(json, name);
    chat_json_string(json, text);
}

void chat_json_member_integer(chat_json_t *json, const char *name, apr_int64_t number)
{
    chat_json_key(json, name);
    chat_json_integer(json, number);
}

void chat_json_member_id(chat_json_t *json, const char *name, apr_int64_t id)
{
    chat_json_key(json, name);
    if (id)
        chat_json_integer(json, id);
    else
        chat_json_null(json);
}

void chat_json_member_boolean(chat_json_t *json, const char *name, int truth)
{
    chat_json_key(json, name);
    chat_json_boolean(json, truth);
}

void chat_json_member_time(chat_json_t *json, const char *name, apr_time_t time)
{
    chat_json_key(json, name);
    chat_json_time(json, time);
}
