#include "store/chat_store_delivery.h"

#include <apr_strings.h>

/* A wait that is not known is NULL in SQL, and 0 here would mean now. */
typedef struct decision_t {
    apr_int64_t decided;
    apr_int64_t has_next;
    apr_int64_t wait_ms;
} decision_t;

static const chat_column_t decision_columns[] = {
    CHAT_COLUMN(decision_t, decided),
    CHAT_COLUMN(decision_t, has_next),
    CHAT_COLUMN(decision_t, wait_ms),
};
static const chat_record_t decision_record = CHAT_RECORD(decision_columns);

static const chat_column_t next_columns[] = {
    CHAT_COLUMN(decision_t, has_next),
    CHAT_COLUMN(decision_t, wait_ms),
};
static const chat_record_t next_record = CHAT_RECORD(next_columns);

static const chat_column_t mail_columns[] = {
    CHAT_COLUMN(chat_mail_row_t, delivery_id),  CHAT_COLUMN(chat_mail_row_t, conversation_id),
    CHAT_COLUMN(chat_mail_row_t, claim),        CHAT_COLUMN(chat_mail_row_t, user_id),
    CHAT_COLUMN(chat_mail_row_t, up_to),        CHAT_COLUMN(chat_mail_row_t, address),
    CHAT_COLUMN(chat_mail_row_t, address_hash), CHAT_COLUMN(chat_mail_row_t, language),
    CHAT_COLUMN(chat_mail_row_t, reader_name),  CHAT_COLUMN(chat_mail_row_t, sender_name),
    CHAT_COLUMN(chat_mail_row_t, unread),       CHAT_COLUMN(chat_mail_row_t, content),
    CHAT_COLUMN(chat_mail_row_t, sent_at),      CHAT_COLUMN(chat_mail_row_t, dropped),
};
static const chat_record_t mail_record = CHAT_RECORD(mail_columns);

static const chat_column_t count_columns[] = {
    CHAT_COLUMN(chat_delivery_counts_t, waiting),
    CHAT_COLUMN(chat_delivery_counts_t, mails_due),
    CHAT_COLUMN(chat_delivery_counts_t, pushes_due),
    CHAT_COLUMN(chat_delivery_counts_t, mails_dead),
    CHAT_COLUMN(chat_delivery_counts_t, pushes_dead),
};
static const chat_record_t count_record = CHAT_RECORD(count_columns);

static const chat_query_t count_query = {CHAT_SQL_COUNT_DELIVERIES, {&count_record}};
static const chat_query_t decide_query = {CHAT_SQL_DECIDE_DELIVERIES, {&decision_record}};
static const chat_query_t wake_query = {CHAT_SQL_WAKE_WAITING, {NULL}};
static const chat_query_t claim_query = {CHAT_SQL_CLAIM_MAIL, {&mail_record}};
static const chat_query_t next_query = {CHAT_SQL_NEXT_DELIVERY, {&next_record}};
static const chat_query_t finish_query = {CHAT_SQL_FINISH_DELIVERIES, {NULL}};

static const chat_query_t unsubscribe_query = {CHAT_SQL_UNSUBSCRIBE, {NULL}};

static const char *seconds_or_null(int seconds, apr_pool_t *p)
{
    return seconds < 0 ? NULL : apr_itoa(p, seconds);
}

static apr_int64_t wait_of(const decision_t *decision)
{
    return decision->has_next ? decision->wait_ms : CHAT_STORE_DELIVERY_NEVER;
}

apr_status_t chat_store_delivery_decide(int *pcount, apr_int64_t *pwait_ms, chat_listener_t *db,
                                        const chat_delivery_rules_t *rules, int at_most,
                                        apr_pool_t *p)
{
    const char *const args[] = {seconds_or_null(rules->mail_delay_s, p),
                                apr_itoa(p, rules->mail_silence_s),
                                rules->mail_of_members,
                                rules->mail_of_staff,
                                seconds_or_null(rules->push_delay_s, p),
                                apr_itoa(p, at_most)};
    decision_t decision = {0};
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, db, &decide_query, args, CHAT_COUNT(args), p);

    if (rv == APR_SUCCESS && chat_rows_next(rows))
        chat_rows_read(&decision, rows, &decision_record);
    *pcount = (int)decision.decided;
    *pwait_ms = wait_of(&decision);
    return rv;
}

apr_status_t chat_store_delivery_wake(chat_listener_t *db, apr_pool_t *p)
{
    chat_rows_t *rows;

    return chat_listener_select(&rows, db, &wake_query, NULL, 0, p);
}

apr_status_t chat_store_delivery_claim_mail(chat_mail_row_t **prows, int *pcount, int *pdropped,
                                            chat_listener_t *db, const chat_delivery_rules_t *rules,
                                            int lease_s, const char *content, apr_pool_t *p)
{
    const char *const args[] = {apr_itoa(p, lease_s), rules->mail_of_members, rules->mail_of_staff,
                                content};
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, db, &claim_query, args, CHAT_COUNT(args), p);

    *pcount = *pdropped = 0;
    if (rv != APR_SUCCESS)
        return rv;
    *prows = apr_pcalloc(p, (apr_size_t)chat_rows_count(rows) * sizeof **prows + 1);
    while (chat_rows_next(rows)) {
        chat_mail_row_t *row = &(*prows)[*pcount];

        chat_rows_read(row, rows, &mail_record);
        *pdropped += (int)row->dropped;
        *pcount += row->delivery_id != 0;
    }
    return APR_SUCCESS;
}

apr_status_t chat_store_delivery_next(apr_int64_t *pwait_ms, chat_listener_t *db, const char *kind,
                                      apr_pool_t *p)
{
    const char *const args[] = {kind};
    decision_t next = {0};
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, db, &next_query, args, CHAT_COUNT(args), p);

    if (rv == APR_SUCCESS && chat_rows_next(rows))
        chat_rows_read(&next, rows, &next_record);
    *pwait_ms = wait_of(&next);
    return rv;
}

apr_status_t chat_store_delivery_finish(chat_listener_t *db, const chat_delivery_ref_t *refs,
                                        int count, const chat_delivery_end_t *end, apr_pool_t *p)
{
    static const char *const outcomes[] = {[CHAT_DELIVERY_SENT] = "sent",
                                           [CHAT_DELIVERY_REFUSED] = "refused",
                                           [CHAT_DELIVERY_LATER] = "later",
                                           [CHAT_DELIVERY_UNKNOWN] = "unknown",
                                           [CHAT_DELIVERY_RELEASED] = "released"};
    const char *const args[] = {chat_db_ids(&refs->conversation_id, sizeof *refs, count, p),
                                chat_db_ids(&refs->id, sizeof *refs, count, p),
                                chat_db_ids(&refs->claim, sizeof *refs, count, p),
                                outcomes[end->outcome],
                                end->reason,
                                apr_itoa(p, end->later_s),
                                end->address,
                                chat_db_boolean(end->is_hard)};
    chat_rows_t *rows;

    return chat_listener_select(&rows, db, &finish_query, args, CHAT_COUNT(args), p);
}

apr_status_t chat_store_delivery_count(chat_delivery_counts_t *counts, chat_listener_t *db,
                                       apr_pool_t *p)
{
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, db, &count_query, NULL, 0, p);

    if (rv == APR_SUCCESS && chat_rows_next(rows))
        chat_rows_read(counts, rows, &count_record);
    return rv;
}

apr_status_t chat_store_delivery_unsubscribe(chat_db_t *db, apr_int64_t user_id,
                                             const char *address_hash, apr_pool_t *p)
{
    const char *const args[] = {chat_db_id(user_id, p), address_hash};
    chat_rows_t *rows;

    return chat_db_select(&rows, db, &unsubscribe_query, args, CHAT_COUNT(args));
}
