/**
 * @file chat_admin_item.h
 * One object of the administration as an answer, and who asks for it.
 */
#ifndef MOD_CHAT_CHAT_ADMIN_ITEM_H
#define MOD_CHAT_CHAT_ADMIN_ITEM_H
#include "admin/chat_admin_resource.h"
#include "http/chat_request.h"
#include "store/chat_store_admin.h"

/** The administrator, for the audit log: called as users of the chat are (ChatUserCase). */
chat_administrator_t chat_admin_item_by(const chat_request_t *req);

/** Begin an answer with the members of the object and read_only, and its ETag. The caller may add
 * members, and ends the object. */
chat_json_t *chat_admin_item_begin(chat_request_t *req, int http_status,
                                   const chat_admin_resource_t *resource,
                                   const chat_admin_item_t *item);
#endif
