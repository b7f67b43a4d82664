/**
 * @file chat_api_openapi.h
 * The OpenAPI 3.1 document: api/openapi.json, compiled into the module as a string.
 *
 * It is served unchanged, except for the URL of the server, which is the ChatRoot of the request.
 * t/openapi.t checks that the document and the route table (chat_api_routes) agree.
 */
#ifndef MOD_CHAT_CHAT_API_OPENAPI_H
#define MOD_CHAT_CHAT_API_OPENAPI_H
#include "http/chat_request.h"

/** The handler of conversations/openapi.json. It needs no user; Require decides on access. */
chat_problem_t *chat_api_openapi(chat_request_t *req);
#endif
