#include "api/chat_api_handlers.h"

#include "core/chat_json_member.h"
#include "core/chat_p256.h"
#include "http/chat_reply.h"
#include "service/chat_db_problem.h"
#include "service/chat_push.h"
#include "service/chat_push_draft.h"

chat_problem_t *chat_api_push_key(chat_request_t *req)
{
    chat_problem_t *problem = chat_db_problem(req->ctx, chat_store_user_get(req->ctx));
    chat_json_t *json;

    if (!problem)
        problem = chat_push_check_configured(req->config, req->pool);
    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_member_string(json, "public_key", chat_p256_public_text(req->config->push_key));
    chat_json_member_string(json, "key_id", chat_p256_key_id(req->config->push_key));
    chat_json_object_end(json);
    chat_reply_not_stored(req);
    return NULL;
}

chat_problem_t *chat_api_push_save(chat_request_t *req)
{
    chat_push_subscription_t subscription;
    chat_push_draft_t draft;
    json_object *object;
    int is_new = 0;
    chat_json_t *json;
    chat_problem_t *problem = chat_push_check_configured(req->config, req->pool);

    if (!problem)
        problem = chat_request_read_json(&object, req);
    if (!problem)
        problem = chat_push_draft_read(&draft, object, req->config, req->pool);
    if (!problem)
        problem = chat_push_save(&subscription, &is_new, req->ctx, &draft);
    if (problem)
        return problem;
    json = chat_reply_json(req, is_new ? HTTP_CREATED : HTTP_OK);
    chat_json_object_begin(json);
    chat_json_member_integer(json, "id", subscription.id);
    chat_json_member_time(json, "created_at", subscription.created_at);
    chat_json_object_end(json);
    return NULL;
}

static void write_subscription(chat_json_t *json, const chat_push_subscription_t *subscription,
                               apr_pool_t *p)
{
    chat_json_object_begin(json);
    chat_json_member_integer(json, "id", subscription->id);
    chat_json_member_string(json, "service", chat_push_service(subscription, p));
    chat_json_member_time(json, "created_at", subscription->created_at);
    chat_json_member_time(json, "delivered_at", subscription->delivered_at);
    chat_json_member_boolean(json, "failing", subscription->refusals > 0);
    chat_json_object_end(json);
}

chat_problem_t *chat_api_push_list(chat_request_t *req)
{
    chat_push_subscription_t subscription;
    chat_rows_t *rows;
    chat_problem_t *problem = chat_push_list(&rows, req->ctx);
    chat_json_t *json;

    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_key(json, "subscriptions");
    chat_json_array_begin(json);
    while (chat_store_push_next(&subscription, rows))
        write_subscription(json, &subscription, req->pool);
    chat_json_array_end(json);
    chat_json_object_end(json);
    return NULL;
}

chat_problem_t *chat_api_push_drop(chat_request_t *req)
{
    chat_problem_t *problem = chat_push_drop(req->ctx, req->match.ids[0]);

    if (!problem)
        chat_reply_nothing(req);
    return problem;
}

chat_problem_t *chat_api_push_drop_endpoint(chat_request_t *req)
{
    const char *endpoint;
    json_object *object;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    if (!problem)
        problem = chat_push_draft_read_endpoint(&endpoint, object, req->pool);
    if (!problem)
        problem = chat_push_drop_endpoint(req->ctx, endpoint);
    if (!problem)
        chat_reply_nothing(req);
    return problem;
}

chat_problem_t *chat_api_push_test(chat_request_t *req)
{
    apr_int64_t count;
    json_object *object;
    chat_json_t *json;
    chat_problem_t *problem = chat_push_check_configured(req->config, req->pool);

    if (!problem)
        problem = chat_request_read_optional_json(&object, req);
    if (!problem)
        problem = chat_push_test(&count, req->ctx);
    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_ACCEPTED);
    chat_json_object_begin(json);
    chat_json_member_integer(json, "pushes", count);
    chat_json_object_end(json);
    return NULL;
}
