/*
 * Times each guard by itself: bench-guards <pattern> …
 *
 * A guard's own function is called again and again, as a request would call it: with a pool of its
 * own, and for limits with a user that changes. In turns, one guard after the other, ROUNDS times
 * over; printed are the median and the least of a guard's turns, in ns of CPU a call, and what
 * requests pay in sum. All is in the processor's caches then, which a server seldom has; reading
 * header fields, setting those of the answer and evaluating key= are httpd's share, and not in it.
 * t/bench/run has the whole.
 *
 * Every turn has a table of limits of its own: an hour's messages within a second would crowd it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "core/chat_clock.h"
#include "core/chat_ctx.h"
#include "guard/chat_csrf.h"
#include "guard/chat_rate_limit.h"
#include "guard/chat_rate_table.h"
#include "guard/chat_spam.h"
#include "service/chat_message.h"

#define ROUNDS 21
#define CALLS 4000 /* in a turn */
#define CALLS_LONG 50
#define USERS 1000
#define LONG_CHARS 5000
#define DIGITS 8 /* at the end of a text, so that no two are the same */

/* The kinds of request whose sums are printed. */
enum { READ = 1, SEND = 2, SEND_LONG = 4, GET = 8 };
#define ANY_SEND (SEND | SEND_LONG)
#define ANY_POST (READ | ANY_SEND)

typedef struct bench_t {
    apr_pool_t *pool; /* of one call */
    chat_config_t repeats;
    chat_ctx_t ctx;
    chat_secrets_t *secrets;
    chat_spam_rules_t *rules;
    chat_csrf_request_t new_browser;
    chat_csrf_request_t old_browser; /* sends Origin, but no Sec-Fetch-Site */
    chat_rate_limit_t limits[2];
    const char *users[USERS];
    char *text, *foreign_text, *long_text;
    unsigned number; /* of the call */
} bench_t;

typedef struct guard_t {
    const char *name;
    int (*call)(bench_t *bench); /* whether it let the request through */
    int calls;
    int requests; /* which kinds of them meet it */
    double ns[ROUNDS];
} guard_t;

/* ---- The guards ---- */

static int call_nothing(bench_t *bench)
{
    (void)bench;
    return 1;
}

static int check_site(bench_t *bench)
{
    return !chat_csrf_check(CHAT_CSRF_ORIGIN, bench->secrets, NULL, &bench->new_browser,
                            bench->pool);
}

static int check_origin(bench_t *bench)
{
    return !chat_csrf_check(CHAT_CSRF_ORIGIN, bench->secrets, NULL, &bench->old_browser,
                            bench->pool);
}

static int check_token(bench_t *bench)
{
    return chat_token_check(bench->secrets, "csrf", bench->old_browser.username,
                            bench->old_browser.token) == CHAT_TOKEN_GOOD;
}

static int check_cookie(bench_t *bench)
{
    return !chat_csrf_cookie_to_set(CHAT_CSRF_TOKEN, bench->secrets, &bench->old_browser, NULL, 0,
                                    bench->pool);
}

static int ask(chat_rate_table_decision_t *decision, bench_t *bench, int count)
{
    const chat_rate_limit_t *const limits[] = {&bench->limits[0], &bench->limits[1]};
    const char *const keys[] = {bench->users[bench->number % USERS], "192.0.2.17"};

    chat_rate_table_ask(decision, bench->ctx.throttle, limits, keys, count, chat_clock_now());
    return decision->is_admitted;
}

static int ask_one_limit(bench_t *bench)
{
    chat_rate_table_decision_t decision;

    return ask(&decision, bench, 1);
}

static int ask_both_limits(bench_t *bench)
{
    chat_rate_table_decision_t decision;

    return ask(&decision, bench, 2);
}

static int write_limits(bench_t *bench)
{
    const chat_rate_limit_t *const limits[] = {&bench->limits[0], &bench->limits[1]};
    const chat_rate_table_decision_t decision = {
        .is_admitted = 1, .remaining = 599, .reset_us = 50000};
    chat_rate_table_headers_t headers;

    chat_rate_table_headers(&headers, limits, 2, &decision, bench->pool);
    return headers.limit && headers.policy;
}

static int judge(bench_t *bench, const char *text)
{
    chat_spam_report_t report;

    return chat_spam_verdict(&report, bench->rules, text, strlen(text), bench->pool) ==
           CHAT_SPAM_OK;
}

static int judge_text(bench_t *bench)
{
    return judge(bench, bench->text);
}

static int judge_foreign_text(bench_t *bench)
{
    return judge(bench, bench->foreign_text);
}

static int judge_long_text(bench_t *bench)
{
    return judge(bench, bench->long_text);
}

/* The rest of chat_message_check_spam(): without patterns it only looks for repeats. */
static int look_for_repeat(bench_t *bench, char *text)
{
    chat_draft_t draft = {.conversation_id = 7, .content = text};
    char *digit = text + strlen(text);
    unsigned rest = bench->number;
    int i;

    for (i = 0; i < DIGITS; i++, rest /= 10)
        *--digit = (char)('0' + rest % 10);
    draft.client_id = digit;
    bench->ctx.pool = bench->pool;
    return !chat_message_check_spam(&draft, &bench->ctx);
}

static int look_for_repeat_of_text(bench_t *bench)
{
    return look_for_repeat(bench, bench->text);
}

static int look_for_repeat_of_long_text(bench_t *bench)
{
    return look_for_repeat(bench, bench->long_text);
}

static guard_t guards[] = {
    {"a call of nothing, and its pool", call_nothing, CALLS, 0, {0}},
    {"origin, by Sec-Fetch-Site", check_site, CALLS, 0, {0}},
    {"origin, by Origin", check_origin, CALLS, ANY_POST, {0}},
    {"token, by X-CSRFToken", check_token, CALLS, ANY_POST, {0}},
    {"token, by the cookie of a GET", check_cookie, CALLS, GET, {0}},
    {"limit of a user", ask_one_limit, CALLS, 0, {0}},
    {"limits of a user and an address", ask_both_limits, CALLS, ANY_POST, {0}},
    {"limits as header fields", write_limits, CALLS, ANY_POST, {0}},
    {"spam, 75 characters", judge_text, CALLS, SEND, {0}},
    {"spam, 75 characters, not all ASCII", judge_foreign_text, CALLS, 0, {0}},
    {"spam, 5,000 characters", judge_long_text, CALLS_LONG, SEND_LONG, {0}},
    {"repeat, 75 characters", look_for_repeat_of_text, CALLS, SEND, {0}},
    {"repeat, 5,000 characters", look_for_repeat_of_long_text, CALLS_LONG, SEND_LONG, {0}}};

/* ---- What they are given ---- */

static void insist(int is_well, const char *what)
{
    if (is_well)
        return;
    fprintf(stderr, "bench-guards: %s\n", what);
    exit(1);
}

static void read_limit(chat_rate_limit_t *limit, const char *rate, const char *burst, apr_pool_t *p)
{
    const char *const words[] = {"send", rate, burst};
    const char *error = chat_rate_limit_parse(limit, CHAT_COUNT(words), words, p);

    insist(!error, error);
}

/* The limits of the virtual host in httpd.conf. */
static void make_limits(bench_t *bench, apr_pool_t *p)
{
    int i;

    read_limit(&bench->limits[0], "1200/m", "burst=100000", p);
    read_limit(&bench->limits[1], "10000/s", "burst=1000000", p);
    bench->limits[1].name = "send-2";
    bench->repeats.spam_repeat = apr_palloc(p, sizeof(chat_rate_limit_t));
    read_limit(bench->repeats.spam_repeat, "5/s", "burst=5", p);
    bench->repeats.spam_repeat_action = CHAT_SPAM_REJECT;
    for (i = 0; i < USERS; i++)
        bench->users[i] = apr_psprintf(p, "user%d", i);
}

static void make_rules(bench_t *bench, int count, char **patterns, apr_pool_t *p)
{
    const char *error;
    int i;

    bench->rules = chat_spam_create(p);
    error = chat_spam_set_links(bench->rules, "3", "flag", p);
    for (i = 0; i < count && !error; i++)
        error = chat_spam_add_pattern(bench->rules, patterns[i], "reject", p);
    insist(!error, error);
}

static void make_browsers(bench_t *bench, apr_pool_t *p)
{
    const chat_csrf_request_t old = {.method = "POST",
                                     .origin = "https://chat.example.org",
                                     .self_origin = "https://chat.example.org",
                                     .username = "user7"};
    const char *token;

    bench->secrets = chat_token_from_bytes("0123456789abcdef0123456789abcdef", 32, p);
    token = chat_token_make(bench->secrets, "csrf", old.username, p);
    insist(token != NULL, "no token could be made");
    bench->old_browser = old;
    bench->old_browser.token = token;
    bench->old_browser.cookie = apr_pstrcat(p, "session=0123456789abcdef; chat_csrf=", token, NULL);
    bench->new_browser = bench->old_browser;
    bench->new_browser.sec_fetch_site = "same-origin";
}

static void make_texts(bench_t *bench, apr_pool_t *p)
{
    static const char text[] =
        "Good morning! Is there room for two more at the table on Sunday? - 00000000";
    static const char foreign[] =
        "Grüß Gott! Ist für uns zwei noch Platz am Tisch, am Sonntag um zehn? 😀 Käte";
    int i;

    bench->text = apr_pstrdup(p, text);
    bench->foreign_text = apr_pstrdup(p, foreign);
    bench->long_text = apr_pcalloc(p, LONG_CHARS + 1);
    for (i = 0; i < LONG_CHARS; i++)
        bench->long_text[i] = text[i % (sizeof(text) - 1)];
}

/* ---- Measuring ---- */

static double worked_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void call_all(const guard_t *guard, bench_t *bench)
{
    int i;

    for (i = 0; i < guard->calls; i++) {
        bench->number++;
        insist(guard->call(bench), guard->name);
        apr_pool_clear(bench->pool);
    }
}

/* The first calls bring the new tables into memory, and everything else into the caches. */
static double take_turn(const guard_t *guard, bench_t *bench, apr_pool_t *p)
{
    double start;

    apr_pool_clear(p);
    insist(chat_rate_table_create(&bench->ctx.throttle, 0, p) == APR_SUCCESS &&
               chat_rate_table_create(&bench->ctx.repeats, 0, p) == APR_SUCCESS,
           "no shared memory");
    call_all(guard, bench);
    start = worked_ns();
    call_all(guard, bench);
    return (worked_ns() - start) / guard->calls;
}

static void measure(bench_t *bench, apr_pool_t *p)
{
    apr_pool_t *turn;
    int i, round;

    apr_pool_create(&turn, p);
    for (round = 0; round < ROUNDS; round++)
        for (i = 0; i < CHAT_COUNT(guards); i++)
            guards[i].ns[round] = take_turn(&guards[i], bench, turn);
}

static int compare(const void *a_, const void *b_)
{
    const double *a = a_, *b = b_;

    return (*a > *b) - (*a < *b);
}

static void print_sum(const char *name, int request)
{
    double median = 0, least = 0;
    int i;

    for (i = 0; i < CHAT_COUNT(guards); i++) {
        if (!(guards[i].requests & request))
            continue;
        median += guards[i].ns[ROUNDS / 2];
        least += guards[i].ns[0];
    }
    printf("%-38s %8.0f %8.0f\n", name, median, least);
}

static void print_all(int patterns)
{
    int i;

    printf("Guards alone, %2d spam patterns: ns     %8s %8s\n", patterns, "median", "least");
    for (i = 0; i < CHAT_COUNT(guards); i++) {
        qsort(guards[i].ns, ROUNDS, sizeof(guards[i].ns[0]), compare);
        printf("%-38s %8.0f %8.0f\n", guards[i].name, guards[i].ns[ROUNDS / 2], guards[i].ns[0]);
    }
    print_sum("sum for a GET", GET);
    print_sum("sum for a POST without a text", READ);
    print_sum("sum for a message of 75", SEND);
    print_sum("sum for a message of 5,000", SEND_LONG);
}

int main(int argc, char **argv)
{
    bench_t bench = {0};
    apr_pool_t *p;

    apr_initialize();
    apr_pool_create(&p, NULL);
    apr_pool_create(&bench.pool, p);
    bench.ctx.config = &bench.repeats;
    bench.ctx.profile.external_id = "user7";
    make_limits(&bench, p);
    make_rules(&bench, argc - 1, argv + 1, p);
    make_browsers(&bench, p);
    make_texts(&bench, p);
    measure(&bench, p);
    print_all(argc - 1);
    return 0;
}
