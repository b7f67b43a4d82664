#include "service/chat_preferences.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/chat_text.h"
#include "db/chat_db.h"
#include "guard/chat_refusal.h"
#include "service/chat_db_problem.h"

#define SUBTAG_CHARS_MAX 8
#define TIME_ZONE_DETAIL "must be the name of a time zone, such as Europe/Berlin"

static chat_preferences_defaults_t defaults; /* set before the children start */

static const char *const emails[] = {"off", "instant", "digest"};

void chat_preferences_set_defaults(const chat_preferences_defaults_t *configured)
{
    defaults = *configured;
}

static int is_one_of(const char *text, const char *const *values, int count)
{
    while (count > 0)
        if (strcmp(text, values[--count]) == 0)
            return 1;
    return 0;
}

/* A time of day as RFC 3339 writes it, without seconds: "07:00". */
static int is_time_of_day(const char *text)
{
    return strlen(text) == 5 && apr_isdigit(text[0]) && apr_isdigit(text[1]) && text[2] == ':' &&
           apr_isdigit(text[3]) && apr_isdigit(text[4]) && strncmp(text, "24", 2) < 0 &&
           text[3] < '6';
}

/* Well-formed by RFC 5646 section 2.1, but for the order and number of subtags. */
static int is_language_tag(const char *text)
{
    apr_size_t length = 0;
    const char *at;

    if (strlen(text) > CHAT_PREFERENCES_LANGUAGE_CHARS_MAX)
        return 0;
    for (at = text; *at && *at != '-'; at++)
        if (!apr_isalpha(*at))
            return 0;
    if (at - text < 2)
        return 0;
    for (at = text; *at; at++) {
        length = *at == '-' ? 0 : length + 1;
        if (length > SUBTAG_CHARS_MAX || (*at == '-' ? at[1] == '-' : !apr_isalnum(*at)))
            return 0;
    }
    return length > 0; /* it does not end with "-" */
}

/* What names of the IANA are made of; which of them there are, PostgreSQL knows. */
static int is_time_zone_name(const char *text)
{
    const char *at;

    for (at = text; *at; at++)
        if (!apr_isalnum(*at) && !strchr("_+-/", *at))
            return 0;
    return *text != '\0' && at - text <= CHAT_PREFERENCES_TIME_ZONE_CHARS_MAX;
}

/* A member that must be valid if it is there; `*pvalue` stays NULL if not. */
static chat_problem_t *read_text(const char **pvalue, json_object *object, const char *name,
                                 int (*is_valid)(const char *text), const char *detail,
                                 apr_pool_t *p)
{
    apr_size_t length;
    chat_problem_t *problem;

    if (!chat_json_read_has(object, name))
        return NULL;
    problem = chat_json_read_string(pvalue, &length, object, name, p);
    return problem || is_valid(*pvalue) ? problem : chat_problem_field(p, name, detail);
}

static int is_email(const char *text)
{
    return is_one_of(text, emails, CHAT_COUNT(emails));
}

static chat_problem_t *read_push(chat_preferences_change_t *change, json_object *object,
                                 apr_pool_t *p)
{
    chat_problem_t *problem;
    int push;

    if (!chat_json_read_has(object, "push"))
        return NULL;
    problem = chat_json_read_boolean(&push, object, "push", p);
    if (!problem)
        change->push = chat_db_boolean(push);
    return problem;
}

static chat_problem_t *read_quiet_time(const char **pvalue, json_object *quiet, const char *name,
                                       const char *field, apr_pool_t *p)
{
    apr_size_t length;

    if (chat_json_read_string(pvalue, &length, quiet, name, p) || !is_time_of_day(*pvalue))
        return chat_problem_field(p, field, "must be a time such as \"22:00\"");
    return NULL;
}

static chat_problem_t *read_quiet(chat_preferences_change_t *change, json_object *object,
                                  apr_pool_t *p)
{
    json_object *quiet = chat_json_read_member(object, "quiet");
    chat_problem_t *problem;

    change->has_quiet = chat_json_read_has(object, "quiet");
    if (!quiet)
        return NULL;
    if (chat_json_read_count(object, "quiet") < 0)
        return chat_problem_field(p, "quiet", "must be an object with from and to, or null");
    problem = read_quiet_time(&change->quiet_from, quiet, "from", "quiet.from", p);
    if (!problem)
        problem = read_quiet_time(&change->quiet_to, quiet, "to", "quiet.to", p);
    if (!problem && strcmp(change->quiet_from, change->quiet_to) == 0)
        problem = chat_problem_field(p, "quiet.to", "must be another time than from");
    return problem;
}

chat_problem_t *chat_preferences_read_change(chat_preferences_change_t *change, json_object *object,
                                             apr_pool_t *p)
{
    chat_problem_t *problem;

    memset(change, 0, sizeof *change);
    problem =
        read_text(&change->email, object, "email", is_email, "must be off, instant or digest", p);
    if (!problem)
        problem = read_push(change, object, p);
    if (!problem)
        problem = read_text(&change->digest_at, object, "digest_at", is_time_of_day,
                            "must be a time such as \"07:00\"", p);
    if (!problem)
        problem = read_quiet(change, object, p);
    if (!problem)
        problem = read_text(&change->time_zone, object, "time_zone", is_time_zone_name,
                            TIME_ZONE_DETAIL, p);
    if (!problem)
        problem = read_text(&change->language, object, "language", is_language_tag,
                            "must be a language tag of BCP 47, such as de or pt-BR", p);
    return problem;
}

chat_problem_t *chat_preferences_get(chat_preferences_t *preferences, chat_ctx_t *ctx)
{
    return chat_db_problem(ctx, chat_store_preferences_get(preferences, ctx));
}

chat_problem_t *chat_preferences_put(chat_preferences_t *preferences, chat_ctx_t *ctx,
                                     const chat_preferences_change_t *change)
{
    const char *outcome;
    apr_status_t rv = chat_store_preferences_put(&outcome, preferences, ctx, change);

    if (rv != APR_SUCCESS)
        return chat_db_problem(ctx, rv);
    if (strcmp(outcome, "no_time_zone") == 0)
        return chat_problem_field(ctx->pool, "time_zone", TIME_ZONE_DETAIL);
    return chat_refusal_of_outcome(outcome, ctx->pool);
}

chat_problem_t *chat_preferences_retry_mail(chat_preferences_t *preferences, chat_ctx_t *ctx)
{
    const char *outcome;
    apr_status_t rv;

    if (!defaults.has_mail)
        return chat_problem(ctx->pool, CHAT_HTTP_CONFLICT, "no_mail",
                            "This site does not send mail.");
    rv = chat_store_preferences_retry_mail(&outcome, preferences, ctx);
    return rv == APR_SUCCESS ? chat_refusal_of_outcome(outcome, ctx->pool)
                             : chat_db_problem(ctx, rv);
}

const char *chat_preferences_email(const chat_preferences_t *preferences)
{
    if (preferences->email)
        return preferences->email;
    return preferences->is_staff ? defaults.email_of_staff : defaults.email_of_members;
}

const char *chat_preferences_language(const chat_preferences_t *preferences)
{
    return preferences->language ? preferences->language : defaults.language;
}

const char *chat_preferences_mask_address(const char *address, apr_pool_t *p)
{
    const char *at = address ? strrchr(address, '@') : NULL;
    apr_size_t first;

    if (!at || at == address)
        return address ? "…" : NULL;
    first = chat_text_char_bytes(address, (apr_size_t)(at - address));
    return apr_pstrcat(p, apr_pstrmemdup(p, address, first), "…", at, NULL);
}
