/**
 * @file chat_api_openapi.h
 * The interface described by itself: an OpenAPI 3.1 document, made from the route table.
 *
 * Paths, methods and statuses come from chat_api_routes; the shapes of bodies (components) stand
 * in openapi.json beside this file, which the build turns into a string.
 */
#ifndef MOD_CHAT_CHAT_API_OPENAPI_H
#define MOD_CHAT_CHAT_API_OPENAPI_H
#include "http/chat_request.h"

/** Handler of conversations/openapi.json: needs no user; who may read it is Apache's say. */
chat_problem_t *chat_api_openapi(chat_request_t *req);
#endif
