/**
 * @file chat_json_member.h
 * Members of a JSON object, with name and value in one call.
 *
 * Names are constants that need no escaping (chat_json_name()). The functions are inline, so that
 * the compiler computes the lengths of literals.
 */
#ifndef MOD_CHAT_CHAT_JSON_MEMBER_H
#define MOD_CHAT_CHAT_JSON_MEMBER_H
#include <string.h>

#include "core/chat_json.h"

static inline void chat_json_member_string(chat_json_t *json, const char *name,
                                           const char *text /* NULL: null */)
{
    chat_json_name(json, name, strlen(name));
    chat_json_string(json, text);
}

static inline void chat_json_member_integer(chat_json_t *json, const char *name, apr_int64_t number)
{
    chat_json_name(json, name, strlen(name));
    chat_json_integer(json, number);
}

/** 0, which is not an id, is written as null. */
static inline void chat_json_member_id(chat_json_t *json, const char *name, apr_int64_t id)
{
    chat_json_name(json, name, strlen(name));
    if (id)
        chat_json_integer(json, id);
    else
        chat_json_null(json);
}

static inline void chat_json_member_boolean(chat_json_t *json, const char *name, int truth)
{
    chat_json_name(json, name, strlen(name));
    chat_json_boolean(json, truth);
}

static inline void chat_json_member_null(chat_json_t *json, const char *name)
{
    chat_json_name(json, name, strlen(name));
    chat_json_null(json);
}

static inline void chat_json_member_time(chat_json_t *json, const char *name,
                                         apr_time_t time /* 0: null */)
{
    chat_json_name(json, name, strlen(name));
    chat_json_time(json, time);
}
#endif
