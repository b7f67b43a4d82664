#include "api/chat_api_handlers.h"

#include "core/chat_json_member.h"
#include "core/chat_json_read.h"
#include "http/chat_reply.h"
#include "service/chat_serialize.h"
#include "service/chat_typing.h"

chat_problem_t *chat_api_typing_say(chat_request_t *req)
{
    json_object *object;
    int is_typing;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    if (!problem)
        problem = chat_json_read_boolean(&is_typing, object, "is_typing", req->pool);
    if (!problem)
        problem = chat_typing_say(req->ctx, req->match.ids[0], CHAT_TYPING_CHANGE_REST, is_typing);
    if (!problem)
        chat_reply_success_boolean(req, "is_typing", is_typing);
    return problem;
}

chat_problem_t *chat_api_typing_status(chat_request_t *req)
{
    chat_typer_t typer;
    chat_rows_t *rows;
    chat_json_t *json;
    chat_problem_t *problem = chat_typing_list(&rows, req->ctx, req->match.ids[0]);

    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_member_boolean(json, "is_typing",
                             chat_rows_count(rows) > 1); /* the first row is the header */
    chat_json_key(json, "typers");
    chat_json_array_begin(json);
    while (chat_store_typing_next(&typer, rows))
        chat_serialize_typer(json, &typer);
    chat_json_array_end(json);
    chat_json_object_end(json);
    return NULL;
}
