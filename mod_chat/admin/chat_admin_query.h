/**
 * @file chat_admin_query.h
 * The query of an administrator's list: filters, order, limit and cursor.
 *
 * Ownership: texts live in the request's pool. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_ADMIN_QUERY_H
#define MOD_CHAT_CHAT_ADMIN_QUERY_H
#include "admin/chat_admin_cursor.h"
#include "admin/chat_admin_filters.h"
#include "http/chat_request.h"

typedef struct chat_admin_query_t {
    const char *filters; /**< a JSON object, as of chat.admin_condition() */
    const char *order;   /**< "id", "-name" */
    apr_int64_t limit;
    chat_admin_cursor_t cursor;
} chat_admin_query_t;

/** Read the query of a list. 400 for a parameter that the resource does not have, or a value that
 * is not one of it. `others`: what the caller reads, with blanks between the names. */
chat_problem_t *chat_admin_query_read(chat_admin_query_t *query, chat_request_t *req,
                                      const chat_admin_resource_t *resource, const char *others);

/** The URL of the same list from this cursor on. */
const char *chat_admin_query_next(const chat_request_t *req, const chat_admin_cursor_t *cursor);
#endif
