/**
 * @file chat_api_openapi.h
 * The OpenAPI 3.1 document, openapi.json beside this file, which the build turns into a string.
 *
 * It is served as it is; only the URL of the server is that of the root that the client asked.
 * t/openapi.t shows that the document and the route table (chat_api_routes) agree.
 */
#ifndef MOD_CHAT_CHAT_API_OPENAPI_H
#define MOD_CHAT_CHAT_API_OPENAPI_H
#include "http/chat_request.h"

/** Handler of conversations/openapi.json: needs no user; who may read it is Apache's say. */
chat_problem_t *chat_api_openapi(chat_request_t *req);
#endif
