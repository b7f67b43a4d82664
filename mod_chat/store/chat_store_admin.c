#include "store/chat_store_admin.h"

#include <string.h>

static const chat_column_t page_columns[] = {
    CHAT_COLUMN(chat_admin_page_t, count),
    CHAT_COLUMN(chat_admin_page_t, count_is),
    CHAT_COLUMN(chat_admin_page_t, dates),
    CHAT_COLUMN(chat_admin_page_t, epoch),
};
static const chat_record_t page_record = CHAT_RECORD(page_columns);

static const chat_column_t row_columns[] = {
    CHAT_COLUMN(chat_admin_item_t, item),
    CHAT_COLUMN(chat_admin_item_t, key),
    CHAT_COLUMN(chat_admin_item_t, id),
};
static const chat_record_t row_record = CHAT_RECORD(row_columns);

static const chat_column_t item_columns[] = {
    CHAT_COLUMN(chat_admin_item_t, item),
    CHAT_COLUMN(chat_admin_item_t, etag),
};
static const chat_record_t item_record = CHAT_RECORD(item_columns);

static const chat_column_t view_columns[] = {
    CHAT_COLUMN(chat_admin_item_t, item),
    CHAT_COLUMN(chat_admin_item_t, etag),
    CHAT_COLUMN(chat_admin_item_t, messages),
    CHAT_COLUMN(chat_admin_item_t, has_more),
};
static const chat_record_t view_record = CHAT_RECORD(view_columns);

static const chat_query_t list_query = {CHAT_SQL_LIST_ADMIN_ITEMS, {&page_record, &row_record}};
static const chat_query_t get_query = {CHAT_SQL_GET_ADMIN_ITEM, {&item_record}};
static const chat_query_t view_query = {CHAT_SQL_VIEW_CONVERSATION, {&view_record}};

typedef struct stats_t {
    const char *stats;
} stats_t;

static const chat_column_t stats_columns[] = {CHAT_COLUMN(stats_t, stats)};
static const chat_record_t stats_record = CHAT_RECORD(stats_columns);

static const chat_query_t export_query = {CHAT_SQL_EXPORT_ADMIN_ITEMS, {&row_record}};
static const chat_query_t stats_query = {CHAT_SQL_GET_ADMIN_STATS, {&stats_record}};

apr_status_t chat_store_admin_page(chat_admin_page_t *page, chat_ctx_t *ctx,
                                   const chat_admin_page_query_t *query)
{
    const char *const args[] = {query->kind,
                                query->filters,
                                query->order,
                                chat_db_id(query->limit + 1, ctx->pool),
                                chat_db_id_or_null(query->after_id, ctx->pool),
                                query->after_key};
    apr_status_t rv;

    memset(page, 0, sizeof *page);
    rv = chat_db_select(&page->rows, ctx->db, &list_query, args, CHAT_COUNT(args));
    if (rv != APR_SUCCESS)
        return rv;
    return chat_rows_next_into(page, page->rows, &page_record) ? APR_SUCCESS : APR_EGENERAL;
}

int chat_store_admin_next(chat_admin_item_t *item, chat_admin_page_t *page)
{
    memset(item, 0, sizeof *item);
    return chat_rows_next_into(item, page->rows, &row_record);
}

apr_status_t chat_store_admin_get(chat_admin_item_t *item, chat_ctx_t *ctx, const char *kind,
                                  apr_int64_t id)
{
    const char *const args[] = {kind, chat_db_id(id, ctx->pool)};
    chat_rows_t *rows;
    apr_status_t rv = chat_db_select(&rows, ctx->db, &get_query, args, CHAT_COUNT(args));

    memset(item, 0, sizeof *item);
    if (rv != APR_SUCCESS)
        return rv;
    item->id = id;
    return chat_rows_next_into(item, rows, &item_record) ? APR_SUCCESS : APR_ENOENT;
}

static void take_row(void *data, const chat_rows_t *rows)
{
    const chat_admin_export_query_t *query = data;
    chat_admin_item_t item = {.item = NULL};

    chat_rows_read(&item, rows, &row_record);
    query->take(query->data, &item);
}

apr_status_t chat_store_admin_export(chat_ctx_t *ctx, const chat_admin_export_query_t *query,
                                     apr_pool_t *p)
{
    const char *const args[] = {query->page.kind,
                                query->page.filters,
                                query->page.order,
                                chat_db_id(query->page.limit, p),
                                chat_db_id(query->bytes_max, p),
                                chat_db_id_or_null(query->page.after_id, p),
                                query->page.after_key,
                                query->by.username,
                                query->by.address,
                                query->by.request_id,
                                query->format};
    const chat_args_t values = {.values = args, .count = CHAT_COUNT(args)};
    const chat_row_sink_t sink = {take_row, (void *)query};

    return chat_db_stream(&sink, ctx->db, &export_query, &values, p);
}

apr_status_t chat_store_admin_stats(const char **pstats, chat_ctx_t *ctx, int days)
{
    const char *const args[] = {chat_db_id(days, ctx->pool)};
    stats_t stats = {NULL};
    chat_rows_t *rows;
    apr_status_t rv = chat_db_select(&rows, ctx->db, &stats_query, args, CHAT_COUNT(args));

    *pstats = NULL;
    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_rows_next_into(&stats, rows, &stats_record))
        return APR_EGENERAL;
    *pstats = stats.stats;
    return APR_SUCCESS;
}

apr_status_t chat_store_admin_view(chat_admin_item_t *item, chat_ctx_t *ctx,
                                   const chat_administrator_t *who, apr_int64_t conversation_id)
{
    const char *const args[] = {who->username, who->address, who->request_id,
                                chat_db_id(conversation_id, ctx->pool)};
    chat_rows_t *rows;
    apr_status_t rv = chat_db_select(&rows, ctx->db, &view_query, args, CHAT_COUNT(args));

    memset(item, 0, sizeof *item);
    if (rv != APR_SUCCESS)
        return rv;
    item->id = conversation_id;
    return chat_rows_next_into(item, rows, &view_record) ? APR_SUCCESS : APR_ENOENT;
}
