#include "api/chat_api_handlers.h"

#include "http/chat_reply.h"

chat_problem_t *chat_api_admin_list(chat_request_t *req)
{
    chat_json_t *json = chat_reply_json(req, HTTP_OK);

    chat_json_object_begin(json);
    chat_json_key(json, "resources");
    chat_json_array_begin(json);
    chat_json_array_end(json);
    chat_json_object_end(json);
    return NULL;
}
