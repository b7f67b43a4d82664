#include "store/chat_store_records.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_config.h"

typedef struct counting_t {
    int has_more;
} counting_t;

static const chat_column_t counting_columns[] = {CHAT_COLUMN(counting_t, has_more)};
static const chat_record_t counting_record = CHAT_RECORD(counting_columns);
static const chat_query_t count_query = {CHAT_SQL_COUNT_DAYS, {&counting_record}};

static const chat_column_t retention_columns[] = {
    CHAT_COLUMN(chat_retention_t, has_more),
    CHAT_COLUMN(chat_retention_t, messages),
    CHAT_COLUMN(chat_retention_t, attachments),
    CHAT_COLUMN(chat_retention_t, audit_rows),
};
static const chat_record_t retention_record = CHAT_RECORD(retention_columns);
static const chat_query_t retention_query = {CHAT_SQL_APPLY_RETENTION, {&retention_record}};

apr_status_t chat_store_count_days(int *phas_more, chat_listener_t *db, apr_interval_time_t settled,
                                   apr_pool_t *p)
{
    const char *const args[] = {apr_psprintf(p, "%" APR_INT64_T_FMT, settled)};
    counting_t counting = {0};
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, db, &count_query, args, CHAT_COUNT(args), p);

    if (rv == APR_SUCCESS)
        chat_rows_next_into(&counting, rows, &counting_record);
    *phas_more = counting.has_more;
    return rv;
}

apr_status_t chat_store_retention_apply(chat_retention_t *retention, chat_listener_t *db,
                                        const chat_retention_periods_t *periods, int at_once,
                                        apr_pool_t *p)
{
    const char *const args[] = {apr_itoa(p, periods->days), periods->churches,
                                periods->churches_days, apr_itoa(p, at_once)};
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, db, &retention_query, args, CHAT_COUNT(args), p);

    memset(retention, 0, sizeof *retention);
    if (rv == APR_SUCCESS)
        chat_rows_next_into(retention, rows, &retention_record);
    return rv;
}
