#include "realtime/chat_encode.h"

#include <string.h>

#include "core/chat_json_member.h"
#include "http/chat_reply.h"
#include "service/chat_serialize.h"
#include "store/chat_store_event.h"

#define FRAME_BYTES_EXPECTED 1024

static chat_json_t *begin(const char *type, apr_pool_t *p)
{
    chat_json_t *json = chat_json_create(FRAME_BYTES_EXPECTED, p);

    chat_json_object_begin(json);
    chat_json_member_string(json, "type", type);
    return json;
}

static chat_shared_buf_t *end(chat_json_t *json)
{
    const char *bytes;
    apr_size_t length;

    chat_json_object_end(json);
    bytes = chat_json_bytes(json, &length);
    return chat_shared_buf_frame(CHAT_OPCODE_TEXT, bytes, length);
}

static void write_ref(chat_json_t *json, json_object *ref)
{
    chat_json_key(json, "ref");
    chat_json_read_copy(json, ref);
}

/* The two sides as the conversation knows them. */
static void sides_of(chat_sides_t *sides, const chat_conversation_t *conversation)
{
    sides->conversation_id = conversation->id;
    sides->is_church_owner = conversation->is_church_owner;
    sides->member_name = conversation->member_name;
    sides->member_avatar_url = conversation->member_avatar_url;
    sides->church_name = conversation->church_name;
    sides->church_logo_url = conversation->church_logo_url;
}

/* What an element needs to know before it offers to send files. */
static void write_files(chat_json_t *json, const chat_config_t *config)
{
    const apr_array_header_t *types = config->attachment_types;
    int i;

    chat_json_object_begin(json);
    chat_json_member_integer(json, "max_size", chat_config_attachment_bytes_max(config));
    chat_json_key(json, "content_types");
    if (types) {
        chat_json_array_begin(json);
        for (i = 0; i < types->nelts; i++)
            chat_json_string(json, APR_ARRAY_IDX(types, i, const char *));
        chat_json_array_end(json);
    } else {
        chat_json_null(json);
    }
    chat_json_object_end(json);
}

chat_shared_buf_t *chat_encode_hello(apr_int64_t user_id, const char *user_tag, const char *epoch,
                                     const chat_config_t *config, apr_pool_t *p)
{
    chat_json_t *json = begin("hello", p);

    chat_json_member_integer(json, "user_id", user_id);
    chat_json_member_string(json, "user_tag", user_tag);
    chat_json_member_integer(json, "heartbeat", apr_time_sec(chat_config_heartbeat(config)));
    chat_json_member_string(json, "epoch", epoch);
    chat_json_key(json, "attachments");
    if (chat_config_has_files(config))
        write_files(json, config);
    else
        chat_json_null(json);
    return end(json);
}

chat_shared_buf_t *chat_encode_ack(json_object *ref, const chat_posted_t *posted,
                                   apr_int64_t user_id, const char *root, apr_pool_t *p)
{
    chat_json_t *json = begin("ack", p);

    write_ref(json, ref);
    chat_json_key(json, "message");
    chat_serialize_message(json, &posted->message, &posted->sides, user_id, root);
    return end(json);
}

chat_shared_buf_t *chat_encode_error(json_object *ref, const chat_problem_t *problem, apr_pool_t *p)
{
    chat_json_t *json = begin("error", p);

    write_ref(json, ref);
    chat_reply_problem_members(json, problem, p);
    if (problem->retry_after_s)
        chat_json_member_integer(json, "retry_after", problem->retry_after_s);
    return end(json);
}

chat_shared_buf_t *chat_encode_resumed(json_object *ref, const chat_conversation_changes_t *changes,
                                       apr_pool_t *p)
{
    chat_json_t *json = begin("resumed", p);

    if (ref)
        write_ref(json, ref);
    if (changes) {
        chat_json_member_boolean(json, "has_changed", changes->has_changed);
        chat_serialize_counts(json, &changes->counts);
    }
    return end(json);
}

chat_shared_buf_t *chat_encode_resync(json_object *ref, const char *epoch, apr_pool_t *p)
{
    chat_json_t *json = begin("resync", p);

    if (ref)
        write_ref(json, ref);
    chat_json_member_string(json, "epoch", epoch);
    return end(json);
}

/* The member "message", as a user of the side that `conversation` shows sees it. */
static void write_message(chat_json_t *json, const chat_message_t *message,
                          const chat_conversation_t *conversation, apr_int64_t user_id,
                          const char *root)
{
    chat_message_t visible = *message;
    chat_sides_t sides;

    if (!conversation->is_church_owner) {
        visible.staff_name = NULL;
        visible.is_flagged = 0;
        if (message->from_church) /* made by a client of the staff, which may name anybody in it */
            visible.client_id = NULL;
    }
    sides_of(&sides, conversation);
    chat_json_key(json, "message");
    chat_serialize_message(json, &visible, &sides, user_id, root);
}

chat_shared_buf_t *chat_encode_message(const chat_message_t *message,
                                       const chat_conversation_t *conversation, apr_int64_t user_id,
                                       const char *root, apr_pool_t *p)
{
    chat_json_t *json = begin("message", p);

    write_message(json, message, conversation, user_id, root);
    chat_json_key(json, "conversation");
    chat_serialize_conversation(json, conversation);
    return end(json);
}

chat_shared_buf_t *chat_encode_message_changed(const chat_message_t *message,
                                               const chat_conversation_t *conversation,
                                               apr_int64_t user_id, const char *root, apr_pool_t *p)
{
    chat_json_t *json = begin("message_changed", p);

    write_message(json, message, conversation, user_id, root);
    return end(json);
}

chat_shared_buf_t *chat_encode_message_deleted(apr_int64_t conversation_id, const char *ids,
                                               apr_pool_t *p)
{
    chat_json_t *json = begin("message_deleted", p);
    apr_int64_t id;

    chat_json_member_integer(json, "conversation_id", conversation_id);
    chat_json_key(json, "message_ids");
    if (ids) {
        chat_json_array_begin(json);
        while ((id = chat_store_event_next_id(&ids)) != 0)
            chat_json_integer(json, id);
        chat_json_array_end(json);
    } else {
        chat_json_null(json);
    }
    return end(json);
}

chat_shared_buf_t *chat_encode_conversation_deleted(apr_int64_t conversation_id, apr_pool_t *p)
{
    chat_json_t *json = begin("conversation_deleted", p);

    chat_json_member_integer(json, "conversation_id", conversation_id);
    return end(json);
}

chat_shared_buf_t *chat_encode_conversation(const chat_conversation_t *conversation, apr_pool_t *p)
{
    chat_json_t *json = begin("conversation", p);

    chat_json_key(json, "conversation");
    chat_serialize_conversation(json, conversation);
    return end(json);
}

chat_shared_buf_t *chat_encode_read(const chat_conversation_t *conversation,
                                    const chat_message_t *up_to, int by_me, apr_pool_t *p)
{
    chat_json_t *json = begin("read", p);

    chat_json_member_integer(json, "conversation_id", conversation->id);
    chat_json_member_integer(json, "up_to", up_to->id);
    chat_json_member_time(json, "read_at", up_to->read_at);
    chat_json_member_boolean(json, "by_me", by_me);
    chat_json_member_integer(json, "unread_count", conversation->unread_count);
    chat_json_member_integer(json, "version", conversation->version);
    return end(json);
}

chat_shared_buf_t *chat_encode_notification(const char *row, apr_size_t bytes,
                                            apr_int64_t unread_count, const chat_counts_t *counts,
                                            apr_pool_t *p)
{
    chat_json_t *json = begin("notification", p);

    chat_json_key(json, "notification");
    if (row)
        chat_json_raw(json, row, bytes);
    else
        chat_json_null(json);
    chat_json_member_integer(json, "unread_count", unread_count);
    chat_serialize_counts(json, counts);
    return end(json);
}

chat_shared_buf_t *chat_encode_typing(apr_int64_t conversation_id, int is_typing,
                                      const chat_typer_t *typer, apr_pool_t *p)
{
    chat_json_t *json = begin("typing", p);

    chat_json_member_integer(json, "conversation_id", conversation_id);
    chat_json_member_boolean(json, "is_typing", is_typing);
    chat_json_key(json, "typer");
    chat_serialize_typer(json, typer);
    return end(json);
}
