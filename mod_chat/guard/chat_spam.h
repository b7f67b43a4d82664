/**
 * @file chat_spam.h
 * Is it wanted? Rules about what a message says: patterns, the number of links, repeats.
 *
 * Patterns, those of guard/chat_regex.h, are matched with the text as it stands and with its
 * plain form, where full-width and similar forms of letters are ordinary ones and invisible
 * characters are gone. A known limit: letters of another script that look the same stay what they
 * are. Bounded: a pattern that runs out of its allowance counts as not matching, and is reported.
 * Threads: rules are made while httpd reads its configuration, read by any thread ever after.
 */
#ifndef MOD_CHAT_CHAT_SPAM_H
#define MOD_CHAT_CHAT_SPAM_H
#include <apr_pools.h>

#include "core/chat_problem.h"

#define CHAT_SPAM_PATTERNS_MAX 256 /**< in one set of rules */
#define CHAT_SPAM_LINKS_MAX 10000  /**< that ChatSpamLinks may name */

typedef struct chat_spam_rules_t chat_spam_rules_t;

/** What a rule does with a message, and the verdict on one; the higher one counts. */
typedef enum {
    CHAT_SPAM_OK = 0,
    CHAT_SPAM_FLAG,  /**< store it, marked for the staff and the admin */
    CHAT_SPAM_REJECT /**< do not store it: chat_spam_problem() */
} chat_spam_action_t;

/** How a verdict came about. */
typedef struct chat_spam_report_t {
    const char
        *rule;     /**< "links", or the pattern as configured; NULL: no rule. For the log only. */
    int exhausted; /**< how many patterns ran out of their allowance */
} chat_spam_report_t;

/** Rules that let everything through. Freed with the pool. */
chat_spam_rules_t *chat_spam_create(apr_pool_t *p);

/** Read "reject" or "flag", in any case; NULL: reject. The result is NULL, or a sentence for
 * whoever wrote the configuration; so it is below. */
const char *chat_spam_read_action(chat_spam_action_t *paction, const char *word);

/** ChatSpam: a message that matches. Refused: what is no pattern, or matches the empty text. */
const char *chat_spam_add_pattern(chat_spam_rules_t *rules, const char *pattern, const char *action,
                                  apr_pool_t *p);

/** ChatSpamLinks: a message with more links than `count`, a decimal number; 0 allows none. */
const char *chat_spam_set_links(chat_spam_rules_t *rules, const char *count, const char *action,
                                apr_pool_t *p);

/**
 * Judge a message. `text` is what chat_text_clean() gave (what is no UTF-8 matches nothing);
 * `rules` NULL: none. The first rule that rejects decides, else the first that flags.
 */
chat_spam_action_t chat_spam_verdict(chat_spam_report_t *report, const chat_spam_rules_t *rules,
                                     const char *text, apr_size_t length, apr_pool_t *p);

/**
 * How many links a text has: each http:// and https:// with something behind it, and each www. that
 * begins a word. A bare domain name is no link.
 */
apr_size_t chat_spam_count_links(const char *text, apr_size_t length);

/**
 * ChatSpamRepeat: the key under which chat_rate_table counts this user's messages with this
 * content: the name and the text, as other users or texts must not share a key. Letter case,
 * blanks, invisible characters and forms of letters make no difference.
 */
const char *chat_spam_repeat_key(const char *username, const char *text, apr_pool_t *p);

/** 422 `spam`. It does not say which rule: that would teach how to get round it. */
chat_problem_t *chat_spam_problem(apr_pool_t *p);
#endif
