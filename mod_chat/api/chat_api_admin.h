/**
 * @file chat_api_admin.h
 * GET admin/: which resources of the administration exist.
 *
 * Everything below admin/ answers 404 unless both Apache's authorisation (Require) and ChatAdmin
 * allow the user; chat_api_handle() has checked this before a handler runs.
 */
#ifndef MOD_CHAT_CHAT_API_ADMIN_H
#define MOD_CHAT_CHAT_API_ADMIN_H
#include "http/chat_request.h"

chat_problem_t *chat_api_admin_list(chat_request_t *req);
#endif
