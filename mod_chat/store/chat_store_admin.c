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

static const chat_query_t list_query = {CHAT_SQL_LIST_ADMIN_ITEMS, {&page_record, &row_record}};
static const chat_query_t get_query = {CHAT_SQL_GET_ADMIN_ITEM, {&item_record}};

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
