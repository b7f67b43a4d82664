/**
 * @file chat_api_notification.h
 * The handlers of notifications/ and notifications/read/.
 */
#ifndef MOD_CHAT_CHAT_API_NOTIFICATION_H
#define MOD_CHAT_CHAT_API_NOTIFICATION_H
#include "http/chat_request.h"

chat_problem_t *chat_api_notification_list(chat_request_t *req);
chat_problem_t *chat_api_notification_mark_read(chat_request_t *req);
#endif
