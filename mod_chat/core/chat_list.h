/**
 * @file chat_list.h
 * A page of a list: what the request asks for (limit, cursor) and what was read (has_more, next).
 *
 * Statements read one row more than the limit, which only shows that there is another page.
 * Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_LIST_H
#define MOD_CHAT_CHAT_LIST_H
#include "core/chat_cursor.h"
#include "core/chat_problem.h"

typedef struct chat_list_t {
    int limit;
    chat_cursor_t cursor; /**< where the page begins; id 0: at the beginning of the list */
    int count;            /**< rows of the page that were read so far */
    int has_more;         /**< known when all rows were read */
} chat_list_t;

/** Read the cursor of a request; NULL or an empty text: none. 400 if it is not a cursor. */
chat_problem_t *chat_list_read_cursor(chat_list_t *list, const char *text, apr_pool_t *p);

/** 400 when the cursor was made in another epoch of the database than that of the answer. */
chat_problem_t *chat_list_check_epoch(const chat_list_t *list, const char *epoch, apr_pool_t *p);

/** Count a row that was read. 0: it is the one beyond the limit. */
int chat_list_take(chat_list_t *list);

/** The query of the next page, which begins after this row; NULL: there is none. */
const char *chat_list_next_query(const chat_list_t *list, apr_time_t updated_at, apr_int64_t id,
                                 const char *epoch, apr_pool_t *p);
#endif
