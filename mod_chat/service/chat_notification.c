#include "service/chat_notification.h"

#include <string.h>

#include "core/chat_json_read.h"
#include "service/chat_db_problem.h"

chat_problem_t *chat_notification_list(chat_notification_list_t *list, chat_ctx_t *ctx,
                                       const chat_notification_filter_t *filter)
{
    memset(list, 0, sizeof *list);
    list->page.limit = filter->limit;
    return chat_db_problem(ctx, chat_store_notification_list(&list->rows, &list->unread_count,
                                                             &list->counts, ctx, filter));
}

const chat_notification_t *chat_notification_next(chat_notification_list_t *list)
{
    chat_notification_t next;

    if (!chat_store_notification_next(&next, list->rows) || !chat_list_take(&list->page))
        return NULL;
    list->last = next;
    return &list->last;
}

chat_problem_t *chat_notification_read_ids(apr_array_header_t **pids, json_object *object,
                                           apr_pool_t *p)
{
    int is_all = 0;
    chat_problem_t *problem = NULL;

    *pids = NULL;
    if (chat_json_read_has(object, "all"))
        problem = chat_json_read_boolean(&is_all, object, "all", p);
    if (!problem && !is_all && chat_json_read_has(object, "all"))
        problem = chat_problem_field(p, "all", "must be true, or left out");
    if (!problem && is_all && chat_json_read_has(object, "ids"))
        problem = chat_problem_field(p, "ids", "must be left out where all is true");
    if (problem || is_all)
        return problem;
    return chat_json_read_ids(pids, object, "ids", CHAT_NOTIFICATIONS_MAX, p);
}

chat_problem_t *chat_notification_mark_read(apr_int64_t *pmarked, chat_ctx_t *ctx,
                                            const apr_array_header_t *ids)
{
    chat_outcome_t said;
    apr_status_t rv = chat_store_notification_mark_read(&said, ctx, ids);

    *pmarked = said.marked;
    return chat_db_problem_of_outcome(ctx, rv, &said);
}
