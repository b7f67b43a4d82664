/**
 * @file chat_json_member.h
 * Members of an object, name and value in one call.
 */
#ifndef MOD_CHAT_CHAT_JSON_MEMBER_H
#define MOD_CHAT_CHAT_JSON_MEMBER_H
#include "core/chat_json.h"

void chat_json_member_string(chat_json_t *json, const char *name,
                             const char *text /* NULL: null */);
void chat_json_member_integer(chat_json_t *json, const char *name, apr_int64_t number);
/** Ids begin with 1: 0 is written as null. */
void chat_json_member_id(chat_json_t *json, const char *name, apr_int64_t id);
void chat_json_member_boolean(chat_json_t *json, const char *name, int truth);
void chat_json_member_time(chat_json_t *json, const char *name, apr_time_t time /* 0: null */);
#endif
