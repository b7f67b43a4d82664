/**
 * @file chat_api_handlers.h
 * The handlers of the route table (chat_api.c), each in the file of its resource.
 *
 * Those of paths below admin/ are in admin/chat_admin_handlers.h.
 */
#ifndef MOD_CHAT_CHAT_API_HANDLERS_H
#define MOD_CHAT_CHAT_API_HANDLERS_H
#include "http/chat_request.h"

chat_handler_t chat_api_conversation_list, chat_api_conversation_open, chat_api_conversation_get,
    chat_api_conversation_unread, chat_api_conversation_block;
chat_handler_t chat_api_message_page, chat_api_message_post, chat_api_message_mark_read;
chat_handler_t chat_api_search;
chat_handler_t chat_api_attachment_get;
chat_handler_t chat_api_notification_list, chat_api_notification_mark_read;
chat_handler_t chat_api_push_key, chat_api_push_list, chat_api_push_save, chat_api_push_drop,
    chat_api_push_drop_endpoint, chat_api_push_test;
chat_handler_t chat_api_preferences_get, chat_api_preferences_put, chat_api_preferences_retry_mail;
chat_handler_t chat_api_unsubscribe_show, chat_api_unsubscribe_do;
chat_handler_t chat_api_typing_say, chat_api_typing_status;

/** The OpenAPI 3.1 document: api/openapi.json, compiled into the module as a string. It is served
 * unchanged, except for the URL of the server, which is the ChatRoot of the request. */
chat_handler_t chat_api_openapi;
#endif
