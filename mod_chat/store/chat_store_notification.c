#include "store/chat_store_notification.h"

#include <string.h>

#include <apr_strings.h>

#include "store/chat_store_user.h"

#define XMIN_COLUMN CHAT_SQL_NOTIFICATION_NEWEST_ID /* of the header row */

/* Arrays as SQL writes them: "{7,8}". */
static const char *as_sql(const apr_array_header_t *words, apr_pool_t *p)
{
    return apr_pstrcat(p, "{", apr_array_pstrcat(p, words, ','), "}", NULL);
}

static const char *ids_as_sql(const apr_array_header_t *ids, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, ids->nelts, sizeof(const char *));
    int i;

    for (i = 0; i < ids->nelts; i++)
        APR_ARRAY_PUSH(words, const char *) = chat_db_id(APR_ARRAY_IDX(ids, i, apr_int64_t), p);
    return as_sql(words, p);
}

static const char *sides_as_sql(const apr_array_header_t *sides, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, sides->nelts, sizeof(const char *));
    int i;

    for (i = 0; i < sides->nelts; i++)
        APR_ARRAY_PUSH(words, const char *) = chat_db_boolean(APR_ARRAY_IDX(sides, i, int));
    return as_sql(words, p);
}

apr_status_t chat_store_notification_list(chat_rows_t **prows, apr_int64_t *punread_count,
                                          chat_ctx_t *ctx, const chat_notification_filter_t *filter)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(filter->limit + 1, ctx->pool),
                                chat_db_id_or_null(filter->before_newest_id, ctx->pool)};
    apr_status_t rv =
        chat_store_user_ask(prows, ctx, CHAT_SQL_LIST_NOTIFICATIONS, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    *punread_count = chat_rows_integer(*prows, CHAT_SQL_NOTIFICATION_UNREAD_COUNT);
    ctx->xmin = (apr_uint64_t)chat_rows_integer(*prows, XMIN_COLUMN);
    ctx->epoch = chat_rows_text(*prows, CHAT_SQL_NOTIFICATION_TITLE);
    return APR_SUCCESS;
}

int chat_store_notification_next(chat_notification_t *notification, chat_rows_t *rows)
{
    if (!chat_rows_next(rows))
        return 0;
    memset(notification, 0, sizeof *notification);
    notification->conversation_id = chat_rows_integer(rows, CHAT_SQL_NOTIFICATION_CONVERSATION_ID);
    notification->title = chat_rows_text(rows, CHAT_SQL_NOTIFICATION_TITLE);
    notification->body = chat_rows_excerpt(rows, CHAT_SQL_NOTIFICATION_BODY);
    notification->count = chat_rows_integer(rows, CHAT_SQL_NOTIFICATION_COUNT);
    notification->created_at = chat_rows_time(rows, CHAT_SQL_NOTIFICATION_CREATED_AT);
    notification->updated_at = chat_rows_time(rows, CHAT_SQL_NOTIFICATION_UPDATED_AT);
    notification->read_at = chat_rows_time(rows, CHAT_SQL_NOTIFICATION_READ_AT);
    notification->newest_id = chat_rows_integer(rows, CHAT_SQL_NOTIFICATION_NEWEST_ID);
    return 1;
}

apr_status_t chat_store_notification_mark_read(const char **poutcome, apr_int64_t *pmarked,
                                               chat_ctx_t *ctx, const apr_array_header_t *ids)
{
    const char *const args[] = {ctx->profile.external_id, ids ? ids_as_sql(ids, ctx->pool) : NULL};
    chat_rows_t *rows;
    apr_status_t rv =
        chat_store_user_ask(&rows, ctx, CHAT_SQL_READ_NOTIFICATIONS, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    *poutcome = chat_rows_text(rows, CHAT_SQL_MARK_OUTCOME);
    *pmarked = chat_rows_integer(rows, CHAT_SQL_MARK_MARKED);
    if (*pmarked)
        chat_store_user_wrote(ctx);
    return APR_SUCCESS;
}

apr_status_t chat_store_notification_tell(chat_rows_t **prows, chat_listener_t *listener,
                                          const apr_array_header_t *users,
                                          const apr_array_header_t *conversations,
                                          const apr_array_header_t *sides, apr_pool_t *p)
{
    const char *const args[] = {ids_as_sql(users, p), ids_as_sql(conversations, p),
                                sides_as_sql(sides, p)};

    return chat_listener_select(prows, listener, CHAT_SQL_TELL_NOTIFICATIONS, args,
                                CHAT_COUNT(args), p);
}

static void notification_from_row(chat_notification_t *notification, const chat_rows_t *rows)
{
    memset(notification, 0, sizeof *notification);
    notification->conversation_id = chat_rows_integer(rows, CHAT_SQL_TOLD_CONVERSATION_ID);
    notification->is_church_owner = chat_rows_boolean(rows, CHAT_SQL_TOLD_IS_CHURCH_OWNER);
    notification->title = chat_rows_text(rows, CHAT_SQL_TOLD_TITLE);
    notification->body = chat_rows_excerpt(rows, CHAT_SQL_TOLD_BODY);
    notification->count = chat_rows_integer(rows, CHAT_SQL_TOLD_COUNT);
    notification->created_at = chat_rows_time(rows, CHAT_SQL_TOLD_CREATED_AT);
    notification->updated_at = chat_rows_time(rows, CHAT_SQL_TOLD_UPDATED_AT);
    notification->read_at = chat_rows_time(rows, CHAT_SQL_TOLD_READ_AT);
}

int chat_store_notification_next_told(chat_told_t *told, chat_rows_t *rows)
{
    if (!chat_rows_next(rows))
        return 0;
    if (chat_rows_is_null(rows, CHAT_SQL_TOLD_USER_ID))
        told->is = CHAT_TOLD_CONVERSATION;
    else
        told->is = chat_rows_is_null(rows, CHAT_SQL_TOLD_CONVERSATION_ID) ? CHAT_TOLD_USER
                                                                          : CHAT_TOLD_MARK;
    told->user_id = chat_rows_integer(rows, CHAT_SQL_TOLD_USER_ID);
    told->unread_count = chat_rows_integer(rows, CHAT_SQL_TOLD_COUNT);
    notification_from_row(&told->notification, rows);
    return 1;
}
