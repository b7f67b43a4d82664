/*
 * Matching ends in time, whatever the pattern and the text.
 *
 * PCRE2's own limits do not bound the time: PCRE2 counts them anew for each position where a match
 * may begin, and a step may look at the whole text. So a callout before each item counts: one step,
 * and the distance that the match has moved since the previous callout. A few items (a back
 * reference that fails, a long fixed repeat) work without moving; because of them the callout also
 * reads the thread's CPU time now and then. That limit is two to four times what the steps take, so
 * that the steps decide in all other cases, the same way each time, unless the machine is much
 * slower, as under valgrind.
 *
 * The JIT is not used: its code honours neither PCRE2's limit of depth nor that of memory, and with
 * callouts it is hardly twice as fast. A pattern costs a few microseconds of a send, which takes
 * about a thousand.
 */
#include "guard/chat_regex.h"

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

#define COMPILE_OPTIONS (PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C)

struct chat_regex_t {
    pcre2_code *code;
};

struct chat_regex_workspace_t {
    apr_pool_t *pool;
    pcre2_match_data *data; /* PCRE2 requires it; its contents are not used */
    pcre2_match_context *limits;
};

/* What one match has used up. */
typedef struct {
    apr_uint64_t steps, steps_max;
    apr_size_t position; /* in the text, at the last callout */
    unsigned callouts;
    apr_int64_t started_ns; /* monotonic clock; 0: not read yet */
    apr_int64_t worked_ns;  /* CPU time of the thread at that moment */
} allowance_t;

/* ---- Compiling --------------------------------------------------------------------------- */

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

static const char *compile(pcre2_code **pcode, const char *text, apr_pool_t *p)
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

static int matches_nothing(const pcre2_code *code)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int matches = data && pcre2_match(code, (PCRE2_SPTR) "", 0, 0, 0, data, NULL) >= 0;

    pcre2_match_data_free(data);
    return matches;
}

const char *chat_regex_compile(chat_regex_t **ppattern, const char *text, apr_pool_t *p)
{
    chat_regex_t *pattern = apr_palloc(p, sizeof(*pattern));
    const char *error;

    if (strlen(text) > CHAT_REGEX_BYTES_MAX)
        return apr_psprintf(p, "a pattern may have at most %d bytes", CHAT_REGEX_BYTES_MAX);
    if (!chat_text_is_utf8(text, strlen(text)))
        return "the pattern is not valid UTF-8";
    error = compile(&pattern->code, text, p);
    if (error)
        return error;
    if (matches_nothing(pattern->code))
        return apr_psprintf(p, "the pattern \"%s\" matches an empty text, thus every message",
                            text);
    *ppattern = pattern;
    return NULL;
}

/* ---- Workspace ------------------------------------------------------------------------------- */

static apr_status_t free_workspace(void *workspace_)
{
    chat_regex_workspace_t *workspace = workspace_;

    pcre2_match_context_free(workspace->limits);
    pcre2_match_data_free(workspace->data);
    return APR_SUCCESS;
}

chat_regex_workspace_t *chat_regex_workspace(apr_pool_t *p)
{
    chat_regex_workspace_t *workspace = apr_palloc(p, sizeof(*workspace));

    workspace->pool = p;
    workspace->data = pcre2_match_data_create(1, NULL);
    workspace->limits = pcre2_match_context_create(NULL);
    apr_pool_cleanup_register(p, workspace, free_workspace, apr_pool_cleanup_null);
    return workspace;
}

void chat_regex_workspace_free(chat_regex_workspace_t *workspace)
{
    apr_pool_cleanup_run(workspace->pool, workspace, free_workspace);
}

static apr_int64_t read_clock(clockid_t clock)
{
    struct timespec now = {0};

    clock_gettime(clock, &now);
    return (apr_int64_t)now.tv_sec * APR_INT64_C(1000000000) + now.tv_nsec;
}

/* ---- Matching -------------------------------------------------------------------------------- */

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

chat_regex_result_t chat_regex_match(const chat_regex_t *pattern, const char *text,
                                     apr_size_t length, chat_regex_workspace_t *workspace)
{
    allowance_t allowance = {.steps_max = STEPS_PER_MATCH + STEPS_PER_BYTE * (apr_uint64_t)length};
    int rc;

    if (!workspace->data || !workspace->limits)
        return CHAT_REGEX_EXHAUSTED;
    pcre2_set_callout(workspace->limits, count_step, &allowance);
    pcre2_set_match_limit(workspace->limits, allowance.steps_max < UINT32_MAX
                                                 ? (uint32_t)allowance.steps_max
                                                 : UINT32_MAX);
    pcre2_set_depth_limit(workspace->limits, DEPTH_MAX);
    pcre2_set_heap_limit(workspace->limits, HEAP_KIB_MAX);
    rc = pcre2_match(pattern->code, (PCRE2_SPTR)text, length, 0, PCRE2_NO_UTF_CHECK,
                     workspace->data, workspace->limits);
    if (rc >= 0)
        return CHAT_REGEX_MATCH;
    return rc == PCRE2_ERROR_NOMATCH ? CHAT_REGEX_NO_MATCH : CHAT_REGEX_EXHAUSTED;
}
