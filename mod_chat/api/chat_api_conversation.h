/**
 * @file chat_api_conversation.h
 * The handlers of conversations/, conversations/unread/, conversations/{id}/ and block/.
 */
#ifndef MOD_CHAT_CHAT_API_CONVERSATION_H
#define MOD_CHAT_CHAT_API_CONVERSATION_H
#include "http/chat_request.h"

chat_problem_t *chat_api_conversation_list(chat_request_t *req);
chat_problem_t *chat_api_conversation_open(chat_request_t *req);
chat_problem_t *chat_api_conversation_get(chat_request_t *req);
chat_problem_t *chat_api_conversation_unread(chat_request_t *req);
chat_problem_t *chat_api_conversation_block(chat_request_t *req);
#endif
