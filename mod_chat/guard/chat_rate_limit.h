/**
 * @file chat_rate_limit.h
 * How often something may be done, as an administrator writes it: ChatRateLimit.
 *
 * Threads: made while httpd reads its configuration, read by any thread ever after.
 */
#ifndef MOD_CHAT_CHAT_RATE_LIMIT_H
#define MOD_CHAT_CHAT_RATE_LIMIT_H
#include <apr.h>
#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_time.h>

/** What can be limited. */
typedef enum chat_action_t {
    CHAT_ACTION_NONE,    /**< nothing that is limited */
    CHAT_ACTION_OPEN,    /**< open a conversation */
    CHAT_ACTION_SEND,    /**< post a message */
    CHAT_ACTION_READ,    /**< mark messages as read */
    CHAT_ACTION_TYPING,  /**< say that one is typing */
    CHAT_ACTION_SEARCH,  /**< search messages */
    CHAT_ACTION_UPLOAD,  /**< send an attachment */
    CHAT_ACTION_CONNECT, /**< open a WebSocket */
    CHAT_ACTION_ADMIN,   /**< change something as an administrator */
    CHAT_ACTION_COUNT
} chat_action_t;

/** The actions' names, as the directive has them. */
extern const char *const chat_rate_limit_action_names[CHAT_ACTION_COUNT];

/** One limit. chat_rate_limit_seal() fills the last three fields from those before. */
typedef struct chat_rate_limit_t {
    const char *name;             /**< in answers; ASCII; of stacked limits each has its own */
    int action;                   /**< chat_action_t; limits of two actions share nothing */
    apr_int64_t count;            /**< so many in each period; 0: off, all are admitted */
    apr_interval_time_t period;   /**< µs; whole seconds */
    apr_int64_t burst;            /**< so many at once */
    const char *key_text;         /**< the expression for the key; NULL: the user */
    apr_interval_time_t interval; /**< µs that one admission costs: period / count, rounded up */
    apr_interval_time_t span;     /**< µs after which a used-up allowance is full again */
    apr_uint64_t identity; /**< equal for limits equal in all but the name: they share entries */
} chat_rate_limit_t;

/**
 * Read `<action> <n>/<period> [burst=<n>] [key=<expr>]` or `<action> off`. The name becomes the
 * action's; a caller that stacks limits gives the second another ("send-2"). NULL: fine, the
 * limit is sealed; else what is wrong, for the administrator.
 */
const char *chat_rate_limit_parse(chat_rate_limit_t *limit, int argc, const char *const argv[],
                                  apr_pool_t *p);

/** The limit of an action for which nothing is configured: a person never meets it. */
void chat_rate_limit_default(chat_rate_limit_t *limit, chat_action_t action);

/**
 * Compute what asking needs; to be called after count, period, burst or key_text were set by hand.
 * APR_EINVAL: numbers that chat_rate_limit_parse() would refuse.
 */
apr_status_t chat_rate_limit_seal(chat_rate_limit_t *limit);
#endif
