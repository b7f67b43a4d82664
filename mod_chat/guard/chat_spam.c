/*
 * The allowance of a pattern. PCRE2's own limits are in force, but do not bound the time: they are
 * counted anew for each position where a match may begin, and a step may look at all of the text.
 * So the patterns are compiled with a callout before each item, and the callout counts: a step,
 * and what the match has moved since the last one. A few items (a back reference that fails, a
 * long fixed repeat) work without moving; for these the time that the thread has worked is looked
 * at now and then. It allows for two to four times what the steps take, so that for all others the
 * steps decide, the same way each time; unless the machine is much slower, as under valgrind.
 * No JIT: its code knows neither PCRE2's limit of depth nor that of memory, and an ordinary message
 * takes a few microseconds per pattern without.
 */
#include "guard/chat_spam.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <apr_strings.h>
#include <utf8proc.h>
#include <xxhash.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/chat_number.h"
#include "core/chat_text.h"

#define HTTP_UNPROCESSABLE_CONTENT 422

#define STEPS_PER_MATCH 50000
#define STEPS_PER_BYTE 16
#define BYTES_PER_STEP 16 /* moving this far is a step as well */
#define STEP_NS 60        /* what a step may take, two to four times what it does */
#define CLOCK_STEPS 16    /* callouts between two looks at the clock */
#define DEPTH_MAX 50000
#define HEAP_KIB_MAX 4096

#define PLAIN                                                                                      \
    (UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_IGNORE | UTF8PROC_LUMP)

typedef struct {
    const char *pattern;
    pcre2_code *code;
    chat_spam_action_t action;
} rule_t;

struct chat_spam_rules_t {
    rule_t patterns[CHAT_SPAM_PATTERNS_MAX];
    int count;
    apr_int64_t links_max;
    chat_spam_action_t links_action; /* CHAT_SPAM_OK: links are not counted */
};

/* What one run of one pattern has used up. */
typedef struct {
    apr_uint64_t steps, steps_max;
    apr_size_t position; /* in the text, at the last callout */
    unsigned callouts;
    apr_int64_t started_ns, worked_ns; /* by the clock and by the thread's own; 0: not looked yet */
} allowance_t;

/* A text to be judged. */
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

static apr_status_t free_code(void *code)
{
    pcre2_code_free(code);
    return APR_SUCCESS;
}

static apr_size_t count_chars(const char *text, apr_size_t length)
{
    apr_size_t chars = 0, i;

    for (i = 0; i < length; i++)
        chars += ((unsigned char)text[i] & 0xc0) != 0x80;
    return chars;
}

static const char *compile(pcre2_code **pcode, const char *pattern, apr_pool_t *p)
{
    PCRE2_UCHAR message[256];
    PCRE2_SIZE offset;
    int error;

    *pcode = pcre2_compile((PCRE2_SPTR)pattern, strlen(pattern),
                           PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_AUTO_CALLOUT |
                               PCRE2_NEVER_BACKSLASH_C,
                           &error, &offset, NULL);
    if (*pcode) {
        apr_pool_cleanup_register(p, *pcode, free_code, apr_pool_cleanup_null);
        return NULL;
    }
    pcre2_get_error_message(error, message, sizeof(message));
    return apr_psprintf(
        p, "the pattern \"%s\" cannot be used: %s, after %" APR_SIZE_T_FMT " characters", pattern,
        (const char *)message, count_chars(pattern, offset));
}

static int matches_nothing(const pcre2_code *code)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int matches = data && pcre2_match(code, (PCRE2_SPTR) "", 0, 0, 0, data, NULL) >= 0;

    pcre2_match_data_free(data);
    return matches;
}

const char *chat_spam_add_pattern(chat_spam_rules_t *rules, const char *pattern, const char *action,
                                  apr_pool_t *p)
{
    rule_t rule = {.pattern = apr_pstrdup(p, pattern)};
    const char *error = chat_spam_read_action(&rule.action, action);

    if (error)
        return error;
    if (rules->count == CHAT_SPAM_PATTERNS_MAX)
        return apr_psprintf(p, "there may be at most %d patterns", CHAT_SPAM_PATTERNS_MAX);
    if (strlen(pattern) > CHAT_SPAM_PATTERN_BYTES_MAX)
        return apr_psprintf(p, "a pattern may have at most %d bytes", CHAT_SPAM_PATTERN_BYTES_MAX);
    if (!chat_text_is_utf8(pattern, strlen(pattern)))
        return "the pattern is not valid UTF-8";
    error = compile(&rule.code, pattern, p);
    if (error)
        return error;
    if (matches_nothing(rule.code))
        return apr_psprintf(p, "the pattern \"%s\" matches an empty text, thus every message",
                            pattern);
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

/* Decompose the text into `points`, or only count them when that is NULL. */
static apr_size_t decompose(utf8proc_int32_t *points, apr_size_t room, const text_t *text,
                            int options)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text->bytes, *end = at + text->length;
    utf8proc_int32_t point, none[1] = {0};
    apr_size_t count = 0;
    int boundary = 0; /* asked for by utf8proc, not used here */

    while (at < end) {
        at += utf8proc_iterate(at, end - at, &point);
        count += (apr_size_t)utf8proc_decompose_char(point, points ? points + count : none,
                                                     points ? (utf8proc_ssize_t)(room - count) : 0,
                                                     (utf8proc_option_t)options, &boundary);
    }
    return count;
}

/* The text's characters in normal form KC without invisible ones, or nearly so: marks stay in the
 * order in which they came, since utf8proc takes quadratic time to sort them. */
static utf8proc_int32_t *plain_points(apr_size_t *pcount, const text_t *text, int options,
                                      apr_pool_t *p)
{
    apr_size_t room = decompose(NULL, 0, text, options);
    utf8proc_int32_t *points = apr_palloc(p, (room + 1) * sizeof(*points));

    decompose(points, room, text, options);
    *pcount = (apr_size_t)utf8proc_normalize_utf32(points, (utf8proc_ssize_t)room,
                                                   (utf8proc_option_t)options);
    return points;
}

static text_t encode(const utf8proc_int32_t *points, apr_size_t count, apr_pool_t *p)
{
    utf8proc_uint8_t *bytes = apr_palloc(p, count * 4 + 1), *at = bytes;
    apr_size_t i;

    for (i = 0; i < count; i++)
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

static apr_int64_t read_clock(clockid_t clock)
{
    struct timespec now = {0};

    clock_gettime(clock, &now);
    return (apr_int64_t)now.tv_sec * APR_INT64_C(1000000000) + now.tv_nsec;
}

/* Whether the thread has worked for longer than the steps may take. */
static int is_time_up(allowance_t *allowance)
{
    apr_int64_t most_ns = (apr_int64_t)allowance->steps_max * STEP_NS;

    if (allowance->started_ns == 0) {
        allowance->started_ns = read_clock(CLOCK_MONOTONIC);
        allowance->worked_ns = read_clock(CLOCK_THREAD_CPUTIME_ID);
        return 0;
    }
    /* The first clock is cheap to read, the second does not count when the thread had to wait. */
    return read_clock(CLOCK_MONOTONIC) - allowance->started_ns > most_ns &&
           read_clock(CLOCK_THREAD_CPUTIME_ID) - allowance->worked_ns > most_ns;
}

static int count_step(pcre2_callout_block *block, void *allowance_)
{
    allowance_t *allowance = allowance_;
    apr_size_t here = block->current_position, there = allowance->position;

    allowance->position = here;
    allowance->steps += 1 + (here > there ? here - there : there - here) / BYTES_PER_STEP;
    if (allowance->steps > allowance->steps_max)
        return PCRE2_ERROR_CALLOUT;
    if (++allowance->callouts % CLOCK_STEPS == 0 && is_time_up(allowance))
        return PCRE2_ERROR_CALLOUT;
    return 0;
}

/* 1: it matches; 0: it does not; -1: it ran out of its allowance. */
static int match(const rule_t *rule, const text_t *text, pcre2_match_data *data,
                 pcre2_match_context *limits)
{
    allowance_t allowance = {.steps_max = STEPS_PER_MATCH + STEPS_PER_BYTE * text->length};
    int rc;

    pcre2_set_callout(limits, count_step, &allowance);
    rc = pcre2_match(rule->code, (PCRE2_SPTR)text->bytes, text->length, 0, PCRE2_NO_UTF_CHECK, data,
                     limits);
    if (rc >= 0)
        return 1;
    return rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

static pcre2_match_context *make_limits(apr_size_t length)
{
    apr_uint64_t steps_max = STEPS_PER_MATCH + STEPS_PER_BYTE * (apr_uint64_t)length;
    pcre2_match_context *limits = pcre2_match_context_create(NULL);

    if (!limits)
        return NULL;
    pcre2_set_match_limit(limits, steps_max < UINT32_MAX ? (uint32_t)steps_max : UINT32_MAX);
    pcre2_set_depth_limit(limits, DEPTH_MAX);
    pcre2_set_heap_limit(limits, HEAP_KIB_MAX);
    return limits;
}

/* Raise the verdict to a rule's action, unless it is that high already. */
static void raise_to(chat_spam_action_t *pverdict, chat_spam_report_t *report,
                     chat_spam_action_t action, const char *rule)
{
    if (action <= *pverdict)
        return;
    *pverdict = action;
    report->rule = rule;
}

/* Match the patterns that could raise the verdict, with both forms of the text. */
static void try_patterns(chat_spam_action_t *pverdict, chat_spam_report_t *report,
                         const chat_spam_rules_t *rules, const text_t *text, const text_t *plain)
{
    int is_plain =
        text->length == plain->length && memcmp(text->bytes, plain->bytes, text->length) == 0;
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    pcre2_match_context *limits =
        make_limits(plain->length > text->length ? plain->length : text->length);
    const rule_t *rule;
    int i, first, second;

    for (i = 0; i < rules->count && *pverdict < CHAT_SPAM_REJECT; i++) {
        rule = &rules->patterns[i];
        if (rule->action <= *pverdict)
            continue;
        first = data && limits ? match(rule, text, data, limits) : -1;
        second = first == 1 || is_plain || !data || !limits ? 0 : match(rule, plain, data, limits);
        if (first == 1 || second == 1)
            raise_to(pverdict, report, rule->action, rule->pattern);
        else if (first < 0 || second < 0)
            report->exhausted++;
    }
    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);
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
        try_patterns(&verdict, report, rules, &text, &plain);
    return verdict;
}

/* ---- Links ----------------------------------------------------------------------------------- */

static int is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Whether a host may begin with this byte: a letter, a digit, another script, an IPv6 address. */
static int begins_host(char c)
{
    return is_alphanumeric(c) || (unsigned char)c >= 0x80 || c == '[';
}

/* The length of "http://", "https://" or a word's first "www." at this place, or 0. */
static apr_size_t link_prefix(const char *text, apr_size_t at, apr_size_t length)
{
    static const char *const prefixes[] = {"http://", "https://", "www."};
    apr_size_t i, bytes;

    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        bytes = strlen(prefixes[i]);
        if (length - at <= bytes || strncasecmp(text + at, prefixes[i], bytes) != 0 ||
            !begins_host(text[at + bytes]))
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
        bytes = link_prefix(text, at, length);
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
    XXH128_hash_t hash;

    if (chat_text_is_utf8(text.bytes, text.length)) {
        points = plain_points(&count, &text, PLAIN | UTF8PROC_CASEFOLD, p);
        text = encode(points, join_blanks(points, count), p);
    }
    hash = XXH3_128bits(text.bytes, text.length);
    return apr_psprintf(p, "%016" APR_UINT64_T_HEX_FMT "%016" APR_UINT64_T_HEX_FMT ":%s",
                        (apr_uint64_t)hash.high64, (apr_uint64_t)hash.low64, username);
}

chat_problem_t *chat_spam_problem(apr_pool_t *p)
{
    return chat_problem(p, HTTP_UNPROCESSABLE_CONTENT, "spam",
                        "This message looks like spam and was not sent.");
}
