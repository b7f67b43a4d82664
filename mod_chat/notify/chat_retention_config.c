#include "notify/chat_retention_config.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_config.h"
#include "core/chat_number.h"
#include "http/chat_directive.h"

#define DAYS_MAX 36500
#define CHURCHES_MAX 10000

/* Of one church; church_id 0: of all others. */
typedef struct period_t {
    apr_int64_t church_id;
    int days; /* 0: for good */
} period_t;

struct chat_retention_config_t {
    apr_array_header_t *periods; /* of period_t */
    int churches;                /* that have one of their own */
};

/* "90d", "26w", "2y" or "off". 0: it is something else. */
static int read_days(int *pdays, const char *text, apr_pool_t *p)
{
    static const char units[] = "dwy";
    static const int days_of_unit[] = {1, 7, 365};
    apr_size_t length = strlen(text);
    const char *unit = length ? strchr(units, text[length - 1]) : NULL;
    apr_int64_t count;

    *pdays = 0;
    if (strcasecmp(text, "off") == 0)
        return 1;
    if (!unit || chat_number_read(&count, apr_pstrmemdup(p, text, length - 1)) != APR_SUCCESS ||
        count < 1 || count > DAYS_MAX || count * days_of_unit[unit - units] > DAYS_MAX)
        return 0;
    *pdays = (int)(count * days_of_unit[unit - units]);
    return 1;
}

static int read_church(apr_int64_t *pid, const char *text)
{
    static const char name[] = "church=";

    *pid = 0;
    if (!text)
        return 1;
    return strncmp(text, name, sizeof name - 1) == 0 &&
           chat_number_read(pid, text + sizeof name - 1) == APR_SUCCESS && *pid > 0;
}

static const period_t *find(const chat_retention_config_t *config, apr_int64_t church_id)
{
    int i;

    for (i = 0; config && i < config->periods->nelts; i++)
        if (APR_ARRAY_IDX(config->periods, i, period_t).church_id == church_id)
            return &APR_ARRAY_IDX(config->periods, i, period_t);
    return NULL;
}

const char *chat_retention_config_add(cmd_parms *cmd, void *dummy, const char *period,
                                      const char *church)
{
    chat_config_t *config = chat_directive_config(cmd);
    period_t read;

    (void)dummy;
    if (!read_days(&read.days, period, cmd->pool))
        return apr_psprintf(cmd->pool,
                            "ChatRetention: \"%s\" must be a number of days, weeks or years of at "
                            "most 36500 days, such as 90d, 26w or 2y, or off",
                            period);
    if (!read_church(&read.church_id, church))
        return apr_psprintf(cmd->pool,
                            "ChatRetention: \"%s\" must be church= and the id of a church", church);
    if (find(config->retention, read.church_id))
        return apr_psprintf(cmd->pool, "ChatRetention: there is a period %s already",
                            church ? apr_pstrcat(cmd->pool, "for ", church, NULL)
                                   : "without church=");
    if (!config->retention) {
        config->retention = apr_pcalloc(cmd->pool, sizeof *config->retention);
        config->retention->periods = apr_array_make(cmd->pool, 1, sizeof(period_t));
    }
    if (read.church_id && config->retention->churches == CHURCHES_MAX)
        return "ChatRetention: there are more than 10000 churches with a period of their own";
    APR_ARRAY_PUSH(config->retention->periods, period_t) = read;
    config->retention->churches += read.church_id != 0;
    return NULL;
}

void chat_retention_config_read(chat_retention_periods_t *periods,
                                const chat_retention_config_t *config, apr_pool_t *p)
{
    const period_t *of_all = find(config, 0);
    apr_array_header_t *ids = apr_array_make(p, 1, sizeof(const char *));
    apr_array_header_t *days = apr_array_make(p, 1, sizeof(const char *));
    int i;

    for (i = 0; config && i < config->periods->nelts; i++) {
        const period_t *period = &APR_ARRAY_IDX(config->periods, i, period_t);

        if (!period->church_id)
            continue;
        APR_ARRAY_PUSH(ids, const char *) = apr_psprintf(p, "%" APR_INT64_T_FMT, period->church_id);
        APR_ARRAY_PUSH(days, const char *) = apr_itoa(p, period->days);
    }
    periods->days = of_all ? of_all->days : 0;
    periods->churches = apr_pstrcat(p, "{", apr_array_pstrcat(p, ids, ','), "}", NULL);
    periods->churches_days = apr_pstrcat(p, "{", apr_array_pstrcat(p, days, ','), "}", NULL);
}

int chat_retention_config_deletes(const chat_retention_config_t *config)
{
    int i;

    for (i = 0; config && i < config->periods->nelts; i++)
        if (APR_ARRAY_IDX(config->periods, i, period_t).days > 0)
            return 1;
    return 0;
}
