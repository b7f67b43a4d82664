#include "store/chat_store_push_delivery.h"

#include <apr_strings.h>

#include "core/chat_config.h"

static const chat_column_t push_columns[] = {
    CHAT_COLUMN(chat_push_row_t, delivery_id), CHAT_COLUMN(chat_push_row_t, conversation_id),
    CHAT_COLUMN(chat_push_row_t, claim),       CHAT_COLUMN(chat_push_row_t, subscription_id),
    CHAT_COLUMN(chat_push_row_t, endpoint),    CHAT_COLUMN(chat_push_row_t, p256dh),
    CHAT_COLUMN(chat_push_row_t, auth),        CHAT_COLUMN(chat_push_row_t, title),
    CHAT_COLUMN(chat_push_row_t, body),        CHAT_COLUMN(chat_push_row_t, unread_count),
    CHAT_COLUMN(chat_push_row_t, language),    CHAT_COLUMN(chat_push_row_t, dropped),
};
static const chat_record_t push_record = CHAT_RECORD(push_columns);

typedef struct next_t {
    apr_int64_t wait_ms;
} next_t;

static const chat_column_t next_columns[] = {CHAT_COLUMN(next_t, wait_ms)};
static const chat_record_t next_record = CHAT_RECORD(next_columns);

static const chat_query_t claim_query = {CHAT_SQL_CLAIM_PUSH, {&push_record}};
static const chat_query_t finish_query = {CHAT_SQL_FINISH_PUSH, {NULL}};
static const chat_query_t next_query = {CHAT_SQL_NEXT_PUSH, {&next_record}};

apr_status_t chat_store_push_delivery_claim(chat_push_row_t **prows, int *pcount, int *pdropped,
                                            chat_listener_t *db, int lease_s, const char *key_id,
                                            int has_content, apr_pool_t *p)
{
    const char *const args[] = {apr_itoa(p, lease_s), key_id, chat_db_boolean(has_content)};
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, db, &claim_query, args, CHAT_COUNT(args), p);

    *pcount = *pdropped = 0;
    if (rv != APR_SUCCESS)
        return rv;
    *prows = apr_pcalloc(p, (apr_size_t)chat_rows_count(rows) * sizeof **prows + 1);
    while (chat_rows_next(rows)) {
        chat_push_row_t *row = &(*prows)[*pcount];

        chat_rows_read(row, rows, &push_record);
        *pdropped += (int)row->dropped;
        *pcount += row->subscription_id != 0;
    }
    return APR_SUCCESS;
}

/* '{sent,later}' */
static const char *outcomes_of(const chat_push_end_t *ends, int count, apr_pool_t *p)
{
    static const char *const names[CHAT_PUSH_OUTCOMES] = {[CHAT_PUSH_SENT] = "sent",
                                                          [CHAT_PUSH_GONE] = "gone",
                                                          [CHAT_PUSH_REFUSED] = "refused",
                                                          [CHAT_PUSH_LATER] = "later",
                                                          [CHAT_PUSH_RELEASED] = "released"};
    const char *list = "{";
    int i;

    for (i = 0; i < count; i++)
        list = apr_pstrcat(p, list, i ? "," : "", names[ends[i].outcome], NULL);
    return apr_pstrcat(p, list, "}", NULL);
}

apr_status_t chat_store_push_delivery_finish(chat_listener_t *db, const chat_push_row_t *rows,
                                             const chat_push_end_t *ends, int count,
                                             const char *reason, apr_pool_t *p)
{
    const char *const args[] = {chat_db_id_or_null(rows->conversation_id, p),
                                chat_db_id_or_null(rows->delivery_id, p),
                                chat_db_id_or_null(rows->claim, p),
                                chat_db_ids(&ends->subscription_id, sizeof *ends, count, p),
                                outcomes_of(ends, count, p),
                                chat_db_ids(&ends->pause_s, sizeof *ends, count, p),
                                reason};
    chat_rows_t *done;

    return chat_listener_select(&done, db, &finish_query, args, CHAT_COUNT(args), p);
}

apr_status_t chat_store_push_delivery_next(apr_int64_t *pwait_ms, chat_listener_t *db,
                                           apr_pool_t *p)
{
    next_t next = {-1};
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, db, &next_query, NULL, 0, p);

    if (rv == APR_SUCCESS && chat_rows_next(rows))
        chat_rows_read(&next, rows, &next_record);
    *pwait_ms = next.wait_ms;
    return rv;
}
