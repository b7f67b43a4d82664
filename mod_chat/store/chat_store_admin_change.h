/**
 * @file chat_store_admin_change.h
 * Changes that administrators make to objects, one by one or many at once, each with its row of the
 * audit log.
 *
 * Objects and their members are JSON for PostgreSQL, and what comes back of an object, too; their
 * types and lengths are checked before. Ownership: text lives in ctx->pool. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_STORE_ADMIN_CHANGE_H
#define MOD_CHAT_CHAT_STORE_ADMIN_CHANGE_H
#include "store/chat_store_admin.h"

/** What has become of one object. */
typedef struct chat_admin_changed_t {
    const char *outcome;
    const char *item; /**< a JSON object, as it is now; NULL: there is none */
    const char *etag; /**< without quotes */
} chat_admin_changed_t;

/** What has become of one that was to be deleted. */
typedef struct chat_admin_deleted_t {
    const char *outcome;
    const char *etag;     /**< of what is left of a conversation; without quotes */
    apr_int64_t messages; /**< of a conversation: how many were deleted */
} chat_admin_deleted_t;

/** Many objects: ids or filters. */
typedef struct chat_admin_selection_t {
    const char *kind;    /**< as of chat.admin_kind() */
    const char *ids;     /**< "{7,8}"; NULL: those that the filters find */
    const char *filters; /**< a JSON object, as of chat.admin_condition(); NULL: the ids */
    apr_int64_t after;   /**< only those with a greater id; 0: all */
} chat_admin_selection_t;

typedef struct chat_admin_acted_t {
    apr_int64_t done;
    apr_int64_t skipped;
    int has_more;           /**< not all of them were looked at: call it again */
    apr_int64_t next_after; /**< after this id */
    apr_int64_t audit_id;
} chat_admin_acted_t;

/** What would be acted on, counted to a limit. */
typedef struct chat_admin_would_t {
    apr_int64_t objects;
    apr_int64_t messages;
    apr_int64_t attachments;
    int at_least; /**< there are more */
} chat_admin_would_t;

/** What was erased of a user. */
typedef struct chat_admin_erased_t {
    const char *removed;    /**< a JSON object, how many rows of which table; NULL: no such user */
    int has_more;           /**< not all of it: call it again */
    apr_int64_t next_after; /**< after this row of the audit log; 0: from its beginning */
    apr_int64_t audit_id;
} chat_admin_erased_t;

/** chat.admin_change(), whose comment has the outcomes. `if_match` is an array of ETags as SQL
 * writes it; `members` a JSON object. */
apr_status_t chat_store_admin_change(chat_admin_changed_t *changed, chat_ctx_t *ctx,
                                     const chat_administrator_t *by, const char *kind,
                                     apr_int64_t id, const char *if_match, const char *members);
/** chat.admin_create(), likewise. */
apr_status_t chat_store_admin_create(chat_admin_changed_t *created, chat_ctx_t *ctx,
                                     const chat_administrator_t *by, const char *kind,
                                     const char *members);
/** chat.admin_delete(), likewise. `reason` may be NULL. */
apr_status_t chat_store_admin_delete(chat_admin_deleted_t *deleted, chat_ctx_t *ctx,
                                     const chat_administrator_t *by, const char *kind,
                                     apr_int64_t id, const char *if_match, const char *reason);
/** chat.admin_act() and chat.admin_would(). `reason` may be NULL. */
apr_status_t chat_store_admin_act(chat_admin_acted_t *acted, chat_ctx_t *ctx,
                                  const chat_administrator_t *by, const char *action,
                                  const chat_admin_selection_t *selection, const char *reason);
apr_status_t chat_store_admin_would(chat_admin_would_t *would, chat_ctx_t *ctx, const char *action,
                                    const chat_admin_selection_t *selection);
/** chat.erase_user(). `after`: 0, or the last call's `next_after`. */
apr_status_t chat_store_admin_erase(chat_admin_erased_t *erased, chat_ctx_t *ctx,
                                    const chat_administrator_t *by, apr_int64_t user_id,
                                    const char *reason, apr_int64_t after);
/** What chat_store_admin_erase() would delete; APR_ENOENT: no such user. */
apr_status_t chat_store_admin_would_erase(chat_admin_would_t *would, chat_ctx_t *ctx,
                                          apr_int64_t user_id);
#endif
