#include "store/chat_store_message.h"

#include <string.h>

#include "core/chat_json_member.h"
#include "store/chat_store_group.h"

#define FILE_BYTES_EXPECTED 1024 /* of a file's parameters for a group */
#define HEADER_ROWS 1            /* a page begins with one row on the user and the conversation */

static const chat_column_t message_columns[] = {
    CHAT_COLUMN_AS("message_id", chat_message_t, id),
    CHAT_COLUMN(chat_message_t, from_church),
    CHAT_COLUMN(chat_message_t, content),
    CHAT_COLUMN(chat_message_t, client_id),
    CHAT_COLUMN(chat_message_t, staff_name),
    CHAT_COLUMN(chat_message_t, seq),
    CHAT_COLUMN(chat_message_t, is_flagged),
    CHAT_COLUMN(chat_message_t, sender_id),
    CHAT_COLUMN_AS("sent_at", chat_message_t, created_at),
    CHAT_COLUMN(chat_message_t, read_at),
    CHAT_COLUMN_AS("attachment", chat_message_t, attachment_text),
};
const chat_record_t chat_store_message_record = CHAT_RECORD(message_columns);

static const chat_column_t sides_columns[] = {
    CHAT_COLUMN(chat_sides_t, conversation_id), CHAT_COLUMN(chat_sides_t, is_church_owner),
    CHAT_COLUMN(chat_sides_t, member_name),     CHAT_COLUMN(chat_sides_t, member_avatar_url),
    CHAT_COLUMN(chat_sides_t, church_name),     CHAT_COLUMN(chat_sides_t, church_logo_url),
};
static const chat_record_t sides_record = CHAT_RECORD(sides_columns);

/* Of a resume: the last seq of a conversation, or the conversation of a message. */
typedef struct resumed_t {
    apr_int64_t conversation_id;
    apr_int64_t last_seq;
} resumed_t;

static const chat_column_t resumed_columns[] = {
    CHAT_COLUMN(resumed_t, conversation_id),
    CHAT_COLUMN(resumed_t, last_seq),
};
static const chat_record_t resumed_record = CHAT_RECORD(resumed_columns);

#define PAGE_RECORDS                                                                               \
    {                                                                                              \
        &chat_store_user_read_record, &sides_record, &chat_store_message_record                    \
    }
static const chat_query_t before_query = {CHAT_SQL_LIST_MESSAGES_BEFORE, PAGE_RECORDS};
static const chat_query_t after_query = {CHAT_SQL_LIST_MESSAGES_AFTER, PAGE_RECORDS};
static const chat_query_t search_query = {CHAT_SQL_SEARCH_CONVERSATION, PAGE_RECORDS};
static const chat_query_t resume_query = {CHAT_SQL_RESUME_MESSAGES,
                                          {&chat_store_user_read_record, &resumed_record,
                                           &chat_store_conversation_view_record,
                                           &chat_store_message_record}};
static const chat_query_t post_query = {CHAT_SQL_POST_MESSAGE,
                                        {&chat_store_user_record, &chat_store_user_outcome_record,
                                         &sides_record, &chat_store_message_record}};
static const chat_query_t post_attachment_query = {CHAT_SQL_POST_ATTACHMENT,
                                                   {&chat_store_user_record,
                                                    &chat_store_user_outcome_record, &sides_record,
                                                    &chat_store_message_record}};
static const chat_query_t mark_read_query = {
    CHAT_SQL_MARK_READ, {&chat_store_user_record, &chat_store_user_marked_record}};

void chat_store_message_read(chat_message_t *message, const chat_rows_t *rows)
{
    chat_rows_read(message, rows, &chat_store_message_record);
    message->attachment = NULL;
    message->snippet = NULL;
    if (message->attachment_text)
        message->attachment =
            chat_store_attachment_parse(message->attachment_text, chat_rows_pool(rows));
}

static void read_message(chat_message_t *message, const chat_rows_t *rows, int is_church_owner)
{
    chat_store_message_read(message, rows);
    message->is_flagged = message->is_flagged && is_church_owner;
}

static apr_status_t select_page(chat_rows_t **prows, chat_ctx_t *ctx,
                                const chat_message_range_t *range)
{
    const char *conversation_id = chat_db_id(range->conversation_id, ctx->pool);
    const char *before_id = chat_db_id_or_null(range->before_id, ctx->pool);
    const char *rows = chat_db_id(range->limit + 1, ctx->pool);

    if (range->is_search) {
        const char *const args[] = {ctx->profile.external_id, conversation_id, before_id, rows,
                                    range->terms};

        return chat_store_user_select(prows, ctx, &search_query, args, CHAT_COUNT(args));
    } else if (range->is_after) {
        const char *const args[] = {ctx->profile.external_id, conversation_id,
                                    chat_db_id(range->after_id, ctx->pool), rows, before_id};

        return chat_store_user_select(prows, ctx, &after_query, args, CHAT_COUNT(args));
    } else {
        const char *const args[] = {ctx->profile.external_id, conversation_id, before_id, rows};

        return chat_store_user_select(prows, ctx, &before_query, args, CHAT_COUNT(args));
    }
}

apr_status_t chat_store_message_page(chat_message_page_t *page, chat_ctx_t *ctx,
                                     const chat_message_range_t *range)
{
    apr_status_t rv = select_page(&page->rows, ctx, range);
    int found;

    if (rv != APR_SUCCESS)
        return rv;
    chat_rows_read(&page->sides, page->rows, &sides_record);
    if (!page->sides.conversation_id)
        return APR_ENOENT;
    found = chat_rows_count(page->rows) - HEADER_ROWS;
    page->has_more = found > range->limit;
    page->count = page->has_more ? range->limit : found;
    page->is_reversed = !range->is_after && !range->is_search;
    return APR_SUCCESS;
}

void chat_store_message_at(chat_message_t *message, const chat_message_page_t *page, int index)
{
    int row = page->is_reversed ? page->count - 1 - index : index;

    chat_rows_seek(page->rows, HEADER_ROWS + row);
    read_message(message, page->rows, page->sides.is_church_owner);
}

apr_status_t chat_store_message_resume(chat_resumed_t *resumed, chat_ctx_t *ctx, const char *ids,
                                       const char *seqs, int count, int limit)
{
    const char *const args[] = {ctx->profile.external_id, ids, seqs, chat_db_id(limit, ctx->pool)};
    apr_status_t rv =
        chat_store_user_select(&resumed->rows, ctx, &resume_query, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    resumed->conversation_count = count;
    resumed->message_count = chat_rows_count(resumed->rows) - HEADER_ROWS - count;
    resumed->has_more = resumed->message_count == limit;
    return APR_SUCCESS;
}

int chat_store_resumed_conversation(chat_conversation_t *conversation, apr_int64_t *plast_seq,
                                    const chat_resumed_t *resumed, int index)
{
    resumed_t of;

    chat_rows_seek(resumed->rows, HEADER_ROWS + index);
    chat_rows_read(&of, resumed->rows, &resumed_record);
    chat_rows_read(conversation, resumed->rows, &chat_store_conversation_view_record);
    *plast_seq = of.last_seq;
    return conversation->id != 0;
}

void chat_store_resumed_message(chat_message_t *message, apr_int64_t *pconversation_id,
                                const chat_resumed_t *resumed, int index)
{
    resumed_t of;

    chat_rows_seek(resumed->rows, HEADER_ROWS + resumed->conversation_count + index);
    chat_rows_read(&of, resumed->rows, &resumed_record);
    chat_store_message_read(message, resumed->rows);
    *pconversation_id = of.conversation_id;
}

/* With a file. */
static apr_status_t post_attachment(chat_outcome_t *said, chat_rows_t **prows, chat_ctx_t *ctx,
                                    const chat_draft_t *draft)
{
    const chat_draft_attachment_t *attachment = draft->attachment;
    const char *const args[] = {ctx->profile.external_id,
                                chat_db_id(draft->conversation_id, ctx->pool),
                                draft->content,
                                draft->client_id,
                                draft->flag,
                                attachment->file,
                                attachment->name,
                                attachment->kind,
                                attachment->content_type,
                                chat_db_id(attachment->bytes, ctx->pool),
                                attachment->sha256,
                                chat_db_id_or_null(attachment->width, ctx->pool),
                                chat_db_id_or_null(attachment->height, ctx->pool),
                                attachment->quota_key,
                                chat_db_id_or_null(attachment->quota_bytes, ctx->pool),
                                chat_db_id(attachment->quota_s, ctx->pool),
                                chat_db_boolean(attachment->is_scanned),
                                chat_db_boolean(attachment->in_database)};

    return chat_store_user_write(said, prows, ctx, &post_attachment_query, args, CHAT_COUNT(args));
}

static apr_status_t post(chat_outcome_t *said, chat_rows_t **prows, chat_ctx_t *ctx,
                         const chat_draft_t *draft)
{
    const char *const args[] = {ctx->profile.external_id,
                                chat_db_id(draft->conversation_id, ctx->pool),
                                draft->content,
                                draft->client_id,
                                draft->flag,
                                chat_db_id_or_null(ctx->still_id, ctx->pool)};

    return chat_store_user_write(said, prows, ctx, &post_query, args, CHAT_COUNT(args));
}

static void read_sent(void *what, const chat_rows_t *rows)
{
    chat_sending_t *sending = what;

    chat_rows_read(&sending->sides, rows, &sides_record);
    read_message(&sending->message, rows, sending->sides.is_church_owner);
}

static apr_status_t post_one(chat_grouped_t *one)
{
    chat_sending_t *sending = one->what;
    const chat_draft_t *draft = sending->draft;
    chat_rows_t *rows;
    apr_status_t rv = draft->attachment ? post_attachment(&sending->said, &rows, one->ctx, draft)
                                        : post(&sending->said, &rows, one->ctx, draft);

    if (rv == APR_SUCCESS)
        read_sent(sending, rows);
    return rv;
}

/* As chat.send_messages() has it. */
static const char *file_of(const chat_draft_attachment_t *attachment, apr_pool_t *p)
{
    chat_json_t *json = chat_json_create(FILE_BYTES_EXPECTED, p);
    apr_size_t length;

    chat_json_object_begin(json);
    chat_json_member_string(json, "file", attachment->file);
    chat_json_member_string(json, "name", attachment->name);
    chat_json_member_string(json, "kind", attachment->kind);
    chat_json_member_string(json, "content_type", attachment->content_type);
    chat_json_member_integer(json, "size", attachment->bytes);
    chat_json_member_string(json, "sha256", attachment->sha256);
    chat_json_member_id(json, "width", attachment->width);
    chat_json_member_id(json, "height", attachment->height);
    chat_json_member_string(json, "quota", attachment->quota_key);
    chat_json_member_id(json, "quota_bytes", attachment->quota_bytes);
    chat_json_member_integer(json, "quota_s", attachment->quota_s);
    chat_json_member_boolean(json, "is_scanned", attachment->is_scanned);
    chat_json_member_boolean(json, "in_database", attachment->in_database);
    chat_json_object_end(json);
    return chat_json_bytes(json, &length);
}

static apr_status_t post_several(chat_rows_t **prows, chat_db_t *db, const chat_query_t *query,
                                 chat_grouped_t *const *several, int count, apr_pool_t *p)
{
    apr_pool_t *own = several[0]->ctx->pool;
    const char *users[CHAT_GROUP_MEMBERS_MAX] = {NULL}, *contents[CHAT_GROUP_MEMBERS_MAX],
               *client_ids[CHAT_GROUP_MEMBERS_MAX], *flags[CHAT_GROUP_MEMBERS_MAX],
               *still_ids[CHAT_GROUP_MEMBERS_MAX], *files[CHAT_GROUP_MEMBERS_MAX];
    apr_int64_t conversations[CHAT_GROUP_MEMBERS_MAX];
    int has_file = 0;
    int i;

    for (i = 0; i < count; i++) {
        const chat_sending_t *sending = several[i]->what;

        users[i] = sending->ctx->profile.external_id;
        conversations[i] = sending->draft->conversation_id;
        contents[i] = sending->draft->content;
        client_ids[i] = sending->draft->client_id;
        flags[i] = sending->draft->flag;
        still_ids[i] = chat_db_id_or_null(sending->ctx->still_id, own);
        files[i] = sending->draft->attachment ? file_of(sending->draft->attachment, own) : NULL;
        has_file |= files[i] != NULL;
    }
    {
        const char *const values[] = {
            chat_db_texts(users, count, own),
            chat_db_ids(conversations, sizeof *conversations, count, own),
            chat_db_texts(contents, count, own),
            chat_db_texts(client_ids, count, own),
            chat_db_texts(flags, count, own),
            chat_db_texts(still_ids, count, own),
            has_file ? chat_db_texts(files, count, own) : NULL,
        };
        const chat_args_t args = {values, CHAT_COUNT(values), 0};

        return chat_db_select_in(prows, db, query, &args, p);
    }
}

static const chat_query_t post_several_query = {
    CHAT_SQL_POST_MESSAGES,
    {&chat_store_group_place_record, &chat_store_user_record, &chat_store_user_outcome_record,
     &sides_record, &chat_store_message_record}};
static const chat_group_query_t post_group_query = {&post_several_query,
                                                    &chat_store_user_outcome_record,
                                                    post_several,
                                                    read_sent,
                                                    post_one,
                                                    "messages are stored one by one"};

apr_status_t chat_store_message_post(chat_sending_t *sending)
{
    const chat_draft_t *draft = sending->draft;
    chat_grouped_t one = {.ctx = sending->ctx, .what = sending, .said = &sending->said};

    return chat_store_group_write(
        &one, &post_group_query, chat_db_group(sending->ctx->db, CHAT_DB_SENDS),
        draft->conversation_id,
        strlen(draft->content) + (draft->attachment ? FILE_BYTES_EXPECTED : 0));
}

/* Up to where somebody has read. */
typedef struct reading_t {
    apr_int64_t conversation_id;
    apr_int64_t up_to; /* 0: all */
} reading_t;

static apr_status_t mark_one(chat_grouped_t *one)
{
    const reading_t *reading = one->what;
    chat_ctx_t *ctx = one->ctx;
    const char *const args[] = {ctx->profile.external_id,
                                chat_db_id(reading->conversation_id, ctx->pool),
                                chat_db_id_or_null(reading->up_to, ctx->pool),
                                chat_db_id_or_null(ctx->still_id, ctx->pool)};
    chat_rows_t *rows;

    return chat_store_user_write(one->said, &rows, ctx, &mark_read_query, args, CHAT_COUNT(args));
}

static apr_status_t mark_several(chat_rows_t **prows, chat_db_t *db, const chat_query_t *query,
                                 chat_grouped_t *const *several, int count, apr_pool_t *p)
{
    const char *users[CHAT_GROUP_MEMBERS_MAX], *bounds[CHAT_GROUP_MEMBERS_MAX],
        *still_ids[CHAT_GROUP_MEMBERS_MAX];
    apr_int64_t conversations[CHAT_GROUP_MEMBERS_MAX];
    int i;

    for (i = 0; i < count; i++) {
        const reading_t *reading = several[i]->what;

        users[i] = several[i]->ctx->profile.external_id;
        conversations[i] = reading->conversation_id;
        bounds[i] = chat_db_id_or_null(reading->up_to, p);
        still_ids[i] = chat_db_id_or_null(several[i]->ctx->still_id, p);
    }
    {
        const char *const values[] = {
            chat_db_texts(users, count, p),
            chat_db_ids(conversations, sizeof *conversations, count, p),
            chat_db_texts(bounds, count, p),
            chat_db_texts(still_ids, count, p),
        };
        const chat_args_t args = {values, CHAT_COUNT(values), 0};

        return chat_db_select_in(prows, db, query, &args, p);
    }
}

static const chat_query_t mark_several_query = {
    CHAT_SQL_MARK_READS,
    {&chat_store_group_place_record, &chat_store_user_record, &chat_store_user_marked_record}};
static const chat_group_query_t mark_group_query = {&mark_several_query,
                                                    &chat_store_user_marked_record,
                                                    mark_several,
                                                    NULL,
                                                    mark_one,
                                                    "messages are marked as read one by one"};

apr_status_t chat_store_message_mark_read(chat_outcome_t *said, chat_ctx_t *ctx,
                                          apr_int64_t conversation_id, apr_int64_t up_to)
{
    reading_t reading = {conversation_id, up_to};
    chat_grouped_t one = {.ctx = ctx, .what = &reading, .said = said};

    return chat_store_group_write(&one, &mark_group_query, chat_db_group(ctx->db, CHAT_DB_READS),
                                  conversation_id, 0);
}
