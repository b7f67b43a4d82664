/**
 * @file chat_store_records.h
 * The counts of days, and the deletion of old messages, which a worker does part by part.
 *
 * Threads: that of the listener.
 */
#ifndef MOD_CHAT_CHAT_STORE_RECORDS_H
#define MOD_CHAT_CHAT_STORE_RECORDS_H
#include <apr_time.h>

#include "db/chat_listener.h"

/** Which messages are kept for how many days: 0, for good. */
typedef struct chat_retention_periods_t {
    int days;                  /**< of churches that are not in `churches` */
    const char *churches;      /**< as SQL writes an array: "{7,8}" */
    const char *churches_days; /**< of each of these, likewise */
} chat_retention_periods_t;

/** What a call of chat_store_retention_apply() has deleted. */
typedef struct chat_retention_t {
    int has_more; /**< there is more to do now */
    apr_int64_t messages;
    apr_int64_t attachments;
    apr_int64_t audit_rows;
} chat_retention_t;

/** Count what is new: see chat.count_days(). A message must have been there for `settled`. */
apr_status_t chat_store_count_days(int *phas_more, chat_listener_t *db, apr_interval_time_t settled,
                                   apr_pool_t *p);

/** Delete a part of what is old: see chat.apply_retention(). A statement takes `at_once` messages.
 */
apr_status_t chat_store_retention_apply(chat_retention_t *retention, chat_listener_t *db,
                                        const chat_retention_periods_t *periods, int at_once,
                                        apr_pool_t *p);
#endif
