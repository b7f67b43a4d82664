/**
 * @file chat_ctx.h
 * Who asks, and with what: what every room needs to know of the exchange it works for.
 *
 * Ownership: lives in `pool`, the request's (or the letter's) pool. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_CTX_H
#define MOD_CHAT_CHAT_CTX_H
#include "core/chat_config.h"

#define CHAT_DISPLAY_NAME_CHARS_MAX 100 /**< of a user, in code points */
#define CHAT_EPOCH_CHARS 16             /**< of chat.current_epoch(), lower-case hex digits */

struct chat_db_t;
struct chat_rate_table_t;

/** What Apache says of the user of this request. */
typedef struct chat_profile_t {
    const char *external_id;  /**< identifies them for good: ChatUserId, or the name */
    const char *former_id;    /**< by which they may have been known before; NULL: none */
    const char *username;     /**< what they are called now; NULL: not known here */
    const char *display_name; /**< cleaned; NULL: no expression, or nothing to say */
    const char *email;        /**< NULL likewise */
    const char *avatar_url;   /**< NULL likewise */
} chat_profile_t;

/** The asking user's row, as the first statement of the request found it. */
typedef struct chat_user_t {
    apr_int64_t id; /**< 0: not asked yet */
    int is_active;
    const char *username; /**< NULL: somebody else is called so now */
    const char *display_name;
    const char *avatar_url; /**< NULL: none */
    const char *email;      /**< NULL: none */
} chat_user_t;

typedef struct chat_ctx_t {
    apr_pool_t *pool;
    const chat_config_t *config;
    struct chat_db_t *db;
    struct chat_rate_table_t *throttle;
    struct chat_rate_table_t *repeats; /**< what was said lately, for ChatSpamRepeat */
    /** Whether a profile that has changed may be stored now: each change is news for all users.
     * NULL: it may. */
    int (*may_store_profile)(const struct chat_ctx_t *ctx);
    chat_profile_t profile;
    chat_user_t user;
    apr_int64_t still_id; /**< a socket's user, who must be the asker; 0: whoever it is */
    apr_uint64_t
        xmin; /**< all transactions before it were seen; 0: unknown (chat_invalidation.h) */
    const char *epoch; /**< the database's life, as the answer's statement saw it; NULL: unknown */
} chat_ctx_t;
#endif
