#include "core/chat_list.h"

#include <apr_strings.h>

#define FIELD "cursor"

chat_problem_t *chat_list_read_cursor(chat_list_t *list, const char *text, apr_pool_t *p)
{
    if (!text || !*text || chat_cursor_read(&list->cursor, text) == APR_SUCCESS)
        return NULL;
    return chat_problem_field(p, FIELD, "is not a cursor of this server");
}

chat_problem_t *chat_list_check_epoch(const chat_list_t *list, const char *epoch, apr_pool_t *p)
{
    if (!list->cursor.id || list->cursor.epoch == chat_cursor_epoch(epoch))
        return NULL;
    return chat_problem_field(p, FIELD,
                              "is from before the database was restored or replaced: "
                              "begin with the first page");
}

int chat_list_take(chat_list_t *list)
{
    if (list->count == list->limit) {
        list->has_more = 1;
        return 0;
    }
    list->count++;
    return 1;
}

const char *chat_list_next_query(const chat_list_t *list, apr_time_t updated_at, apr_int64_t id,
                                 const char *epoch, apr_pool_t *p)
{
    chat_cursor_t cursor = {.updated_at = updated_at, .id = id, .epoch = chat_cursor_epoch(epoch)};

    if (!list->has_more)
        return NULL;
    return apr_psprintf(p, "limit=%d&cursor=%s", list->limit, chat_cursor_write(&cursor, p));
}
