/**
 * @file chat_serialize.h
 * The nouns as JSON, one shape for REST and WebSocket: C and M of the contract
 * among them.
 */
#ifndef MOD_CHAT_CHAT_SERIALIZE_H
#define MOD_CHAT_CHAT_SERIALIZE_H
#include "core/chat_json.h"
#include "store/chat_store_conversation.h"
#include "store/chat_store_message.h"
#include "store/chat_store_notification.h"
#include "store/chat_store_typing.h"

void chat_serialize_conversation(chat_json_t *json, const chat_conversation_t *conversation);

/** `user_id` is the user that the message is written for. */
void chat_serialize_message(chat_json_t *json, const chat_message_t *message,
                            const chat_sides_t *sides, apr_int64_t user_id);

/** `config` says where it leads to. */
void chat_serialize_notification(chat_json_t *json, const chat_notification_t *notification,
                                 const chat_config_t *config, apr_pool_t *p);

void chat_serialize_typer(chat_json_t *json, const chat_typer_t *typer);
#endif
