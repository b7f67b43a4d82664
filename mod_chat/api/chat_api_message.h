/**
 * @file chat_api_message.h
 * The handlers of conversations/{id}/messages/ and conversations/{id}/read/.
 */
#ifndef MOD_CHAT_CHAT_API_MESSAGE_H
#define MOD_CHAT_CHAT_API_MESSAGE_H
#include "http/chat_request.h"

chat_problem_t *chat_api_message_page(chat_request_t *req);
chat_problem_t *chat_api_message_post(chat_request_t *req);
chat_problem_t *chat_api_message_mark_read(chat_request_t *req);
#endif
