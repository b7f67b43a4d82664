/*
 * A pattern is compiled twice: to be tried carefully, and to be tried quickly.
 *
 * The careful way bounds the work. PCRE2's own limits do not bound the time: they are counted anew
 * for each position where a match may begin, and a step may look at all of the text. So there is a
 * callout before each item, and it counts: a step, and what the match has moved since the last one.
 * A few items (a back reference that fails, a long fixed repeat) work without moving; for these
 * the time that the thread has worked is looked at now and then. It allows for two to four times
 * what the steps take, so that for all others the steps decide, the same way each time; unless the
 * machine is much slower, as under valgrind. No JIT: its code knows neither PCRE2's limit of depth
 * nor that of memory, and with callouts it is hardly twice as fast.
 *
 * The quick way is PCRE2's JIT without callouts, several times as fast. It may only say that a
 * pattern is not in the text, which is the answer for nearly all; whatever else it says, the
 * careful way decides, as it did alone. So an ordinary text costs little, and no message has
 * another verdict for it. It is kept short in three ways, each of which only makes it give up: by
 * few steps from a position, by few positions in one call, and by the clock between two calls. A
 * known limit: where nearly every step looks at all of the text, as look-aheads in a repeat may,
 * one call takes up to three times what the careful way does. Its stack is 32 KiB of the thread's
 * own. Where the JIT is missing, or may have no memory for its code, all is tried carefully.
 */
#include "guard/chat_pattern.h"

#include <string.h>
#include <time.h>

#include <apr_strings.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/chat_text.h"

#define STEPS_PER_MATCH 50000
#define STEPS_PER_BYTE 16
#define BYTES_PER_STEP 16 /* moving this far is a step as well */
#define STEP_NS 60        /* what a step may take, two to four times what it does */
#define CLOCK_STEPS 16    /* callouts between two looks at the clock */
#define DEPTH_MAX 50000
#define HEAP_KIB_MAX 4096

#define QUICK_STEPS_MAX 64         /* from one position, as PCRE2 counts them */
#define QUICK_BYTES_MAX 262144     /* positions of one call times bytes that each may look at */
#define QUICK_NS_PER_BYTE 200      /* of the text; ordinary patterns take 0.1 to 20 */
#define QUICK_CODE_BYTES_MAX 16384 /* compiled; the JIT takes too long to translate more */

#define COMPILE_OPTIONS (PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C)

struct chat_pattern_t {
    pcre2_code *careful;
    pcre2_code *quick; /* NULL: there is none */
};

struct chat_pattern_tools_t {
    apr_pool_t *pool;
    pcre2_match_data *data; /* nobody asks where a match is, but PCRE2 wants to say it */
    pcre2_match_context *limits;
};

/* What one careful try has used up. */
typedef struct {
    apr_uint64_t steps, steps_max;
    apr_size_t position; /* in the text, at the last callout */
    unsigned callouts;
    apr_int64_t started_ns, worked_ns; /* by the clock and by the thread's own; 0: not looked yet */
} allowance_t;

/* ---- Making ---------------------------------------------------------------------------------- */

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

static const char *compile_careful(pcre2_code **pcode, const char *text, apr_pool_t *p)
{
    PCRE2_UCHAR message[256];
    PCRE2_SIZE offset;
    int error;

    *pcode = pcre2_compile((PCRE2_SPTR)text, strlen(text), COMPILE_OPTIONS | PCRE2_AUTO_CALLOUT,
                           &error, &offset, NULL);
    if (*pcode) {
        apr_pool_cleanup_register(p, *pcode, free_code, apr_pool_cleanup_null);
        return NULL;
    }
    pcre2_get_error_message(error, message, sizeof(message));
    return apr_psprintf(
        p, "the pattern \"%s\" cannot be used: %s, after %" APR_SIZE_T_FMT " characters", text,
        (const char *)message, count_chars(text, offset));
}

/* Whether it matters to a pattern from where it is tried: then it cannot be tried in parts. Such
 * are \G, and verbs like (*SKIP), of which some forbid the JIT, too. */
static int is_tied_to_start(const char *text)
{
    return strstr(text, "\\G") || strstr(text, "(*");
}

/* Whether it has an atomic group, also in the form of a possessive quantifier, or may have: where a
 * match begins with one, the JIT of PCRE2 10.42 passes over some, such as (?>\w+?)a in "ba". (It
 * does not without its own search for the beginning, but that is most of what makes it quick.) */
static int may_be_atomic(const char *text)
{
    return strstr(text, "(?>") || strstr(text, "++") || strstr(text, "*+") || strstr(text, "?+") ||
           strstr(text, "}+");
}

/* Whether it is short, and the JIT has made code for it. */
static int is_translated(pcre2_code *code)
{
    size_t bytes;

    return pcre2_pattern_info(code, PCRE2_INFO_SIZE, &bytes) == 0 &&
           bytes <= QUICK_CODE_BYTES_MAX && pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
}

static pcre2_code *compile_quick(const char *text, apr_pool_t *p)
{
    pcre2_code *code;
    PCRE2_SIZE offset;
    int error;

    if (is_tied_to_start(text) || may_be_atomic(text))
        return NULL;
    code = pcre2_compile((PCRE2_SPTR)text, strlen(text), COMPILE_OPTIONS | PCRE2_USE_OFFSET_LIMIT,
                         &error, &offset, NULL);
    if (!code || !is_translated(code)) {
        pcre2_code_free(code);
        return NULL;
    }
    apr_pool_cleanup_register(p, code, free_code, apr_pool_cleanup_null);
    return code;
}

static int matches_nothing(const pcre2_code *code)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int matches = data && pcre2_match(code, (PCRE2_SPTR) "", 0, 0, 0, data, NULL) >= 0;

    pcre2_match_data_free(data);
    return matches;
}

const char *chat_pattern_make(chat_pattern_t **ppattern, const char *text, apr_pool_t *p)
{
    chat_pattern_t *pattern = apr_palloc(p, sizeof(*pattern));
    const char *error;

    if (strlen(text) > CHAT_PATTERN_BYTES_MAX)
        return apr_psprintf(p, "a pattern may have at most %d bytes", CHAT_PATTERN_BYTES_MAX);
    if (!chat_text_is_utf8(text, strlen(text)))
        return "the pattern is not valid UTF-8";
    error = compile_careful(&pattern->careful, text, p);
    if (error)
        return error;
    if (matches_nothing(pattern->careful))
        return apr_psprintf(p, "the pattern \"%s\" matches an empty text, thus every message",
                            text);
    pattern->quick = compile_quick(text, p);
    *ppattern = pattern;
    return NULL;
}

/* ---- Tools ----------------------------------------------------------------------------------- */

static apr_status_t free_tools(void *tools_)
{
    chat_pattern_tools_t *tools = tools_;

    pcre2_match_context_free(tools->limits);
    pcre2_match_data_free(tools->data);
    return APR_SUCCESS;
}

chat_pattern_tools_t *chat_pattern_tools(apr_pool_t *p)
{
    chat_pattern_tools_t *tools = apr_palloc(p, sizeof(*tools));

    tools->pool = p;
    tools->data = pcre2_match_data_create(1, NULL);
    tools->limits = pcre2_match_context_create(NULL);
    apr_pool_cleanup_register(p, tools, free_tools, apr_pool_cleanup_null);
    return tools;
}

void chat_pattern_tools_free(chat_pattern_tools_t *tools)
{
    apr_pool_cleanup_run(tools->pool, tools, free_tools);
}

static apr_int64_t read_clock(clockid_t clock)
{
    struct timespec now = {0};

    clock_gettime(clock, &now);
    return (apr_int64_t)now.tv_sec * APR_INT64_C(1000000000) + now.tv_nsec;
}

/* ---- The careful way ------------------------------------------------------------------------- */

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

static chat_pattern_result_t match_carefully(const pcre2_code *code, const char *text,
                                             apr_size_t length, chat_pattern_tools_t *tools)
{
    allowance_t allowance = {.steps_max = STEPS_PER_MATCH + STEPS_PER_BYTE * (apr_uint64_t)length};
    int rc;

    pcre2_set_callout(tools->limits, count_step, &allowance);
    pcre2_set_offset_limit(tools->limits, PCRE2_UNSET);
    pcre2_set_match_limit(tools->limits, allowance.steps_max < UINT32_MAX
                                             ? (uint32_t)allowance.steps_max
                                             : UINT32_MAX);
    pcre2_set_depth_limit(tools->limits, DEPTH_MAX);
    pcre2_set_heap_limit(tools->limits, HEAP_KIB_MAX);
    rc = pcre2_match(code, (PCRE2_SPTR)text, length, 0, PCRE2_NO_UTF_CHECK, tools->data,
                     tools->limits);
    if (rc >= 0)
        return CHAT_PATTERN_MATCH;
    return rc == PCRE2_ERROR_NOMATCH ? CHAT_PATTERN_NO_MATCH : CHAT_PATTERN_EXHAUSTED;
}

/* ---- The quick way --------------------------------------------------------------------------- */

/* Whether no match begins between the two offsets, at neither of them either. */
static int is_absent_from(const pcre2_code *code, const char *text, apr_size_t length,
                          apr_size_t start, apr_size_t end, const chat_pattern_tools_t *tools)
{
    pcre2_set_offset_limit(tools->limits, end < length ? end : PCRE2_UNSET);
    return pcre2_jit_match(code, (PCRE2_SPTR)text, length, start, PCRE2_NO_UTF_CHECK, tools->data,
                           tools->limits) == PCRE2_ERROR_NOMATCH;
}

/* Where the first character begins that is at least this many bytes behind another; or the end. */
static apr_size_t next_char(const char *text, apr_size_t length, apr_size_t start, apr_size_t bytes)
{
    apr_size_t at;

    if (bytes >= length - start)
        return length;
    for (at = start + bytes; at < length && ((unsigned char)text[at] & 0xc0) == 0x80; at++)
        ;
    return at;
}

/* Whether it is sure, and soon found, that the pattern does not match. */
static int is_absent(const pcre2_code *code, const char *text, apr_size_t length,
                     chat_pattern_tools_t *tools)
{
    const apr_size_t bytes = 1 + QUICK_BYTES_MAX / (length + 1); /* so that there is progress */
    apr_size_t start = 0, end = next_char(text, length, 0, bytes);
    apr_int64_t until_ns = 0;

    pcre2_set_callout(tools->limits, NULL, NULL);
    pcre2_set_match_limit(tools->limits, QUICK_STEPS_MAX);
    if (end < length)
        until_ns = read_clock(CLOCK_MONOTONIC) + (apr_int64_t)length * QUICK_NS_PER_BYTE;
    while (is_absent_from(code, text, length, start, end, tools)) {
        if (end == length)
            return 1;
        if (read_clock(CLOCK_MONOTONIC) > until_ns)
            return 0;
        start = end;
        end = next_char(text, length, start, bytes);
    }
    return 0;
}

chat_pattern_result_t chat_pattern_match(const chat_pattern_t *pattern, const char *text,
                                         apr_size_t length, chat_pattern_tools_t *tools)
{
    if (!tools->data || !tools->limits)
        return CHAT_PATTERN_EXHAUSTED;
    if (pattern->quick && is_absent(pattern->quick, text, length, tools))
        return CHAT_PATTERN_NO_MATCH;
    return match_carefully(pattern->careful, text, length, tools);
}
