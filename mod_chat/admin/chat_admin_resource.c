#include "admin/chat_admin_resource.h"

#include <string.h>

#include "core/chat_json_member.h"

const chat_admin_resource_t chat_admin_resources[] = {
    {.name = "users",
     .kind = "user",
     .columns = "id username external_id display_name email email_state avatar_url language role "
                "is_active created_at",
     .changes = "display_name email is_active language",
     .orders = "id name",
     .actions = "",
     .has_export = 1,
     .has_item_export = 1,
     .has_erase = 1,
     .filters = {{"is_active", CHAT_ADMIN_BOOLEAN, NULL},
                 {"role", CHAT_ADMIN_WORD, "member staff"},
                 {"email_state", CHAT_ADMIN_WORD, "ok none failing"},
                 {"username", CHAT_ADMIN_TEXT, NULL},
                 {"q", CHAT_ADMIN_TEXT, NULL}}},
    {.name = "churches",
     .kind = "church",
     .columns = "id name logo_url is_active staff_count unread_conversations created_at",
     .changes = "name logo_url is_active",
     .orders = "id name",
     .actions = "",
     .has_create = 1,
     .has_delete = 1,
     .filters = {{"is_active", CHAT_ADMIN_BOOLEAN, NULL}, {"q", CHAT_ADMIN_TEXT, NULL}}},
    {.name = "staff",
     .kind = "staff",
     .columns =
         "id church_id church_name user_id username display_name user_is_active role created_at",
     .changes = "role",
     .orders = "id",
     .actions = "",
     .has_create = 1,
     .has_delete = 1,
     .filters = {{"church_id", CHAT_ADMIN_NUMBER, NULL},
                 {"user_id", CHAT_ADMIN_NUMBER, NULL},
                 {"role", CHAT_ADMIN_WORD, "staff manager"},
                 {"q", CHAT_ADMIN_TEXT, NULL}}},
    {.name = "conversations",
     .kind = "conversation",
     .columns =
         "id member_id member_name church_id church_name last_seq last_message last_message_from "
         "last_message_at member_unread church_unread member_blocked version updated_at created_at",
     .changes = "member_blocked",
     .orders = "id",
     .actions = "mark_read block unblock delete export",
     .has_export = 1,
     .has_delete = 1,
     .filters = {{"church_id", CHAT_ADMIN_NUMBER, NULL},
                 {"member_id", CHAT_ADMIN_NUMBER, NULL},
                 {"unread", CHAT_ADMIN_BOOLEAN, NULL},
                 {"blocked", CHAT_ADMIN_BOOLEAN, NULL},
                 {"flagged", CHAT_ADMIN_BOOLEAN, NULL},
                 {"empty", CHAT_ADMIN_BOOLEAN, NULL},
                 {"selection", CHAT_ADMIN_NUMBER, NULL},
                 {"q", CHAT_ADMIN_TEXT, NULL}}},
    {.name = "messages",
     .kind = "message",
     .columns = "id conversation_id seq church_id church_name member_id sender_id sender_name "
                "from_church content attachment flag read_at created_at",
     .changes = "",
     .orders = "id",
     .actions = "delete unflag",
     .has_export = 1,
     .has_delete = 1,
     .filters = {{"church_id", CHAT_ADMIN_NUMBER, NULL},
                 {"conversation_id", CHAT_ADMIN_NUMBER, NULL},
                 {"sender_id", CHAT_ADMIN_NUMBER, NULL},
                 {"flag", CHAT_ADMIN_WORD, "any none pattern links repeat"},
                 {"unread", CHAT_ADMIN_BOOLEAN, NULL},
                 {"has_attachment", CHAT_ADMIN_BOOLEAN, NULL},
                 {"q", CHAT_ADMIN_SEARCH, NULL}}},
    {.name = "attachments",
     .kind = "attachment",
     .columns = "id conversation_id message_id church_id sender_id sender_name name type "
                "content_type size width height scanned store created_at",
     .changes = "",
     .orders = "id",
     .actions = "delete",
     .has_delete = 1,
     .filters = {{"conversation_id", CHAT_ADMIN_NUMBER, NULL},
                 {"type", CHAT_ADMIN_WORD, "image document other"},
                 {"content_type", CHAT_ADMIN_TEXT, NULL},
                 {"min_size", CHAT_ADMIN_NUMBER, NULL},
                 {"scanned", CHAT_ADMIN_BOOLEAN, NULL}}},
    {.name = "notifications",
     .kind = "notification",
     .columns = "id church_id church_name member_id member_name member_unread member_unread_since "
                "church_unread church_unread_since last_message last_message_at",
     .changes = "",
     .orders = "id",
     .actions = "",
     .filters = {{"church_id", CHAT_ADMIN_NUMBER, NULL}, {"member_id", CHAT_ADMIN_NUMBER, NULL}}},
    {.name = "deliveries",
     .kind = "delivery",
     .columns = "id kind state conversation_id user_id user_name digest attempts due_at last_error "
                "done_at created_at",
     .changes = "",
     .orders = "id",
     .actions = "retry drop",
     .filters = {{"kind", CHAT_ADMIN_WORD, "email push"},
                 {"state", CHAT_ADMIN_WORD, "due sent dropped dead"},
                 {"user_id", CHAT_ADMIN_NUMBER, NULL},
                 {"conversation_id", CHAT_ADMIN_NUMBER, NULL}}},
    {.name = "audit",
     .kind = "audit",
     .columns = "id created_at username address request_id action object_kind object_id before "
                "after reason",
     .changes = "",
     .orders = "id",
     .actions = "",
     .has_export = 1,
     .filters = {{"username", CHAT_ADMIN_TEXT, NULL},
                 {"action", CHAT_ADMIN_TEXT, NULL},
                 {"object_kind", CHAT_ADMIN_WORD,
                  "user church staff conversation message attachment delivery audit"},
                 {"object_id", CHAT_ADMIN_NUMBER, NULL}}},
    {.name = NULL},
};

/* The first word, whose length is 0 at the end. */
static const char *next_word(apr_size_t *plength, const char *words)
{
    words += strspn(words, " ");
    *plength = strcspn(words, " ");
    return words;
}

static int has_word(const char *words, const char *word, apr_size_t bytes)
{
    apr_size_t length;

    for (words = next_word(&length, words); length; words = next_word(&length, words + length))
        if (bytes == length && memcmp(word, words, bytes) == 0)
            return 1;
    return 0;
}

int chat_admin_resource_has_word(const char *words, const char *word)
{
    return has_word(words, word, strlen(word));
}

const chat_admin_resource_t *chat_admin_resource_of(const char *path)
{
    const chat_admin_resource_t *resource;
    const char *name = strchr(path, '/');
    apr_size_t length = name ? strcspn(name + 1, "/") : 0;

    for (resource = chat_admin_resources; resource->name; resource++)
        if (strlen(resource->name) == length && memcmp(resource->name, name + 1, length) == 0)
            return resource;
    return NULL;
}

/* An array of the words that are not among `others`. */
static void write_words(chat_json_t *json, const char *name, const char *words, const char *others)
{
    apr_size_t length;

    chat_json_key(json, name);
    chat_json_array_begin(json);
    for (words = next_word(&length, words); length; words = next_word(&length, words + length))
        if (!has_word(others, words, length))
            chat_json_text(json, words, length);
    chat_json_array_end(json);
}

static void write_filter(chat_json_t *json, const chat_admin_filter_t *filter)
{
    static const char *const types[] = {[CHAT_ADMIN_BOOLEAN] = "boolean",
                                        [CHAT_ADMIN_NUMBER] = "number",
                                        [CHAT_ADMIN_WORD] = "word",
                                        [CHAT_ADMIN_TEXT] = "text",
                                        [CHAT_ADMIN_SEARCH] = "text"};

    chat_json_object_begin(json);
    chat_json_member_string(json, "name", filter->name);
    chat_json_member_string(json, "type", types[filter->type]);
    if (filter->words)
        write_words(json, "values", filter->words, "");
    chat_json_object_end(json);
}

void chat_admin_resource_write_read_only(chat_json_t *json, const chat_admin_resource_t *resource)
{
    write_words(json, "read_only", resource->columns, resource->changes);
}

void chat_admin_resource_write(chat_json_t *json, const chat_admin_resource_t *resource)
{
    const chat_admin_filter_t *filter;

    chat_json_member_string(json, "name", resource->name);
    write_words(json, "columns", resource->columns, "");
    chat_admin_resource_write_read_only(json, resource);
    write_words(json, "orders", resource->orders, "");
    write_words(json, "actions", resource->actions, "");
    chat_json_member_boolean(json, "export", resource->has_export);
    chat_json_member_boolean(json, "export_item", resource->has_item_export);
    chat_json_member_boolean(json, "create", resource->has_create);
    chat_json_member_boolean(json, "delete", resource->has_delete);
    chat_json_member_boolean(json, "erase", resource->has_erase);
    chat_json_key(json, "filters");
    chat_json_array_begin(json);
    for (filter = resource->filters; filter->name; filter++)
        write_filter(json, filter);
    chat_json_array_end(json);
}
