#include "store/chat_store_search_index.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_config.h"

static const chat_column_t index_columns[] = {
    CHAT_COLUMN(chat_search_index_t, outcome),  CHAT_COLUMN(chat_search_index_t, indexed),
    CHAT_COLUMN(chat_search_index_t, has_more), CHAT_COLUMN(chat_search_index_t, is_building),
    CHAT_COLUMN(chat_search_index_t, config),   CHAT_COLUMN(chat_search_index_t, lag_ms),
};
static const chat_record_t index_record = CHAT_RECORD(index_columns);
static const chat_query_t index_query = {CHAT_SQL_INDEX_MESSAGES, {&index_record}};

apr_status_t chat_store_search_index_update(chat_search_index_t *index, chat_listener_t *db,
                                            const char *config, apr_interval_time_t age,
                                            int at_once, apr_pool_t *p)
{
    const char *const args[] = {config, apr_psprintf(p, "%" APR_INT64_T_FMT, age),
                                apr_itoa(p, at_once)};
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, db, &index_query, args, CHAT_COUNT(args), p);

    memset(index, 0, sizeof *index);
    if (rv == APR_SUCCESS && !chat_rows_next_into(index, rows, &index_record))
        rv = APR_ENOENT;
    return rv;
}
