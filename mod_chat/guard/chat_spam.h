/**
 * @file chat_spam.h
 * Spam rules: patterns (ChatSpam), the number of links (ChatSpamLinks), and the key for repetitions
 * (ChatSpamRepeat).
 *
 * Patterns (guard/chat_regex.h) are matched against the text as it is and against its plain form,
 * in which full-width and similar forms of letters are replaced by ordinary ones and invisible
 * characters are removed. A known limit: letters of another script that look the same are not
 * replaced. Bounded: a pattern that exceeds its limit of work counts as not matching, and is
 * reported. Threads: rules are created while httpd reads its configuration, and read-only
 * afterwards.
 */
#ifndef MOD_CHAT_CHAT_SPAM_H
#define MOD_CHAT_CHAT_SPAM_H
#include <apr_pools.h>

#include "core/chat_problem.h"

#define CHAT_SPAM_PATTERNS_MAX 256 /**< in one set of rules */
#define CHAT_SPAM_LINKS_MAX 10000  /**< the maximum of ChatSpamLinks */

typedef struct chat_spam_rules_t chat_spam_rules_t;

/** The action of a rule, and the verdict on a message: the highest action of its rules. */
typedef enum {
    CHAT_SPAM_OK = 0,
    CHAT_SPAM_FLAG,  /**< store it with a flag for staff and administrators */
    CHAT_SPAM_REJECT /**< do not store it: chat_spam_problem() */
} chat_spam_action_t;

/** The reason of a verdict. */
typedef struct chat_spam_report_t {
    const char
        *rule;     /**< "links", or the pattern as configured; NULL: no rule. For the log only. */
    int exhausted; /**< the number of patterns that exceeded their limit of work */
} chat_spam_report_t;

/** An empty set of rules, which admits every message. Freed with the pool. */
chat_spam_rules_t *chat_spam_create(apr_pool_t *p);

/** Read "reject" or "flag", in any case; NULL: reject. Returns NULL, or an error message for the
 * administrator, as do the functions below. */
const char *chat_spam_read_action(chat_spam_action_t *paction, const char *word);

/** ChatSpam: add a pattern. An error if it is invalid or matches the empty text. */
const char *chat_spam_add_pattern(chat_spam_rules_t *rules, const char *pattern, const char *action,
                                  apr_pool_t *p);

/** ChatSpamLinks: set the maximum number of links, a decimal number; 0 allows none. */
const char *chat_spam_set_links(chat_spam_rules_t *rules, const char *count, const char *action,
                                apr_pool_t *p);

/**
 * Apply the rules to a message. `text` is the result of chat_text_clean(); text that is not UTF-8
 * matches nothing. `rules` NULL: no rules. The first rule that rejects decides, otherwise the first
 * that flags.
 */
chat_spam_action_t chat_spam_verdict(chat_spam_report_t *report, const chat_spam_rules_t *rules,
                                     const char *text, apr_size_t length, apr_pool_t *p);

/**
 * The number of links in a text: each http:// and https:// with a host, and each www. at the
 * beginning of a word. A domain name alone is not a link.
 */
apr_size_t chat_spam_count_links(const char *text, apr_size_t length);

/**
 * ChatSpamRepeat: the key under which the rate table counts this text of this user: the user's
 * identifier and the plain form of the text, without regard to case and white space. The key is not
 * a hash, so that different texts never share one.
 */
const char *chat_spam_repeat_key(const char *username, const char *text, apr_pool_t *p);

/** 422 `spam`. It does not name the rule, so that it does not help to evade it. */
chat_problem_t *chat_spam_problem(apr_pool_t *p);
#endif
