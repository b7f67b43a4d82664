/**
 * @file chat_admin_members.h
 * The members of an object that an administrator sends, checked and as JSON for PostgreSQL.
 *
 * Ownership: the request's pool. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_ADMIN_MEMBERS_H
#define MOD_CHAT_CHAT_ADMIN_MEMBERS_H
#include "admin/chat_admin_resource.h"
#include "core/chat_json_read.h"

/** Of a change: 400 for a member that cannot be changed, or a value that it cannot have. What is
 * not there is left out. */
chat_problem_t *chat_admin_members_changed(const char **pjson, json_object *object,
                                           const chat_admin_resource_t *resource, apr_pool_t *p);

/** Of a new object: 400 also if a member is missing that it must have. */
chat_problem_t *chat_admin_members_new(const char **pjson, json_object *object,
                                       const chat_admin_resource_t *resource, apr_pool_t *p);
#endif
