/**
 * @file chat_store_notification.h
 * The rows of notifications: listed and marked for a user, and their state for a feed.
 *
 * A notification is a conversation with unread messages for the user's side. It is not stored; only
 * what the user has marked as read is. As in chat_store_conversation.h, APR_EACCES means that the
 * user is not active. Ownership: rows and their text live in the pool.
 */
#ifndef MOD_CHAT_CHAT_STORE_NOTIFICATION_H
#define MOD_CHAT_CHAT_STORE_NOTIFICATION_H
#include <apr_tables.h>

#include "db/chat_listener.h"
#include "store/chat_counts.h"
#include "store/chat_store_user.h"

typedef struct chat_notification_t {
    apr_int64_t conversation_id;
    const char *title;     /**< the other side's name */
    const char *body;      /**< of the newest unread message */
    apr_int64_t count;     /**< of unread messages */
    apr_time_t created_at; /**< since when there are unread messages */
    apr_time_t updated_at; /**< when the newest message was written */
    apr_time_t read_at;    /**< when the user marked it; 0: not, or a newer message came since */
    apr_int64_t newest_id; /**< of the newest message: the order of a list */
    int is_church_owner;   /**< the church's side */
} chat_notification_t;

/** A page: at most `limit` + 1 rows; the last one shows that there are more. */
typedef struct chat_notification_filter_t {
    int limit;
    apr_int64_t before_newest_id; /**< where the page begins; 0: with the newest */
} chat_notification_filter_t;

/** The newest first; read them with chat_store_notification_next(). */
apr_status_t chat_store_notification_list(chat_rows_t **prows, apr_int64_t *punread_count,
                                          chat_counts_t *counts, chat_ctx_t *ctx,
                                          const chat_notification_filter_t *filter);
int chat_store_notification_next(chat_notification_t *notification, chat_rows_t *rows);

/** Mark those of these conversations as read (`ids` of apr_int64_t; NULL: all). Outcome: read,
 *  user_inactive. */
apr_status_t chat_store_notification_mark_read(chat_outcome_t *said, chat_ctx_t *ctx,
                                               const apr_array_header_t *ids);

/* ---- for a feed, not for a user: access is not checked ---- */

/** One row of chat_store_notification_states(). */
typedef struct chat_notification_state_t {
    enum {
        CHAT_NOTIFICATION_STATE_USER,
        CHAT_NOTIFICATION_STATE_CONVERSATION,
        CHAT_NOTIFICATION_STATE_MARK
    } is;
    apr_int64_t user_id;              /**< of a user or a mark */
    apr_int64_t unread_count;         /**< of a user: notifications that are not marked */
    chat_counts_t counts;             /**< of a user */
    chat_notification_t notification; /**< of a conversation all but read_at, count 0 when nothing
                                         is unread; of a mark conversation_id and read_at */
} chat_notification_state_t;

/**
 * The state of notifications: of users, whether active or not, and of the sides of conversations
 * (`sides`: 1 is the church's, as many as `conversations`; all of apr_int64_t). Read them with
 * chat_store_notification_next_state().
 */
apr_status_t chat_store_notification_states(chat_rows_t **prows, chat_listener_t *listener,
                                            const apr_array_header_t *users,
                                            const apr_array_header_t *conversations,
                                            const apr_array_header_t *sides, apr_pool_t *p);
int chat_store_notification_next_state(chat_notification_state_t *state, chat_rows_t *rows);
#endif
