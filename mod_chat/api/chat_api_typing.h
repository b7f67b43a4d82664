/**
 * @file chat_api_typing.h
 * The handlers of conversations/{id}/typing/ and conversations/{id}/typing-status/.
 */
#ifndef MOD_CHAT_CHAT_API_TYPING_H
#define MOD_CHAT_CHAT_API_TYPING_H
#include "http/chat_request.h"

chat_problem_t *chat_api_typing_say(chat_request_t *req);
chat_problem_t *chat_api_typing_status(chat_request_t *req);
#endif
