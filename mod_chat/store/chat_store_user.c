#include "store/chat_store_user.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_log.h"
#include "core/chat_text.h"
#include "store/chat_commit_hook.h"

#define NAME_MARK " (member)"

static const chat_column_t user_columns[] = {
    CHAT_COLUMN_AS("user_id", chat_ctx_t, user.id),
    CHAT_COLUMN_AS("user_is_active", chat_ctx_t, user.is_active),
    CHAT_COLUMN_AS("user_display_name", chat_ctx_t, user.display_name),
    CHAT_COLUMN_AS("user_avatar_url", chat_ctx_t, user.avatar_url),
    CHAT_COLUMN_AS("user_email", chat_ctx_t, user.email),
    CHAT_COLUMN_AS("user_username", chat_ctx_t, user.username),
    /* Of what reads. */
    CHAT_COLUMN_AS("snapshot_xmin", chat_ctx_t, xmin),
    CHAT_COLUMN(chat_ctx_t, epoch),
};
const chat_record_t chat_store_user_record = {user_columns, 6};
const chat_record_t chat_store_user_read_record = CHAT_RECORD(user_columns);

static const chat_column_t outcome_columns[] = {
    CHAT_COLUMN(chat_outcome_t, outcome),
    CHAT_COLUMN(chat_outcome_t, marked),
};
const chat_record_t chat_store_user_outcome_record = {outcome_columns, 1};
const chat_record_t chat_store_user_marked_record = CHAT_RECORD(outcome_columns);

static const chat_query_t ensure_user_query = {CHAT_SQL_ENSURE_USER, {&chat_store_user_record}};
static const chat_query_t get_user_query = {CHAT_SQL_GET_USER, {&chat_store_user_read_record}};

/* Create the user's row, or update it from the profile. */
static apr_status_t ensure_user(chat_ctx_t *ctx, const char *display_name)
{
    const char *const args[] = {
        ctx->profile.external_id, ctx->profile.username, display_name,
        ctx->profile.avatar_url,  ctx->profile.email,    ctx->profile.former_id};
    chat_rows_t *rows;

    return chat_db_select(&rows, ctx->db, &ensure_user_query, args, CHAT_COUNT(args));
}

static apr_status_t create_user(chat_ctx_t *ctx)
{
    const char *name = ctx->profile.display_name;

    if (!name)
        name = chat_text_clean_name(ctx->profile.username, CHAT_DISPLAY_NAME_CHARS_MAX, ctx->pool);
    return ensure_user(ctx, *name ? name : ctx->profile.username);
}

static int differs(const char *said, const char *stored)
{
    return said && (!stored || strcmp(said, stored) != 0);
}

/* A name that could pass for a church's or staff's is stored with a mark, perhaps cut to make room
 * for it (chat.clean_user). */
static int name_differs(const char *said, const char *stored)
{
    apr_size_t length, mark = sizeof NAME_MARK - 1;

    if (!differs(said, stored))
        return 0;
    length = stored ? strlen(stored) : 0;
    return length <= mark || strcmp(stored + length - mark, NAME_MARK) != 0 ||
           strncmp(said, stored, length - mark) != 0;
}

static int profile_differs(const chat_ctx_t *ctx)
{
    return differs(ctx->profile.username, ctx->user.username) ||
           name_differs(ctx->profile.display_name, ctx->user.display_name) ||
           differs(ctx->profile.avatar_url, ctx->user.avatar_url) ||
           differs(ctx->profile.email, ctx->user.email);
}

/* This answer still has the old name. The statement of the request has succeeded already, so a
 * failure here is not the request's: the next one tries again. */
static void update_profile(chat_ctx_t *ctx)
{
    if (ensure_user(ctx, ctx->profile.display_name) != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, chat_db_server(ctx->db),
                     "user profile not updated, the next request tries again: %s",
                     chat_db_cause(ctx->db));
}

/* The ctx has the user's row. */
static apr_status_t admit(chat_ctx_t *ctx)
{
    if (!ctx->user.is_active || (ctx->still_id && ctx->still_id != ctx->user.id))
        return APR_EACCES;
    if (profile_differs(ctx) && (!ctx->may_store_profile || ctx->may_store_profile(ctx)))
        update_profile(ctx);
    return APR_SUCCESS;
}

apr_status_t chat_store_user_select_in(chat_rows_t **prows, chat_ctx_t *ctx,
                                       const chat_query_t *query, const chat_args_t *args,
                                       apr_pool_t *p)
{
    apr_status_t rv = chat_db_select_in(prows, ctx->db, query, args, p);

    if (rv == APR_SUCCESS && chat_rows_count(*prows) == 0 && !ctx->still_id) {
        rv = create_user(ctx);
        if (rv == APR_SUCCESS)
            rv = chat_db_select_in(prows, ctx->db, query, args, p);
    }
    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_rows_next_into(ctx, *prows, query->records[0]))
        return APR_EACCES; /* the row was deleted in between */
    return admit(ctx);
}

apr_status_t chat_store_user_select(chat_rows_t **prows, chat_ctx_t *ctx, const chat_query_t *query,
                                    const char *const *args, int count)
{
    const chat_args_t all = {args, count, 0};

    return chat_store_user_select_in(prows, ctx, query, &all, ctx->pool);
}

static void (*write_hook)(chat_ctx_t *ctx);

void chat_store_user_on_write(void (*hook)(chat_ctx_t *ctx))
{
    write_hook = hook;
}

int chat_store_user_has_changed(const chat_outcome_t *said)
{
    return said->marked || strcmp(said->outcome, "created") == 0 ||
           strcmp(said->outcome, "posted") == 0 || strcmp(said->outcome, "done") == 0;
}

/* The cache is notified also if there was nothing to change, as an earlier statement had done it,
 * whose result the client may not have received. */
apr_status_t chat_store_user_write(chat_outcome_t *said, chat_rows_t **prows, chat_ctx_t *ctx,
                                   const chat_query_t *query, const char *const *args, int count)
{
    apr_status_t rv = chat_store_user_select(prows, ctx, query, args, count);

    memset(said, 0, sizeof *said);
    if (rv != APR_SUCCESS)
        return rv;
    chat_rows_read(said, *prows, query->records[1]);
    if (write_hook)
        write_hook(ctx);
    if (chat_store_user_has_changed(said))
        chat_commit_hook_committed(ctx->db);
    return APR_SUCCESS;
}

apr_status_t chat_store_user_written(chat_ctx_t *ctx)
{
    apr_status_t rv = admit(ctx);

    if (rv == APR_SUCCESS && write_hook)
        write_hook(ctx);
    return rv;
}

/* Copied, so that the rows can be cleared: the request of a handshake may live long. */
static void keep_user(chat_user_t *user, apr_pool_t *p)
{
    user->display_name = apr_pstrdup(p, user->display_name);
    user->avatar_url = apr_pstrdup(p, user->avatar_url);
    user->email = apr_pstrdup(p, user->email);
    user->username = apr_pstrdup(p, user->username);
}

apr_status_t chat_store_user_get(chat_ctx_t *ctx)
{
    const char *const args[] = {ctx->profile.external_id};
    chat_rows_t *rows;
    apr_status_t rv = chat_store_user_select(&rows, ctx, &get_user_query, args, CHAT_COUNT(args));

    if (rv == APR_SUCCESS) {
        keep_user(&ctx->user, ctx->pool);
        ctx->epoch = apr_pstrdup(ctx->pool, ctx->epoch);
        chat_rows_clear(rows);
    }
    return rv;
}
