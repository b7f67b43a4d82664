#include "admin/chat_admin_filters.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_json_member.h"
#include "core/chat_number.h"
#include "service/chat_search.h"

#define YEAR_MAX 9999
#define MONTHS 12
#define DAYS_MAX 31

void chat_admin_filters_begin(chat_admin_filters_t *filters, const chat_admin_resource_t *resource,
                              const chat_ctx_t *ctx)
{
    *filters = (chat_admin_filters_t){.ctx = ctx,
                                      .pool = ctx->pool,
                                      .resource = resource,
                                      .json = chat_json_create(256, ctx->pool)};
    chat_json_object_begin(filters->json);
}

static const chat_admin_filter_t *find_filter(const chat_admin_resource_t *resource,
                                              const char *name)
{
    const chat_admin_filter_t *filter;

    for (filter = resource->filters; filter->name; filter++)
        if (strcmp(filter->name, name) == 0)
            return filter;
    return NULL;
}

static chat_problem_t *refuse(const chat_admin_filters_t *filters, const char *name,
                              const char *detail)
{
    return chat_problem_field(filters->pool, apr_pstrdup(filters->pool, name), detail);
}

static apr_size_t count_chars(const char *text)
{
    apr_size_t chars = 0;

    for (; *text; text++)
        chars += (*text & 0xc0) != 0x80; /* each character has one byte that does not continue it */
    return chars;
}

/* "must be one of member, staff" */
static const char *one_of(const char *words, apr_pool_t *p)
{
    char *rest;
    const char *list = apr_strtok(apr_pstrdup(p, words), " ", &rest);
    const char *word;

    while ((word = apr_strtok(NULL, " ", &rest)))
        list = apr_pstrcat(p, list, ", ", word, NULL);
    return apr_pstrcat(p, "must be one of ", list, NULL);
}

static chat_problem_t *add_boolean(chat_admin_filters_t *filters, const char *name,
                                   const char *value)
{
    int is_true = strcmp(value, "1") == 0 || strcmp(value, "true") == 0;

    if (!is_true && strcmp(value, "0") != 0 && strcmp(value, "false") != 0)
        return refuse(filters, name, "must be true or false");
    chat_json_member_boolean(filters->json, name, is_true);
    return NULL;
}

static chat_problem_t *add_number(chat_admin_filters_t *filters, const char *name,
                                  const char *value)
{
    apr_int64_t number;

    if (chat_number_read(&number, value) != APR_SUCCESS || number < 1)
        return refuse(filters, name, "must be a positive integer");
    chat_json_member_integer(filters->json, name, number);
    return NULL;
}

static chat_problem_t *add_word(chat_admin_filters_t *filters, const chat_admin_filter_t *filter,
                                const char *value)
{
    if (!chat_admin_resource_has_word(filter->words, value))
        return refuse(filters, filter->name, one_of(filter->words, filters->pool));
    chat_json_member_string(filters->json, filter->name, value);
    return NULL;
}

static chat_problem_t *add_text(chat_admin_filters_t *filters, const char *name, const char *value)
{
    if (count_chars(value) > CHAT_ADMIN_TEXT_CHARS_MAX)
        return refuse(filters, name,
                      "must have at most " APR_STRINGIFY(CHAT_ADMIN_TEXT_CHARS_MAX) " characters");
    chat_json_member_string(filters->json, name, value);
    return NULL;
}

/* chat.query() finds nothing with an empty argument. */
static chat_problem_t *add_search(chat_admin_filters_t *filters, const char *name,
                                  const char *value)
{
    chat_terms_t terms;
    chat_problem_t *problem = chat_search_read(&terms, value, filters->ctx);
    const char *sql = problem ? NULL : chat_terms_sql(&terms, filters->pool);

    if (!problem)
        chat_json_member_string(filters->json, name, sql ? sql : "");
    return problem;
}

/* A part of the date; it is checked as a whole at the end. */
static apr_int64_t *part_of(chat_admin_filters_t *filters, const char *name, apr_int64_t *pmax)
{
    *pmax = strcmp(name, "year") == 0 ? YEAR_MAX : strcmp(name, "month") == 0 ? MONTHS : DAYS_MAX;
    return strcmp(name, "year") == 0    ? &filters->year
           : strcmp(name, "month") == 0 ? &filters->month
           : strcmp(name, "day") == 0   ? &filters->day
                                        : NULL;
}

static chat_problem_t *add_part(chat_admin_filters_t *filters, apr_int64_t *part, apr_int64_t max,
                                const char *name, const char *value)
{
    if (chat_number_read(part, value) != APR_SUCCESS || *part < 1 || *part > max)
        return refuse(
            filters, name,
            apr_psprintf(filters->pool, "must be an integer from 1 to %" APR_INT64_T_FMT, max));
    chat_json_member_integer(filters->json, name, *part);
    return NULL;
}

chat_problem_t *chat_admin_filters_add(chat_admin_filters_t *filters, const char *name,
                                       const char *value)
{
    const chat_admin_filter_t *filter = find_filter(filters->resource, name);
    apr_int64_t max;
    apr_int64_t *part = part_of(filters, name, &max);

    if (!filter && !part)
        return refuse(filters, name, "is not a parameter here");
    if (!*value)
        return NULL;
    if (part)
        return add_part(filters, part, max, name, value);
    switch (filter->type) {
    case CHAT_ADMIN_BOOLEAN:
        return add_boolean(filters, filter->name, value);
    case CHAT_ADMIN_NUMBER:
        return add_number(filters, filter->name, value);
    case CHAT_ADMIN_WORD:
        return add_word(filters, filter, value);
    case CHAT_ADMIN_SEARCH:
        return add_search(filters, filter->name, value);
    default:
        return add_text(filters, filter->name, value);
    }
}

static int days_of(apr_int64_t year, apr_int64_t month)
{
    static const int days[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && is_leap);
}

chat_problem_t *chat_admin_filters_end(const char **pjson, chat_admin_filters_t *filters)
{
    apr_size_t length;

    *pjson = NULL;
    if (filters->month && !filters->year)
        return refuse(filters, "month", "needs a year");
    if (filters->day && !filters->month)
        return refuse(filters, "day", "needs a month");
    if (filters->day && filters->day > days_of(filters->year, filters->month))
        return refuse(filters, "day", "is not a day of this month");
    chat_json_object_end(filters->json);
    *pjson = chat_json_bytes(filters->json, &length);
    return NULL;
}
