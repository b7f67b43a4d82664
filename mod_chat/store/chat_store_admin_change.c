#include "store/chat_store_admin_change.h"

#include <string.h>

#include "store/chat_commit_hook.h"

static const chat_column_t changed_columns[] = {
    CHAT_COLUMN(chat_admin_changed_t, outcome),
    CHAT_COLUMN(chat_admin_changed_t, item),
    CHAT_COLUMN(chat_admin_changed_t, etag),
};
static const chat_record_t changed_record = CHAT_RECORD(changed_columns);

static const chat_column_t deleted_columns[] = {
    CHAT_COLUMN(chat_admin_deleted_t, outcome),
    CHAT_COLUMN(chat_admin_deleted_t, etag),
    CHAT_COLUMN(chat_admin_deleted_t, messages),
};
static const chat_record_t deleted_record = CHAT_RECORD(deleted_columns);

static const chat_column_t acted_columns[] = {
    CHAT_COLUMN(chat_admin_acted_t, done),     CHAT_COLUMN(chat_admin_acted_t, skipped),
    CHAT_COLUMN(chat_admin_acted_t, has_more), CHAT_COLUMN(chat_admin_acted_t, next_after),
    CHAT_COLUMN(chat_admin_acted_t, audit_id),
};
static const chat_record_t acted_record = CHAT_RECORD(acted_columns);

static const chat_column_t would_columns[] = {
    CHAT_COLUMN(chat_admin_would_t, objects),
    CHAT_COLUMN(chat_admin_would_t, messages),
    CHAT_COLUMN(chat_admin_would_t, attachments),
    CHAT_COLUMN(chat_admin_would_t, at_least),
};
static const chat_record_t would_record = CHAT_RECORD(would_columns);

static const chat_column_t erased_columns[] = {
    CHAT_COLUMN(chat_admin_erased_t, removed),
    CHAT_COLUMN(chat_admin_erased_t, has_more),
    CHAT_COLUMN(chat_admin_erased_t, next_after),
    CHAT_COLUMN(chat_admin_erased_t, audit_id),
};
static const chat_record_t erased_record = CHAT_RECORD(erased_columns);

static const chat_query_t change_query = {CHAT_SQL_CHANGE_ADMIN_ITEM, {&changed_record}};
static const chat_query_t create_query = {CHAT_SQL_CREATE_ADMIN_ITEM, {&changed_record}};
static const chat_query_t delete_query = {CHAT_SQL_DELETE_ADMIN_ITEM, {&deleted_record}};
static const chat_query_t act_query = {CHAT_SQL_ACT_ON_ADMIN_ITEMS, {&acted_record}};
static const chat_query_t would_query = {CHAT_SQL_PREVIEW_ADMIN_ACTION, {&would_record}};
static const chat_query_t erase_query = {CHAT_SQL_ERASE_USER, {&erased_record}};
static const chat_query_t would_erase_query = {CHAT_SQL_PREVIEW_ERASURE, {&would_record}};

/* The one row of a statement. */
static apr_status_t select_row(void *out, chat_ctx_t *ctx, const chat_query_t *query,
                               const char *const *args, int count)
{
    chat_rows_t *rows;
    apr_status_t rv = chat_db_select(&rows, ctx->db, query, args, count);

    if (rv != APR_SUCCESS)
        return rv;
    return chat_rows_next_into(out, rows, query->records[0]) ? APR_SUCCESS : CHAT_DB_REFUSED;
}

/* The same of one that writes: feeds are told that there may be events. */
static apr_status_t write_row(void *out, chat_ctx_t *ctx, const chat_query_t *query,
                              const char *const *args, int count)
{
    apr_status_t rv = select_row(out, ctx, query, args, count);

    if (rv == APR_SUCCESS)
        chat_commit_hook_committed(ctx->db);
    return rv;
}

apr_status_t chat_store_admin_change(chat_admin_changed_t *changed, chat_ctx_t *ctx,
                                     const chat_administrator_t *by, const char *kind,
                                     apr_int64_t id, const char *if_match, const char *members)
{
    const char *const args[] = {
        by->username, by->address, by->request_id, kind, chat_db_id(id, ctx->pool),
        if_match,     members};

    memset(changed, 0, sizeof *changed);
    return write_row(changed, ctx, &change_query, args, CHAT_COUNT(args));
}

apr_status_t chat_store_admin_create(chat_admin_changed_t *created, chat_ctx_t *ctx,
                                     const chat_administrator_t *by, const char *kind,
                                     const char *members)
{
    const char *const args[] = {by->username, by->address, by->request_id, kind, members};

    memset(created, 0, sizeof *created);
    return write_row(created, ctx, &create_query, args, CHAT_COUNT(args));
}

apr_status_t chat_store_admin_delete(chat_admin_deleted_t *deleted, chat_ctx_t *ctx,
                                     const chat_administrator_t *by, const char *kind,
                                     apr_int64_t id, const char *if_match, const char *reason)
{
    const char *const args[] = {
        by->username, by->address, by->request_id, kind, chat_db_id(id, ctx->pool),
        if_match,     reason};

    memset(deleted, 0, sizeof *deleted);
    return write_row(deleted, ctx, &delete_query, args, CHAT_COUNT(args));
}

apr_status_t chat_store_admin_act(chat_admin_acted_t *acted, chat_ctx_t *ctx,
                                  const chat_administrator_t *by, const char *action,
                                  const chat_admin_selection_t *selection, const char *reason)
{
    const char *const args[] = {by->username,
                                by->address,
                                by->request_id,
                                selection->kind,
                                action,
                                selection->ids,
                                selection->filters,
                                chat_db_id_or_null(selection->after, ctx->pool),
                                reason};

    memset(acted, 0, sizeof *acted);
    return write_row(acted, ctx, &act_query, args, CHAT_COUNT(args));
}

apr_status_t chat_store_admin_would(chat_admin_would_t *would, chat_ctx_t *ctx, const char *action,
                                    const chat_admin_selection_t *selection)
{
    const char *const args[] = {selection->kind, action, selection->ids, selection->filters,
                                chat_db_id_or_null(selection->after, ctx->pool)};

    memset(would, 0, sizeof *would);
    return select_row(would, ctx, &would_query, args, CHAT_COUNT(args));
}

apr_status_t chat_store_admin_erase(chat_admin_erased_t *erased, chat_ctx_t *ctx,
                                    const chat_administrator_t *by, apr_int64_t user_id,
                                    const char *reason, apr_int64_t after)
{
    const char *const args[] = {by->username,   by->address,
                                by->request_id, chat_db_id(user_id, ctx->pool),
                                reason,         chat_db_id_or_null(after, ctx->pool)};

    memset(erased, 0, sizeof *erased);
    return write_row(erased, ctx, &erase_query, args, CHAT_COUNT(args));
}

apr_status_t chat_store_admin_would_erase(chat_admin_would_t *would, chat_ctx_t *ctx,
                                          apr_int64_t user_id)
{
    const char *const args[] = {chat_db_id(user_id, ctx->pool)};
    apr_status_t rv;

    memset(would, 0, sizeof *would);
    rv = select_row(would, ctx, &would_erase_query, args, CHAT_COUNT(args));
    return rv == CHAT_DB_REFUSED ? APR_ENOENT : rv;
}
