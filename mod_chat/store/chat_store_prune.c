#include "store/chat_store_prune.h"

typedef struct pruned_t {
    int may_have_more;
} pruned_t;

static const chat_column_t pruned_columns[] = {CHAT_COLUMN(pruned_t, may_have_more)};
static const chat_record_t pruned_record = CHAT_RECORD(pruned_columns);
static const chat_query_t prune_query = {CHAT_SQL_PRUNE_EVENTS, {&pruned_record}};

static int read_pruned(chat_rows_t *rows)
{
    pruned_t pruned;

    return chat_rows_next_into(&pruned, rows, &pruned_record) && pruned.may_have_more;
}

apr_status_t chat_store_prune(int *pmay_have_more, chat_listener_t *listener, apr_pool_t *p)
{
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, listener, &prune_query, NULL, 0, p);

    *pmay_have_more = rv == APR_SUCCESS && read_pruned(rows);
    return rv;
}

apr_status_t chat_store_prune_by(int *pmay_have_more, chat_db_t *db)
{
    chat_rows_t *rows;
    apr_status_t rv = chat_db_select(&rows, db, &prune_query, NULL, 0);

    *pmay_have_more = rv == APR_SUCCESS && read_pruned(rows);
    return rv;
}
