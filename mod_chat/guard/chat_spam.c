#include "guard/chat_spam.h"

#include <string.h>
#include <strings.h>

#include <apr_strings.h>
#include <utf8proc.h>

#include "core/chat_number.h"
#include "core/chat_text.h"
#include "guard/chat_regex.h"

#define PLAIN                                                                                      \
    (UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_IGNORE | UTF8PROC_LUMP)

typedef struct {
    const char *text; /* as configured */
    chat_regex_t *pattern;
    chat_spam_action_t action;
} rule_t;

struct chat_spam_rules_t {
    rule_t patterns[CHAT_SPAM_PATTERNS_MAX];
    int count;
    apr_int64_t links_max;
    chat_spam_action_t links_action; /* CHAT_SPAM_OK: links are not counted */
};

/* The text of a message. */
typedef struct {
    const char *bytes;
    apr_size_t length;
} text_t;

/* ---- Configuration --------------------------------------------------------------------------- */

chat_spam_rules_t *chat_spam_create(apr_pool_t *p)
{
    return apr_pcalloc(p, sizeof(chat_spam_rules_t));
}

const char *chat_spam_read_action(chat_spam_action_t *paction, const char *word)
{
    *paction = CHAT_SPAM_REJECT;
    if (!word || strcasecmp(word, "reject") == 0)
        return NULL;
    if (strcasecmp(word, "flag") != 0)
        return "the action must be reject or flag";
    *paction = CHAT_SPAM_FLAG;
    return NULL;
}

const char *chat_spam_add_pattern(chat_spam_rules_t *rules, const char *pattern, const char *action,
                                  apr_pool_t *p)
{
    rule_t rule = {.text = apr_pstrdup(p, pattern)};
    const char *error = chat_spam_read_action(&rule.action, action);

    if (error)
        return error;
    if (rules->count == CHAT_SPAM_PATTERNS_MAX)
        return apr_psprintf(p, "at most %d patterns are allowed", CHAT_SPAM_PATTERNS_MAX);
    error = chat_regex_compile(&rule.pattern, pattern, p);
    if (error)
        return error;
    rules->patterns[rules->count++] = rule;
    return NULL;
}

const char *chat_spam_set_links(chat_spam_rules_t *rules, const char *count, const char *action,
                                apr_pool_t *p)
{
    chat_spam_action_t links_action;
    const char *error = chat_spam_read_action(&links_action, action);
    apr_int64_t links_max;

    if (error)
        return error;
    if (chat_number_read(&links_max, count) != APR_SUCCESS || links_max > CHAT_SPAM_LINKS_MAX)
        return apr_psprintf(p, "the number of links must be a whole number from 0 to %d",
                            CHAT_SPAM_LINKS_MAX);
    rules->links_max = links_max;
    rules->links_action = links_action;
    return NULL;
}

/* ---- The plain form -------------------------------------------------------------------------- */

static int is_ascii(const char *text, apr_size_t length)
{
    apr_size_t i;

    for (i = 0; i < length; i++)
        if ((unsigned char)text[i] >= 0x80)
            return 0;
    return 1;
}

/* The plain form of an ASCII character; utf8proc has the same result, but is slower. */
static utf8proc_int32_t plain_ascii(utf8proc_uint8_t c, int options)
{
    return options & UTF8PROC_CASEFOLD && c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Decompose the text into `points`, or only count them when that is NULL. */
static apr_size_t decompose(utf8proc_int32_t *points, apr_size_t room, const text_t *text,
                            int options)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text->bytes, *end = at + text->length;
    utf8proc_int32_t point, none[1] = {0};
    apr_size_t count = 0;
    int boundary = 0; /* asked for by utf8proc, not used here */

    while (at < end) {
        if (*at < 0x80) {
            if (points)
                points[count] = plain_ascii(*at, options);
            count++;
            at++;
            continue;
        }
        at += utf8proc_iterate(at, end - at, &point);
        count += (apr_size_t)utf8proc_decompose_char(point, points ? points + count : none,
                                                     points ? (utf8proc_ssize_t)(room - count) : 0,
                                                     (utf8proc_option_t)options, &boundary);
    }
    return count;
}

/* The code points of the text in normal form KC, without invisible ones. Combining marks keep their
 * order, because utf8proc needs quadratic time to sort them. */
static utf8proc_int32_t *plain_points(apr_size_t *pcount, const text_t *text, int options,
                                      apr_pool_t *p)
{
    apr_size_t room = decompose(NULL, 0, text, options);
    utf8proc_int32_t *points = apr_palloc(p, (room + 1) * sizeof(*points));

    *pcount = decompose(points, room, text, options);
    if (!is_ascii(text->bytes, text->length))
        *pcount = (apr_size_t)utf8proc_normalize_utf32(points, (utf8proc_ssize_t)room,
                                                       (utf8proc_option_t)options);
    return points;
}

static text_t encode(const utf8proc_int32_t *points, apr_size_t count, apr_pool_t *p)
{
    utf8proc_uint8_t *bytes = apr_palloc(p, count * 4 + 1), *at = bytes;
    apr_size_t i;

    for (i = 0; i < count; i++)
        if (points[i] < 0x80)
            *at++ = (utf8proc_uint8_t)points[i];
        else
            at += utf8proc_encode_char(points[i], at);
    *at = '\0';
    return (text_t){(const char *)bytes, (apr_size_t)(at - bytes)};
}

static text_t make_plain(const text_t *text, apr_pool_t *p)
{
    apr_size_t count;
    utf8proc_int32_t *points;

    if (is_ascii(text->bytes, text->length))
        return *text;
    points = plain_points(&count, text, PLAIN, p);
    return encode(points, count, p);
}

/* ---- Verdicts -------------------------------------------------------------------------------- */

/* Raise the verdict to the action of a rule, unless it is as high already. */
static void raise_to(chat_spam_action_t *pverdict, chat_spam_report_t *report,
                     chat_spam_action_t action, const char *rule)
{
    if (action <= *pverdict)
        return;
    *pverdict = action;
    report->rule = rule;
}

/* Match the patterns that could raise the verdict against both forms of the text. */
static void try_patterns(chat_spam_action_t *pverdict, chat_spam_report_t *report,
                         const chat_spam_rules_t *rules, const text_t *text, const text_t *plain,
                         apr_pool_t *p)
{
    int is_plain =
        text->length == plain->length && memcmp(text->bytes, plain->bytes, text->length) == 0;
    chat_regex_workspace_t *workspace = chat_regex_workspace(p);
    chat_regex_result_t first, second;
    const rule_t *rule;
    int i;

    for (i = 0; i < rules->count && *pverdict < CHAT_SPAM_REJECT; i++) {
        rule = &rules->patterns[i];
        if (rule->action <= *pverdict)
            continue;
        first = chat_regex_match(rule->pattern, text->bytes, text->length, workspace);
        second = first == CHAT_REGEX_MATCH || is_plain
                     ? CHAT_REGEX_NO_MATCH
                     : chat_regex_match(rule->pattern, plain->bytes, plain->length, workspace);
        if (first == CHAT_REGEX_MATCH || second == CHAT_REGEX_MATCH)
            raise_to(pverdict, report, rule->action, rule->text);
        else if (first == CHAT_REGEX_EXHAUSTED || second == CHAT_REGEX_EXHAUSTED)
            report->exhausted++;
    }
    chat_regex_workspace_free(workspace);
}

chat_spam_action_t chat_spam_verdict(chat_spam_report_t *report, const chat_spam_rules_t *rules,
                                     const char *text_, apr_size_t length, apr_pool_t *p)
{
    const text_t text = {text_, length};
    chat_spam_action_t verdict = CHAT_SPAM_OK;
    text_t plain;

    report->rule = NULL;
    report->exhausted = 0;
    if (!rules || (rules->count == 0 && rules->links_action == CHAT_SPAM_OK) ||
        !chat_text_is_utf8(text_, length))
        return CHAT_SPAM_OK;
    plain = make_plain(&text, p);
    if (rules->links_action != CHAT_SPAM_OK &&
        chat_spam_count_links(plain.bytes, plain.length) > (apr_size_t)rules->links_max)
        raise_to(&verdict, report, rules->links_action, "links");
    if (rules->count > 0 && verdict < CHAT_SPAM_REJECT)
        try_patterns(&verdict, report, rules, &text, &plain, p);
    return verdict;
}

/* ---- Links ----------------------------------------------------------------------------------- */

static int is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Whether this byte ends a link. */
static int ends_link(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f || strchr("<>\"'`", c);
}

/* Whether there is a host at this position, as browsers parse it: it contains a letter or a digit,
 * in any script or encoded. */
static int has_host(const char *text, apr_size_t at, apr_size_t length)
{
    for (; at < length && !ends_link(text[at]) && !strchr("/\\?#", text[at]); at++)
        if (is_alphanumeric(text[at]) || (unsigned char)text[at] >= 0x80)
            return 1;
    return 0;
}

/* Browsers accept any number of slashes and backslashes. */
static apr_size_t skip_slashes(const char *text, apr_size_t at, apr_size_t length)
{
    while (at < length && (text[at] == '/' || text[at] == '\\'))
        at++;
    return at;
}

/* Whether a prefix may begin with this byte: a cheap check before the comparison. */
static int begins_prefix(char c)
{
    return c == 'h' || c == 'H' || c == 'w' || c == 'W';
}

/* The length of "http://", "https://" or a word's first "www." at this place, where a host follows,
 * or 0. What mod_chat/web/ui/linkify.js makes a link is one here (t/tables/links.tsv). */
static apr_size_t link_prefix(const char *text, apr_size_t at, apr_size_t length)
{
    static const char *const prefixes[] = {"http://", "https://", "www."};
    apr_size_t i, bytes, host;

    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        bytes = strlen(prefixes[i]);
        if (length - at <= bytes || strncasecmp(text + at, prefixes[i], bytes) != 0)
            continue;
        host = prefixes[i][0] == 'w' ? at + bytes : skip_slashes(text, at + bytes, length);
        if (!has_host(text, host, length))
            continue;
        if (prefixes[i][0] == 'w' && at > 0 &&
            (is_alphanumeric(text[at - 1]) || strchr("-_./@", text[at - 1])))
            continue;
        return bytes;
    }
    return 0;
}

apr_size_t chat_spam_count_links(const char *text, apr_size_t length)
{
    apr_size_t links = 0, at = 0, bytes;

    while (at < length) {
        bytes = begins_prefix(text[at]) ? link_prefix(text, at, length) : 0;
        links += bytes > 0;
        at += bytes > 0 ? bytes : 1;
    }
    return links;
}

/* ---- Repeats --------------------------------------------------------------------------------- */

static int is_blank(utf8proc_int32_t point)
{
    return point == ' ' || (point >= 0x09 && point <= 0x0d) || point == 0x85 || point == 0x2028 ||
           point == 0x2029;
}

/* Make each run of blanks one, and none of those at either end: the new count. */
static apr_size_t join_blanks(utf8proc_int32_t *points, apr_size_t count)
{
    apr_size_t kept = 0, i;
    int is_blank_due = 0;

    for (i = 0; i < count; i++) {
        if (is_blank(points[i])) {
            is_blank_due = kept > 0;
            continue;
        }
        if (is_blank_due)
            points[kept++] = ' ';
        is_blank_due = 0;
        points[kept++] = points[i];
    }
    return kept;
}

const char *chat_spam_repeat_key(const char *username, const char *text_, apr_pool_t *p)
{
    text_t text = {text_, strlen(text_)};
    utf8proc_int32_t *points;
    apr_size_t count;

    if (chat_text_is_utf8(text.bytes, text.length)) {
        points = plain_points(&count, &text, PLAIN | UTF8PROC_CASEFOLD, p);
        text = encode(points, join_blanks(points, count), p);
    }
    return apr_pstrcat(p, username, "\n", text.bytes, NULL); /* a name has no line break */
}

chat_problem_t *chat_spam_problem(apr_pool_t *p)
{
    return chat_problem(p, CHAT_HTTP_UNPROCESSABLE_CONTENT, "spam",
                        "This message looks like spam and was not sent.");
}
