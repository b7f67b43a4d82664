/**
 * @file chat_api_socket.h
 * The handler of conversations/ws/ for requests that are not WebSocket handshakes: 426.
 */
#ifndef MOD_CHAT_CHAT_API_SOCKET_H
#define MOD_CHAT_CHAT_API_SOCKET_H
#include "http/chat_request.h"

chat_problem_t *chat_api_socket_refuse(chat_request_t *req);
#endif
