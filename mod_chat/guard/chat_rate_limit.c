#include "guard/chat_rate_limit.h"

#include <stdint.h>
#include <string.h>

#include <apr_siphash.h>
#include <apr_strings.h>

#include "core/chat_number.h"

#define RATE_PER_SECOND_MAX 10000
#define NUMBER_MAX 1000000000
#define SPAN_MAX_S (366 * 24 * 3600)

const char *const chat_rate_limit_action_names[CHAT_ACTION_COUNT] = {
    "none",   "open",    "send",  "read",   "typing",   "search",
    "upload", "connect", "admin", "notify", "push-test"};

static apr_interval_time_t interval_of(const chat_rate_limit_t *limit)
{
    return (limit->period + limit->count - 1) / limit->count;
}

/* The error in the numbers of a limit; NULL: none. */
static const char *find_fault(const chat_rate_limit_t *limit)
{
    apr_int64_t seconds = limit->period / APR_USEC_PER_SEC;

    if (limit->count < 1 || limit->count > NUMBER_MAX || limit->burst < 1 ||
        limit->burst > NUMBER_MAX)
        return "numbers must be whole and from 1 to 1000000000";
    if (seconds < 1 || seconds > SPAN_MAX_S || limit->period % APR_USEC_PER_SEC != 0)
        return "the period must be from 1 second to 366 days, such as s, 10s, m, 2h or d";
    if (limit->count > seconds * RATE_PER_SECOND_MAX)
        return "more than 10000 a second cannot be counted; use off instead";
    if (limit->burst > SPAN_MAX_S * APR_USEC_PER_SEC / interval_of(limit))
        return "the burst would take more than 366 days to be allowed again";
    return NULL;
}

apr_status_t chat_rate_limit_seal(chat_rate_limit_t *limit)
{
    static const unsigned char public_seed[APR_SIPHASH_KSIZE]; /* clients cannot choose limits */
    const char *key_text = limit->key_text ? limit->key_text : "";
    uint64_t words[5] = {(uint64_t)limit->action, (uint64_t)limit->count, (uint64_t)limit->period,
                         (uint64_t)limit->burst,
                         apr_siphash24(key_text, strlen(key_text), public_seed)};

    if (find_fault(limit))
        return APR_EINVAL;
    limit->interval = interval_of(limit);
    limit->span = limit->burst * limit->interval;
    limit->identity = apr_siphash24(words, sizeof words, public_seed);
    return APR_SUCCESS;
}

int chat_rate_limit_read_period(apr_int64_t *pseconds, const char *text)
{
    static const char units[] = "smhd";
    static const apr_int64_t unit_seconds[] = {1, 60, 3600, 86400};
    apr_size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
    char number[CHAT_NUMBER_BYTES_MAX] = "1";
    apr_int64_t periods;

    if (!unit || text[digits + 1] || digits >= sizeof number)
        return 0;
    if (digits)
        apr_cpystrn(number, text, digits + 1);
    if (chat_number_read(&periods, number) != APR_SUCCESS)
        return 0;
    if (periods > SPAN_MAX_S)
        periods = SPAN_MAX_S + 1; /* too long in any unit */
    *pseconds = periods * unit_seconds[unit - units];
    return 1;
}

/* "20/10s": the count and the period. */
static int read_rate(chat_rate_limit_t *limit, const char *text, apr_pool_t *p)
{
    const char *slash = strchr(text, '/');
    apr_int64_t seconds;

    if (!slash || !chat_rate_limit_read_period(&seconds, slash + 1) ||
        chat_number_read(&limit->count, apr_pstrmemdup(p, text, (apr_size_t)(slash - text))) !=
            APR_SUCCESS)
        return 0;
    limit->period = seconds * APR_USEC_PER_SEC;
    return 1;
}

static const char *read_option(chat_rate_limit_t *limit, const char *text, apr_pool_t *p)
{
    if (strncmp(text, "burst=", 6) == 0) {
        if (limit->burst)
            return "burst= is given twice";
        if (chat_number_read(&limit->burst, text + 6) != APR_SUCCESS || limit->burst == 0)
            return apr_psprintf(p, "\"%s\" must have a whole number of at least 1", text);
        return NULL;
    }
    if (strncmp(text, "key=", 4) == 0) {
        if (limit->key_text)
            return "key= is given twice";
        if (text[4] == '\0')
            return "key= needs an expression";
        limit->key_text = apr_pstrdup(p, text + 4);
        return NULL;
    }
    return apr_psprintf(p, "\"%s\" is neither burst=<number> nor key=<expression>", text);
}

static int find_action(const char *name)
{
    int action = CHAT_ACTION_NONE + 1;

    while (action < CHAT_ACTION_COUNT && strcmp(name, chat_rate_limit_action_names[action]) != 0)
        action++;
    return action;
}

const char *chat_rate_limit_parse(chat_rate_limit_t *limit, int argc, const char *const argv[],
                                  apr_pool_t *p)
{
    const char *fault = NULL;
    int i;

    memset(limit, 0, sizeof *limit);
    if (argc < 2)
        return "the arguments are an action and <number>/<period>, or an action and off";
    limit->action = find_action(argv[0]);
    if (limit->action == CHAT_ACTION_COUNT)
        return apr_psprintf(
            p,
            "\"%s\" is not an action: use open, send, read, typing, search, upload, "
            "connect, admin, notify or push-test",
            argv[0]);
    limit->name = chat_rate_limit_action_names[limit->action];
    if (strcmp(argv[1], "off") == 0)
        return argc == 2 ? NULL : "off cannot be followed by another argument";
    if (!read_rate(limit, argv[1], p))
        return apr_psprintf(p, "\"%s\" is not <number>/<period>, such as 20/10s, 5/m or 100/1h",
                            argv[1]);
    for (i = 2; i < argc && !fault; i++)
        fault = read_option(limit, argv[i], p);
    if (fault)
        return fault;
    if (!limit->burst)
        limit->burst = limit->count;
    fault = find_fault(limit);
    if (fault)
        return apr_psprintf(p, "\"%s\": %s", argv[1], fault);
    chat_rate_limit_seal(limit);
    return NULL;
}

void chat_rate_limit_default(chat_rate_limit_t *limit, chat_action_t action)
{
    static const struct {
        int count, seconds, burst;
    } defaults[CHAT_ACTION_COUNT] = {
        [CHAT_ACTION_OPEN] = {120, 60, 120},    [CHAT_ACTION_SEND] = {1200, 60, 600},
        [CHAT_ACTION_READ] = {1200, 60, 600},   [CHAT_ACTION_TYPING] = {40, 4, 40},
        [CHAT_ACTION_SEARCH] = {300, 60, 300},  [CHAT_ACTION_UPLOAD] = {60, 60, 60},
        [CHAT_ACTION_CONNECT] = {120, 60, 120}, [CHAT_ACTION_ADMIN] = {600, 60, 600},
        [CHAT_ACTION_NOTIFY] = {60, 60, 60},    [CHAT_ACTION_PUSH_TEST] = {2, 60, 2}};

    memset(limit, 0, sizeof *limit);
    limit->name = chat_rate_limit_action_names[action];
    limit->action = (int)action;
    limit->count = defaults[action].count;
    limit->period = apr_time_from_sec(defaults[action].seconds);
    limit->burst = defaults[action].burst;
    chat_rate_limit_seal(limit);
}
