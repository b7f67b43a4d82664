#include <string.h>

#include "admin/chat_admin_handlers.h"
#include "http/chat_reply.h"
#include "service/chat_db_problem.h"
#include "store/chat_store_admin.h"

#define DAYS_DEFAULT 30
#define DAYS_MAX 366

chat_problem_t *chat_admin_stats(chat_request_t *req)
{
    const char *stats = NULL;
    apr_int64_t days = 0;
    chat_problem_t *problem = chat_request_query_number(&days, req, "days", DAYS_MAX);

    if (!days)
        days = DAYS_DEFAULT;
    if (!problem)
        problem = chat_db_problem(req->ctx, chat_store_admin_stats(&stats, req->ctx, (int)days));
    if (problem)
        return problem;
    chat_reply_not_stored(req);
    chat_json_raw(chat_reply_json(req, HTTP_OK), stats, strlen(stats));
    return NULL;
}
