/**
 * @file chat_admin_change.h
 * Why something is changed, for the audit log.
 */
#ifndef MOD_CHAT_CHAT_ADMIN_CHANGE_H
#define MOD_CHAT_CHAT_ADMIN_CHANGE_H
#include "core/chat_json_read.h"
#include "http/chat_request.h"
#include "store/chat_store_admin_change.h"

/** The member "reason", cleaned as messages are; NULL: none. */
chat_problem_t *chat_admin_read_reason(const char **preason, json_object *object, apr_pool_t *p);
#endif
