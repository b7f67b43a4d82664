#include "talk/chat_wire.h"

static void write_string(chat_json_t *json, const char *key, const char *text)
{
    chat_json_key(json, key);
    chat_json_string(json, text);
}

static void write_integer(chat_json_t *json, const char *key, apr_int64_t number)
{
    chat_json_key(json, key);
    chat_json_integer(json, number);
}

static void write_boolean(chat_json_t *json, const char *key, int truth)
{
    chat_json_key(json, key);
    chat_json_boolean(json, truth);
}

static void write_time(chat_json_t *json, const char *key, apr_time_t time)
{
    chat_json_key(json, key);
    chat_json_time(json, time);
}

static void write_id_or_null(chat_json_t *json, const char *key, apr_int64_t id)
{
    chat_json_key(json, key);
    if (id)
        chat_json_integer(json, id);
    else
        chat_json_null(json);
}

/* Staff talk with a member, so the member's name and picture stand where the church's would. */
static void write_staff_view(chat_json_t *json, const chat_conversation_t *conversation)
{
    write_string(json, "church_name", conversation->member_name);
    write_string(json, "church_avatar", conversation->member_avatar_url);
    write_string(json, "managed_church_name", conversation->church_name);
    write_string(json, "managed_church_logo", conversation->church_logo_url);
    write_integer(json, "other_user_id", conversation->member_id);
}

void chat_wire_conversation(chat_json_t *json, const chat_conversation_t *conversation)
{
    chat_json_object_begin(json);
    write_integer(json, "id", conversation->id);
    write_integer(json, "church_id", conversation->church_id);
    if (conversation->is_church_owner) {
        write_staff_view(json, conversation);
    }
    else {
        write_string(json, "church_name", conversation->church_name);
        write_string(json, "church_avatar", conversation->church_logo_url);
    }
    write_string(json, "last_message", conversation->last_message_text);
    write_time(json, "last_message_time",
               conversation->last_message_at ? conversation->last_message_at
                                             : conversation->created_at);
    write_id_or_null(json, "last_message_id", conversation->last_message_id);
    write_integer(json, "unread_count", conversation->unread_count);
    write_boolean(json, "is_church_owner", conversation->is_church_owner);
    write_time(json, "created_at", conversation->created_at);
    write_time(json, "updated_at", conversation->updated_at);
    chat_json_object_end(json);
}

void chat_wire_message(chat_json_t *json, const chat_message_t *message,
                       const chat_sides_t *sides, apr_int64_t user_id)
{
    chat_json_object_begin(json);
    write_integer(json, "id", message->id);
    write_integer(json, "conversation_id", sides->conversation_id);
    write_integer(json, "seq", message->seq);
    write_string(json, "content", message->content);
    write_time(json, "created_at", message->created_at);
    write_boolean(json, "is_sent_by_user", message->sender_id == user_id);
    write_string(json, "sender_name",
                 message->from_church ? sides->church_name : sides->member_name);
    write_string(json, "avatar",
                 message->from_church ? sides->church_logo_url : sides->member_avatar_url);
    if (message->staff_name)
        write_string(json, "staff_name", message->staff_name);
    write_boolean(json, "is_read", message->read_at != 0);
    write_time(json, "read_at", message->read_at);
    write_string(json, "client_id", message->client_id);
    chat_json_key(json, "attachment");
    chat_json_null(json);
    chat_json_object_end(json);
}

void chat_wire_typer(chat_json_t *json, const chat_typer_t *typer)
{
    chat_json_object_begin(json);
    write_integer(json, "user_id", typer->user_id);
    write_string(json, "username", typer->username);
    write_string(json, "display_name", typer->display_name);
    write_string(json, "avatar", typer->avatar_url);
    chat_json_object_end(json);
}
