/**
 * @file chat_notification.h
 * The rules of notifications: list them, mark them as read.
 */
#ifndef MOD_CHAT_CHAT_NOTIFICATION_H
#define MOD_CHAT_CHAT_NOTIFICATION_H
#include "core/chat_list.h"
#include "core/chat_json_read.h"
#include "core/chat_problem.h"
#include "store/chat_store_notification.h"

#define CHAT_NOTIFICATIONS_DEFAULT 50
#define CHAT_NOTIFICATIONS_MAX 200

/** A page of notifications, which are read one after the other. */
typedef struct chat_notification_list_t {
    chat_rows_t *rows;
    apr_int64_t unread_count; /**< of all that the user has not marked, whatever the page */
    chat_counts_t counts;
    chat_list_t page;
    chat_notification_t last; /**< the last one that was read */
} chat_notification_list_t;

chat_problem_t *chat_notification_list(chat_notification_list_t *list, chat_ctx_t *ctx,
                                       const chat_notification_filter_t *filter);

/** The next notification of the page, or NULL after the last. */
const chat_notification_t *chat_notification_next(chat_notification_list_t *list);

/** Read the ids from a JSON body: `*pids` of apr_int64_t, or NULL for all. 400 if it is not valid.
 */
chat_problem_t *chat_notification_read_ids(apr_array_header_t **pids, json_object *object,
                                           apr_pool_t *p);

/** Mark these as read; `*pmarked` is the number of those that are the user's and were not marked.
 */
chat_problem_t *chat_notification_mark_read(apr_int64_t *pmarked, chat_ctx_t *ctx,
                                            const apr_array_header_t *ids);
#endif
