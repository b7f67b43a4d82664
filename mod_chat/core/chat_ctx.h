/**
 * @file chat_ctx.h
 * The context of one request or WebSocket command: the user, the configuration, the database and
 * the pool. Functions of all rooms take it.
 *
 * Ownership: `pool`, that of the request or the command. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_CTX_H
#define MOD_CHAT_CHAT_CTX_H
#include "core/chat_config.h"

#define CHAT_DISPLAY_NAME_CHARS_MAX 100 /**< of a user, in code points */
#define CHAT_EPOCH_CHARS 16             /**< of chat.current_epoch(), lower-case hex digits */

struct chat_db_t;
struct chat_rate_table_t;

/** The user as httpd's authentication and configuration describe them. */
typedef struct chat_profile_t {
    const char *external_id;  /**< permanent: ChatUserId, or the user name */
    const char *former_id;    /**< an external_id they may have had before; NULL: none */
    const char *username;     /**< may change; NULL: not known here */
    const char *display_name; /**< cleaned; NULL: not configured, or empty */
    const char *email;        /**< NULL likewise */
    const char *avatar_url;   /**< NULL likewise */
} chat_profile_t;

/** The user's row, as the first statement of the request returned it. */
typedef struct chat_user_t {
    apr_int64_t id; /**< 0: not read yet */
    int is_active;
    const char *username; /**< NULL: another user has this name now */
    const char *display_name;
    const char *avatar_url; /**< NULL: none */
    const char *email;      /**< NULL: none */
} chat_user_t;

typedef struct chat_ctx_t {
    apr_pool_t *pool;
    const chat_config_t *config;
    struct chat_db_t *db;
    struct chat_rate_table_t *repeats; /**< recent messages, for ChatSpamRepeat */
    /** Whether a changed profile may be stored now: each change is an event for all users. NULL: it
     * may. */
    int (*may_store_profile)(const struct chat_ctx_t *ctx);
    chat_profile_t profile;
    chat_user_t user;
    apr_int64_t still_id; /**< the user's id must be this one, a WebSocket's; 0: any */
    apr_uint64_t xmin;    /**< of the answer's snapshot; 0: unknown (chat_invalidation.h) */
    const char *epoch;    /**< of the database, in the answer's snapshot; NULL: unknown */
} chat_ctx_t;
#endif
