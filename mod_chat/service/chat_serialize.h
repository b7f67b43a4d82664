/**
 * @file chat_serialize.h
 * Conversations, messages, notifications and typists as JSON, the same for REST and WebSocket.
 *
 * Threads: one at a time per writer.
 */
#ifndef MOD_CHAT_CHAT_SERIALIZE_H
#define MOD_CHAT_CHAT_SERIALIZE_H
#include "core/chat_json.h"
#include "store/chat_counts.h"
#include "store/chat_store_conversation.h"
#include "store/chat_store_message.h"
#include "store/chat_store_notification.h"
#include "store/chat_store_typing.h"

void chat_serialize_conversation(chat_json_t *json, const chat_conversation_t *conversation);

/** The members unread_messages, unread_conversations, as_member and version, of an object that was
 * begun. */
void chat_serialize_counts(chat_json_t *json, const chat_counts_t *counts);

/** `user_id` is the user who receives the message; `root` comes before the paths of files:
 * "/api/", "../". */
void chat_serialize_message(chat_json_t *json, const chat_message_t *message,
                            const chat_sides_t *sides, apr_int64_t user_id, const char *root);

/** `config` has its URL (ChatNotificationLink). */
void chat_serialize_notification(chat_json_t *json, const chat_notification_t *notification,
                                 const chat_config_t *config, apr_pool_t *p);

void chat_serialize_typer(chat_json_t *json, const chat_typer_t *typer);
#endif
