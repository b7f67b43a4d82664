#include "service/chat_conversation.h"

#include <string.h>

#include "core/chat_sync.h"
#include "service/chat_db_problem.h"

chat_problem_t *chat_conversation_list(chat_conversation_list_t *list, chat_ctx_t *ctx,
                                       const chat_conversation_filter_t *filter)
{
    memset(list, 0, sizeof *list);
    list->page.limit = filter->limit;
    return chat_db_problem(ctx, chat_store_conversation_list(&list->rows, &list->counts,
                                                             &list->snapshot, ctx, filter));
}

static void note_writer(chat_conversation_list_t *list, apr_uint32_t written_by)
{
    apr_uint64_t xid = chat_sync_widen(written_by, chat_sync_xmax(list->snapshot));

    if (xid >= list->written_before)
        list->written_before = xid + 1;
}

const chat_conversation_t *chat_conversation_next(chat_conversation_list_t *list)
{
    chat_conversation_t next;

    if (!chat_store_conversation_next(&next, list->rows) || !chat_list_take(&list->page))
        return NULL;
    list->last = next;
    note_writer(list, next.written_by);
    return &list->last;
}

chat_problem_t *chat_conversation_find_changes(chat_conversation_changes_t *changes,
                                               chat_ctx_t *ctx, const char *since, const char *role)
{
    chat_conversation_filter_t filter = {.since = since, .role = role}; /* one row tells */
    chat_conversation_t conversation;
    const char *snapshot;
    chat_rows_t *rows;
    apr_status_t rv =
        chat_store_conversation_list(&rows, &changes->counts, &snapshot, ctx, &filter);

    changes->has_changed = rv == APR_SUCCESS && chat_store_conversation_next(&conversation, rows);
    return chat_db_problem(ctx, rv);
}

chat_problem_t *chat_conversation_get(chat_conversation_t *conversation, chat_ctx_t *ctx,
                                      apr_int64_t id)
{
    return chat_db_problem(ctx, chat_store_conversation_get(conversation, ctx, id));
}

chat_problem_t *chat_conversation_open(chat_conversation_t *conversation, int *pis_new,
                                       chat_ctx_t *ctx, apr_int64_t church_id)
{
    chat_outcome_t said;
    apr_status_t rv = chat_store_conversation_open(&said, conversation, ctx, church_id);

    *pis_new = rv == APR_SUCCESS && strcmp(said.outcome, "created") == 0;
    return chat_db_problem_of_outcome(ctx, rv, &said);
}

chat_problem_t *chat_conversation_unread(chat_counts_t *counts, chat_ctx_t *ctx, const char *role)
{
    return chat_db_problem(ctx, chat_store_conversation_unread(counts, ctx, role));
}

chat_problem_t *chat_conversation_block(chat_ctx_t *ctx, apr_int64_t id, int is_blocked)
{
    chat_outcome_t said;
    apr_status_t rv = chat_store_conversation_block(&said, ctx, id, is_blocked);

    return chat_db_problem_of_outcome(ctx, rv, &said);
}
