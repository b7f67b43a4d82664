#include "store/chat_store_message.h"

#include <string.h>

#include "store/chat_store_conversation.h"
#include "store/chat_store_user.h"

#define HEADER_ROWS 1 /* a page begins with one row on the user and the conversation */
#define XMIN_COLUMN CHAT_SQL_LISTED_SENDER_ID /* of the header row */

/* Where the columns of a message stand. */
typedef struct place_t {
    int id, seq, sender_id, from_church, content, created_at, read_at, client_id, staff_name,
        is_flagged;
} place_t;

static const place_t listed = {CHAT_SQL_LISTED_ID,         CHAT_SQL_LISTED_SEQ,
                               CHAT_SQL_LISTED_SENDER_ID,  CHAT_SQL_LISTED_FROM_CHURCH,
                               CHAT_SQL_LISTED_CONTENT,    CHAT_SQL_LISTED_CREATED_AT,
                               CHAT_SQL_LISTED_READ_AT,    CHAT_SQL_LISTED_CLIENT_ID,
                               CHAT_SQL_LISTED_STAFF_NAME, CHAT_SQL_LISTED_IS_FLAGGED};
static const place_t posted = {CHAT_SQL_POSTED_ID,         CHAT_SQL_POSTED_SEQ,
                               CHAT_SQL_POSTED_SENDER_ID,  CHAT_SQL_POSTED_FROM_CHURCH,
                               CHAT_SQL_POSTED_CONTENT,    CHAT_SQL_POSTED_CREATED_AT,
                               CHAT_SQL_POSTED_READ_AT,    CHAT_SQL_POSTED_CLIENT_ID,
                               CHAT_SQL_POSTED_STAFF_NAME, CHAT_SQL_POSTED_IS_FLAGGED};

static const place_t resumed_place = {CHAT_SQL_LISTED_ID,         CHAT_SQL_RESUMED_SEQ,
                                      CHAT_SQL_RESUMED_SENDER_ID, CHAT_SQL_LISTED_FROM_CHURCH,
                                      CHAT_SQL_LISTED_CONTENT,    CHAT_SQL_RESUMED_CREATED_AT,
                                      CHAT_SQL_RESUMED_READ_AT,   CHAT_SQL_LISTED_CLIENT_ID,
                                      CHAT_SQL_LISTED_STAFF_NAME, CHAT_SQL_RESUMED_IS_FLAGGED};

static void sides_from_row(chat_sides_t *sides, const chat_rows_t *rows)
{
    sides->conversation_id = chat_rows_integer(rows, CHAT_SQL_SIDES_CONVERSATION_ID);
    sides->is_church_owner = chat_rows_boolean(rows, CHAT_SQL_SIDES_IS_CHURCH_OWNER);
    sides->member_name = chat_rows_text(rows, CHAT_SQL_SIDES_MEMBER_NAME);
    sides->member_avatar_url = chat_rows_text(rows, CHAT_SQL_SIDES_MEMBER_AVATAR_URL);
    sides->church_name = chat_rows_text(rows, CHAT_SQL_SIDES_CHURCH_NAME);
    sides->church_logo_url = chat_rows_text(rows, CHAT_SQL_SIDES_CHURCH_LOGO_URL);
}

static void message_from_row(chat_message_t *message, const chat_rows_t *rows, const place_t *at)
{
    message->id = chat_rows_integer(rows, at->id);
    message->seq = chat_rows_integer(rows, at->seq);
    message->sender_id = chat_rows_integer(rows, at->sender_id);
    message->from_church = chat_rows_boolean(rows, at->from_church);
    message->content = chat_rows_text(rows, at->content);
    message->created_at = chat_rows_time(rows, at->created_at);
    message->read_at = chat_rows_time(rows, at->read_at);
    message->client_id = chat_rows_text(rows, at->client_id);
    message->staff_name = chat_rows_text(rows, at->staff_name);
    message->is_flagged = chat_rows_boolean(rows, at->is_flagged);
}

static apr_status_t select_page(chat_rows_t **prows, chat_ctx_t *ctx,
                                const chat_message_range_t *range)
{
    const char *conversation_id = chat_db_id(range->conversation_id, ctx->pool);
    const char *before_id = chat_db_id_or_null(range->before_id, ctx->pool);
    const char *rows = chat_db_id(range->limit + 1, ctx->pool);

    if (range->is_after) {
        const char *const args[] = {ctx->profile.external_id, conversation_id,
                                    chat_db_id(range->after_id, ctx->pool), rows, before_id};

        return chat_store_user_ask(prows, ctx, CHAT_SQL_LIST_MESSAGES_AFTER, args,
                                   CHAT_COUNT(args));
    } else {
        const char *const args[] = {ctx->profile.external_id, conversation_id, before_id, rows};

        return chat_store_user_ask(prows, ctx, CHAT_SQL_LIST_MESSAGES_BEFORE, args,
                                   CHAT_COUNT(args));
    }
}

apr_status_t chat_store_message_page(chat_message_page_t *page, chat_ctx_t *ctx,
                                     const chat_message_range_t *range)
{
    apr_status_t rv = select_page(&page->rows, ctx, range);
    int found;

    if (rv != APR_SUCCESS)
        return rv;
    if (chat_rows_is_null(page->rows, CHAT_SQL_SIDES_CONVERSATION_ID))
        return APR_ENOENT;
    sides_from_row(&page->sides, page->rows);
    ctx->xmin = (apr_uint64_t)chat_rows_integer(page->rows, XMIN_COLUMN);
    ctx->epoch = chat_rows_text(page->rows, CHAT_SQL_LISTED_EPOCH);
    found = chat_rows_count(page->rows) - HEADER_ROWS;
    page->has_more = found > range->limit;
    page->count = page->has_more ? range->limit : found;
    page->is_descending = !range->is_after;
    return APR_SUCCESS;
}

void chat_store_message_at(chat_message_t *message, const chat_message_page_t *page, int index)
{
    int row = page->is_descending ? page->count - 1 - index : index;

    chat_rows_seek(page->rows, HEADER_ROWS + row);
    message_from_row(message, page->rows, &listed);
    message->is_flagged = message->is_flagged && page->sides.is_church_owner;
}

apr_status_t chat_store_message_resume(chat_resumed_t *resumed, chat_ctx_t *ctx, const char *ids,
                                       const char *seqs, int count, int limit)
{
    const char *const args[] = {ctx->profile.external_id, ids, seqs, chat_db_id(limit, ctx->pool)};
    apr_status_t rv =
        chat_store_user_ask(&resumed->rows, ctx, CHAT_SQL_RESUME_MESSAGES, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    ctx->epoch = chat_rows_text(resumed->rows, CHAT_SQL_LIST_EPOCH);
    resumed->conversation_count = count;
    resumed->message_count = chat_rows_count(resumed->rows) - HEADER_ROWS - count;
    resumed->has_more = resumed->message_count == limit;
    return APR_SUCCESS;
}

int chat_store_resumed_conversation(chat_conversation_t *conversation, apr_int64_t *plast_seq,
                                    const chat_resumed_t *resumed, int index)
{
    chat_rows_seek(resumed->rows, HEADER_ROWS + index);
    if (chat_rows_is_null(resumed->rows, CHAT_SQL_CONVERSATION_ID))
        return 0;
    *plast_seq = chat_rows_integer(resumed->rows, CHAT_SQL_RESUMED_LAST_SEQ);
    chat_store_conversation_from_row(conversation, resumed->rows);
    return 1;
}

void chat_store_resumed_message(chat_message_t *message, apr_int64_t *pconversation_id,
                                const chat_resumed_t *resumed, int index)
{
    chat_rows_seek(resumed->rows, HEADER_ROWS + resumed->conversation_count + index);
    *pconversation_id = chat_rows_integer(resumed->rows, CHAT_SQL_RESUMED_CONVERSATION_ID);
    message_from_row(message, resumed->rows, &resumed_place);
}

apr_status_t chat_store_message_post(const char **poutcome, chat_sides_t *sides,
                                     chat_message_t *message, chat_ctx_t *ctx,
                                     const chat_draft_t *draft)
{
    const char *const args[] = {ctx->profile.external_id,
                                chat_db_id(draft->conversation_id, ctx->pool),
                                draft->content,
                                draft->client_id,
                                draft->flag,
                                chat_db_id_or_null(ctx->still_id, ctx->pool)};
    chat_rows_t *rows;
    apr_status_t rv =
        chat_store_user_ask(&rows, ctx, CHAT_SQL_POST_MESSAGE, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    *poutcome = chat_rows_text(rows, CHAT_SQL_POSTED_OUTCOME);
    if (!chat_rows_is_null(rows, CHAT_SQL_POSTED_ID)) {
        sides_from_row(sides, rows);
        message_from_row(message, rows, &posted);
    }
    if (strcmp(*poutcome, "repeated") == 0)
        chat_store_user_found_done(ctx);
    if (strcmp(*poutcome, "posted") == 0)
        chat_store_user_wrote(ctx);
    return APR_SUCCESS;
}

apr_status_t chat_store_message_mark_read(const char **poutcome, apr_int64_t *pmarked,
                                          chat_ctx_t *ctx, apr_int64_t conversation_id,
                                          apr_int64_t up_to)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(conversation_id, ctx->pool),
                                chat_db_id_or_null(up_to, ctx->pool),
                                chat_db_id_or_null(ctx->still_id, ctx->pool)};
    chat_rows_t *rows;
    apr_status_t rv = chat_store_user_ask(&rows, ctx, CHAT_SQL_MARK_READ, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    *poutcome = chat_rows_text(rows, CHAT_SQL_MARK_OUTCOME);
    *pmarked = chat_rows_integer(rows, CHAT_SQL_MARK_MARKED);
    if (*pmarked)
        chat_store_user_wrote(ctx);
    else
        chat_store_user_found_done(ctx);
    return APR_SUCCESS;
}
