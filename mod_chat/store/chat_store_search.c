#include "store/chat_store_search.h"

/* The first row. */
typedef struct header_t {
    int is_up_to_date;
    apr_int64_t searched_to;
} header_t;

static const chat_column_t header_columns[] = {
    CHAT_COLUMN(header_t, is_up_to_date),
    CHAT_COLUMN(header_t, searched_to),
};
static const chat_record_t header_record = CHAT_RECORD(header_columns);

static const chat_query_t search_query = {CHAT_SQL_SEARCH_MESSAGES,
                                          {&chat_store_user_read_record, &header_record,
                                           &chat_store_conversation_view_record,
                                           &chat_store_message_record}};

apr_status_t chat_store_search(chat_search_page_t *page, chat_ctx_t *ctx,
                               const chat_search_filter_t *filter)
{
    const char *const args[] = {ctx->profile.external_id,
                                filter->terms,
                                chat_db_id(filter->limit + 1, ctx->pool),
                                chat_db_id_or_null(filter->before_id, ctx->pool),
                                chat_db_id_or_null(filter->church_id, ctx->pool),
                                chat_db_id_or_null(filter->conversation_id, ctx->pool),
                                filter->from,
                                chat_db_time_or_null(filter->since, ctx->pool),
                                chat_db_time_or_null(filter->until, ctx->pool)};
    apr_status_t rv =
        chat_store_user_select(&page->rows, ctx, &search_query, args, CHAT_COUNT(args));
    header_t header;

    if (rv != APR_SUCCESS)
        return rv;
    chat_rows_read(&header, page->rows, &header_record);
    page->is_up_to_date = header.is_up_to_date;
    page->searched_to = header.searched_to;
    return APR_SUCCESS;
}

int chat_store_search_next(chat_message_t *message, chat_conversation_t *conversation,
                           chat_search_page_t *page)
{
    if (!chat_rows_next_into(conversation, page->rows, &chat_store_conversation_view_record))
        return 0;
    chat_store_message_read(message, page->rows);
    message->is_flagged = message->is_flagged && conversation->is_church_owner;
    return 1;
}

chat_sides_t chat_store_search_sides(const chat_conversation_t *conversation)
{
    return (chat_sides_t){.conversation_id = conversation->id,
                          .is_church_owner = conversation->is_church_owner,
                          .member_name = conversation->member_name,
                          .member_avatar_url = conversation->member_avatar_url,
                          .church_name = conversation->church_name,
                          .church_logo_url = conversation->church_logo_url};
}
