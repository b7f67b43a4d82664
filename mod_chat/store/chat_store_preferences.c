#include "store/chat_store_preferences.h"

#include <string.h>

#include "store/chat_store_user.h"

static const chat_column_t preferences_columns[] = {
    CHAT_COLUMN(chat_preferences_t, email),      CHAT_COLUMN(chat_preferences_t, push),
    CHAT_COLUMN(chat_preferences_t, digest_at),  CHAT_COLUMN(chat_preferences_t, quiet_from),
    CHAT_COLUMN(chat_preferences_t, quiet_to),   CHAT_COLUMN(chat_preferences_t, time_zone),
    CHAT_COLUMN(chat_preferences_t, language),   CHAT_COLUMN(chat_preferences_t, is_staff),
    CHAT_COLUMN(chat_preferences_t, is_refused),
};
static const chat_record_t preferences_record = CHAT_RECORD(preferences_columns);

static const chat_query_t get_query = {CHAT_SQL_GET_PREFERENCES,
                                       {&chat_store_user_record, &preferences_record}};
static const chat_query_t put_query = {
    CHAT_SQL_PUT_PREFERENCES,
    {&chat_store_user_record, &chat_store_user_outcome_record, &preferences_record}};

static const chat_query_t retry_query = {
    CHAT_SQL_RETRY_MAIL,
    {&chat_store_user_record, &chat_store_user_outcome_record, &preferences_record}};

static void read_preferences(chat_preferences_t *preferences, const chat_rows_t *rows,
                             const chat_ctx_t *ctx)
{
    memset(preferences, 0, sizeof *preferences);
    chat_rows_read(preferences, rows, &preferences_record);
    preferences->address = ctx->profile.email ? ctx->profile.email : ctx->user.email;
}

apr_status_t chat_store_preferences_get(chat_preferences_t *preferences, chat_ctx_t *ctx)
{
    const char *const args[] = {ctx->profile.external_id, ctx->profile.email};
    chat_rows_t *rows;
    apr_status_t rv = chat_store_user_select(&rows, ctx, &get_query, args, CHAT_COUNT(args));

    if (rv == APR_SUCCESS)
        read_preferences(preferences, rows, ctx);
    return rv;
}

/* Run a statement that writes. */
static apr_status_t write_preferences(const char **poutcome, chat_preferences_t *preferences,
                                      chat_ctx_t *ctx, const chat_query_t *query,
                                      const char *const *args, int count)
{
    chat_outcome_t said;
    chat_rows_t *rows;
    apr_status_t rv = chat_store_user_select(&rows, ctx, query, args, count);

    if (rv != APR_SUCCESS)
        return rv;
    chat_rows_read(&said, rows, &chat_store_user_outcome_record);
    *poutcome = said.outcome;
    read_preferences(preferences, rows, ctx);
    return APR_SUCCESS;
}

apr_status_t chat_store_preferences_put(const char **poutcome, chat_preferences_t *preferences,
                                        chat_ctx_t *ctx, const chat_preferences_change_t *change)
{
    const char *const args[] = {ctx->profile.external_id,
                                ctx->profile.email,
                                change->email,
                                change->push,
                                change->digest_at,
                                chat_db_boolean(change->has_quiet),
                                change->quiet_from,
                                change->quiet_to,
                                change->time_zone,
                                change->language};

    return write_preferences(poutcome, preferences, ctx, &put_query, args, CHAT_COUNT(args));
}

apr_status_t chat_store_preferences_retry_mail(const char **poutcome,
                                               chat_preferences_t *preferences, chat_ctx_t *ctx)
{
    const char *const args[] = {ctx->profile.external_id, ctx->profile.email};

    return write_preferences(poutcome, preferences, ctx, &retry_query, args, CHAT_COUNT(args));
}
