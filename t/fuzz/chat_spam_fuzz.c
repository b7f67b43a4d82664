/*
 * The rules about what a message says, some of which make a naive matcher work forever. A verdict
 * names its rule and is the same the second time; links are counted by another reader, too; and a
 * repeat is known again in other letters and with other blanks. Input: the message.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>

#include "core/chat_text.h"
#include "guard/chat_spam.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

#define LINKS_MAX 2

static chat_spam_rules_t *rules;

static void prepare(void)
{
    static const char *const patterns[][2] = {{"c[a4]sino|\\bfree money\\b", "reject"},
                                              {"(?:a+)+$", "flag"},
                                              {"(.*)\\1{3}x", "flag"},
                                              {"\\p{Han}{5,}", NULL}};
    apr_size_t i;
    apr_pool_t *p;

    apr_initialize();
    atexit(apr_terminate); /* frees what only APR's pools know, which is no leak */
    apr_pool_create(&p, NULL);
    rules = chat_spam_create(p);
    for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
        REQUIRE(!chat_spam_add_pattern(rules, patterns[i][0], patterns[i][1], p));
    REQUIRE(!chat_spam_set_links(rules, APR_STRINGIFY(LINKS_MAX), "flag", p));
}

/* Whether a letter or a digit, in any script, comes before what ends a host. */
static int has_host(const char *at)
{
    for (; *at && (unsigned char)*at > ' ' && *at != 0x7f && !strchr("<>\"'`/\\?#", *at); at++)
        if (isalnum((unsigned char)*at) || (unsigned char)*at >= 0x80)
            return 1;
    return 0;
}

/* By what stands before each "://", and before each "www." */
static apr_size_t count_links(const char *text, apr_pool_t *p)
{
    char *lower = apr_pstrdup(p, text), *at;
    apr_size_t count = 0;

    for (at = lower; *at; at++)
        *at = (char)((unsigned char)*at < 0x80 ? tolower((unsigned char)*at) : *at);
    for (at = lower; (at = strstr(at, "://")) != NULL; at += 3)
        count += has_host(at + 3 + strspn(at + 3, "/\\")) &&
                 ((at - lower >= 4 && strncmp(at - 4, "http", 4) == 0) ||
                  (at - lower >= 5 && strncmp(at - 5, "https", 5) == 0));
    for (at = lower; (at = strstr(at, "www.")) != NULL; at += 4)
        count += has_host(at + 4) &&
                 (at == lower || (!isalnum((unsigned char)at[-1]) && !strchr("-_./@", at[-1])));
    return count;
}

static void check_verdict(const char *text, apr_size_t length, apr_pool_t *p)
{
    chat_spam_report_t once, twice;
    chat_spam_action_t verdict = chat_spam_verdict(&once, rules, text, length, p);
    chat_spam_action_t again = chat_spam_verdict(&twice, rules, text, length, p);

    REQUIRE((verdict == CHAT_SPAM_OK) == (once.rule == NULL));
    REQUIRE(once.exhausted || twice.exhausted || (verdict == again && once.rule == twice.rule));
    REQUIRE(chat_text_is_utf8(text, length) || (verdict == CHAT_SPAM_OK && !once.exhausted));
}

static void check_links(const char *text, apr_size_t length, apr_pool_t *p)
{
    chat_spam_report_t report;
    apr_size_t links = chat_spam_count_links(text, length), i;

    REQUIRE(links == count_links(text, p));
    for (i = 0; i < length; i++)
        if ((unsigned char)text[i] >= 0x80)
            return; /* where its plain form may have more */
    REQUIRE(links <= LINKS_MAX ||
            chat_spam_verdict(&report, rules, text, length, p) != CHAT_SPAM_OK);
}

static void check_repeat(const char *text, apr_pool_t *p)
{
    const char *key = chat_spam_repeat_key("ada", text, p);
    char *other = apr_pstrcat(p, " \t", text, "\r\n", NULL), *at;

    REQUIRE(strncmp(key, "ada\n", 4) == 0);
    if (!chat_text_is_utf8(text, strlen(text)))
        return;
    for (at = other; *at; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    REQUIRE(strcmp(chat_spam_repeat_key("ada", other, p), key) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p;
    char *text;

    if (!rules)
        prepare();
    if (memchr(data, '\0', size))
        return -1; /* no message holds one */
    apr_pool_create(&p, NULL);
    text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    check_verdict(text, size, p);
    check_links(text, size, p);
    check_repeat(text, p);
    free(text);
    apr_pool_destroy(p);
    return 0;
}
