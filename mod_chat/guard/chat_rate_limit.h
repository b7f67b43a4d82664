/**
 * @file chat_rate_limit.h
 * One line of ChatRateLimit: the action, the rate, the burst and the expression of its key.
 *
 * Threads: created while httpd reads its configuration, read-only afterwards.
 */
#ifndef MOD_CHAT_CHAT_RATE_LIMIT_H
#define MOD_CHAT_CHAT_RATE_LIMIT_H
#include <apr.h>
#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_time.h>

/** The actions that can be limited. */
typedef enum chat_action_t {
    CHAT_ACTION_NONE,      /**< not limited */
    CHAT_ACTION_OPEN,      /**< open a conversation */
    CHAT_ACTION_SEND,      /**< post a message */
    CHAT_ACTION_READ,      /**< mark messages as read */
    CHAT_ACTION_TYPING,    /**< report typing */
    CHAT_ACTION_SEARCH,    /**< search messages */
    CHAT_ACTION_UPLOAD,    /**< send an attachment */
    CHAT_ACTION_CONNECT,   /**< open a WebSocket */
    CHAT_ACTION_ADMIN,     /**< requests below admin/, and blocking members */
    CHAT_ACTION_NOTIFY,    /**< change how one is notified */
    CHAT_ACTION_PUSH_TEST, /**< have a push sent to oneself */
    CHAT_ACTION_COUNT
} chat_action_t;

/** The names of the actions in the directive. */
extern const char *const chat_rate_limit_action_names[CHAT_ACTION_COUNT];

/** One limit. chat_rate_limit_seal() fills the last three fields from those before. */
typedef struct chat_rate_limit_t {
    const char *name;             /**< in answers; ASCII; different for limits of one action */
    int action;                   /**< chat_action_t; each action is counted separately */
    apr_int64_t count;            /**< allowed in each period; 0: off, no limit */
    apr_interval_time_t period;   /**< µs; whole seconds */
    apr_int64_t burst;            /**< allowed at once */
    const char *key_text;         /**< the expression for the key; NULL: the user */
    apr_interval_time_t interval; /**< µs for one admission: period / count, rounded up */
    apr_interval_time_t span;     /**< µs until a used-up allowance is full again */
    apr_uint64_t identity; /**< a hash of all members but the name: equal limits share entries */
} chat_rate_limit_t;

/**
 * Read `<action> <n>/<period> [burst=<n>] [key=<expr>]` or `<action> off`. The name is that of the
 * action; for a second limit of the action the caller changes it ("send-2"). Returns NULL, and the
 * limit is sealed; otherwise an error message for the administrator.
 */
const char *chat_rate_limit_parse(chat_rate_limit_t *limit, int argc, const char *const argv[],
                                  apr_pool_t *p);

/** Read a period: "s", "10s", "m", "2h", "d". 0: it is something else. More than 366 days are
 * 367 or more. */
int chat_rate_limit_read_period(apr_int64_t *pseconds, const char *text);

/** The default limit of an action, which is too high to affect a person. */
void chat_rate_limit_default(chat_rate_limit_t *limit, chat_action_t action);

/**
 * Compute the last three members; call it after count, period, burst or key_text have been set by
 * hand. APR_EINVAL: numbers that the parser would refuse.
 */
apr_status_t chat_rate_limit_seal(chat_rate_limit_t *limit);
#endif
