/**
 * @file chat_api_admin.h
 * The handler of admin/: the list of the resources for administrators, which is empty so far.
 *
 * All paths below admin/ answer 404 unless both Require and ChatAdmin allow the user;
 * chat_api_handle() checks this before it calls a handler.
 */
#ifndef MOD_CHAT_CHAT_API_ADMIN_H
#define MOD_CHAT_CHAT_API_ADMIN_H
#include "http/chat_request.h"

chat_problem_t *chat_api_admin_list(chat_request_t *req);
#endif
