#include "service/chat_serialize.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_json_member.h"
#include "service/chat_notification_link.h"

/* Staff see the name and picture of the member, a member those of the church. */
static void write_staff_view(chat_json_t *json, const chat_conversation_t *conversation)
{
    chat_json_member_string(json, "church_name", conversation->member_name);
    chat_json_member_string(json, "church_avatar", conversation->member_avatar_url);
    chat_json_member_string(json, "managed_church_name", conversation->church_name);
    chat_json_member_string(json, "managed_church_logo", conversation->church_logo_url);
    chat_json_member_integer(json, "other_user_id", conversation->member_id);
    chat_json_member_boolean(json, "member_blocked", conversation->member_is_blocked);
    chat_json_member_id(json, "last_message_staff_id", conversation->last_staff_id);
    chat_json_member_string(json, "last_message_staff_name", conversation->last_staff_name);
}

static const char *last_message_from(const chat_conversation_t *conversation)
{
    if (!conversation->last_message_id)
        return NULL;
    return conversation->last_from_church ? "staff" : "member";
}

void chat_serialize_conversation(chat_json_t *json, const chat_conversation_t *conversation)
{
    chat_json_object_begin(json);
    chat_json_member_integer(json, "id", conversation->id);
    chat_json_member_integer(json, "church_id", conversation->church_id);
    if (conversation->is_church_owner) {
        write_staff_view(json, conversation);
    } else {
        chat_json_member_string(json, "church_name", conversation->church_name);
        chat_json_member_string(json, "church_avatar", conversation->church_logo_url);
    }
    chat_json_member_string(json, "last_message", conversation->last_message_text);
    chat_json_member_time(json, "last_message_time",
                          conversation->last_message_at ? conversation->last_message_at
                                                        : conversation->created_at);
    chat_json_member_id(json, "last_message_id", conversation->last_message_id);
    chat_json_member_string(json, "last_message_from", last_message_from(conversation));
    chat_json_member_integer(json, "unread_count", conversation->unread_count);
    chat_json_member_boolean(json, "is_church_owner", conversation->is_church_owner);
    chat_json_member_time(json, "created_at", conversation->created_at);
    chat_json_member_time(json, "updated_at", conversation->updated_at);
    chat_json_member_integer(json, "version", conversation->version);
    chat_json_object_end(json);
}

void chat_serialize_counts(chat_json_t *json, const chat_counts_t *counts)
{
    chat_json_member_integer(json, "unread_messages", counts->unread_messages);
    chat_json_member_integer(json, "unread_conversations", counts->unread_conversations);
    chat_json_key(json, "as_member");
    chat_json_object_begin(json);
    chat_json_member_integer(json, "unread_messages", counts->member_messages);
    chat_json_member_integer(json, "unread_conversations", counts->member_conversations);
    chat_json_object_end(json);
    chat_json_member_integer(json, "version", counts->version);
}

static void write_size(chat_json_t *json, const char *name, int pixels)
{
    chat_json_name(json, name, strlen(name));
    if (pixels)
        chat_json_integer(json, pixels);
    else
        chat_json_null(json);
}

static void write_attachment(chat_json_t *json, const chat_attachment_t *attachment,
                             const char *root)
{
    chat_json_key(json, "attachment");
    chat_json_object_begin(json);
    chat_json_member_integer(json, "id", attachment->id);
    chat_json_member_string(json, "url",
                            apr_pstrcat(attachment->pool, root, attachment->path, NULL));
    chat_json_member_string(json, "name", attachment->name);
    chat_json_member_integer(json, "size", attachment->bytes);
    chat_json_member_string(json, "type", attachment->kind);
    chat_json_member_string(json, "content_type", attachment->content_type);
    write_size(json, "width", attachment->width);
    write_size(json, "height", attachment->height);
    chat_json_member_boolean(json, "inline", chat_store_attachment_is_inline(attachment->kind));
    chat_json_object_end(json);
}

void chat_serialize_message(chat_json_t *json, const chat_message_t *message,
                            const chat_sides_t *sides, apr_int64_t user_id, const char *root)
{
    chat_json_object_begin(json);
    chat_json_member_integer(json, "id", message->id);
    chat_json_member_integer(json, "conversation_id", sides->conversation_id);
    chat_json_member_integer(json, "seq", message->seq);
    chat_json_member_string(json, "content", message->content);
    chat_json_member_time(json, "created_at", message->created_at);
    chat_json_member_boolean(json, "is_sent_by_user", message->sender_id == user_id);
    chat_json_member_string(json, "sender_name",
                            message->from_church ? sides->church_name : sides->member_name);
    chat_json_member_string(
        json, "avatar", message->from_church ? sides->church_logo_url : sides->member_avatar_url);
    if (message->staff_name)
        chat_json_member_string(json, "staff_name", message->staff_name);
    if (message->is_flagged)
        chat_json_member_boolean(json, "flagged", 1);
    chat_json_member_boolean(json, "is_read", message->read_at != 0);
    chat_json_member_time(json, "read_at", message->read_at);
    chat_json_member_string(json, "client_id", message->client_id);
    if (message->attachment)
        write_attachment(json, message->attachment, root);
    else
        chat_json_member_null(json, "attachment");
    if (message->snippet)
        chat_json_member_string(json, "snippet", message->snippet);
    chat_json_object_end(json);
}

void chat_serialize_notification(chat_json_t *json, const chat_notification_t *notification,
                                 const chat_config_t *config, apr_pool_t *p)
{
    chat_json_object_begin(json);
    chat_json_member_integer(json, "id", notification->conversation_id);
    chat_json_member_string(json, "kind", "message");
    chat_json_member_string(json, "title", notification->title);
    chat_json_member_string(json, "body", notification->body);
    chat_json_member_string(json, "link",
                            chat_notification_link(config, notification->conversation_id, p));
    chat_json_member_integer(json, "conversation_id", notification->conversation_id);
    chat_json_member_integer(json, "count", notification->count);
    chat_json_member_time(json, "created_at", notification->created_at);
    chat_json_member_time(json, "updated_at", notification->updated_at);
    chat_json_member_time(json, "read_at", notification->read_at);
    chat_json_object_end(json);
}

void chat_serialize_typer(chat_json_t *json, const chat_typer_t *typer)
{
    chat_json_object_begin(json);
    if (typer->user_id)
        chat_json_member_integer(json, "user_id", typer->user_id);
    else
        chat_json_member_null(json, "user_id");
    chat_json_member_string(json, "username", typer->username);
    chat_json_member_string(json, "display_name", typer->display_name);
    chat_json_member_string(json, "avatar", typer->avatar_url);
    chat_json_object_end(json);
}
