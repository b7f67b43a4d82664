#include "api/chat_api_handlers.h"

#include "core/chat_json_member.h"
#include "http/chat_reply.h"
#include "service/chat_preferences.h"

static void write_quiet(chat_json_t *json, const chat_preferences_t *preferences)
{
    chat_json_key(json, "quiet");
    if (!preferences->quiet_from) {
        chat_json_null(json);
        return;
    }
    chat_json_object_begin(json);
    chat_json_member_string(json, "from", preferences->quiet_from);
    chat_json_member_string(json, "to", preferences->quiet_to);
    chat_json_object_end(json);
}

static const char *email_state(const chat_preferences_t *preferences)
{
    if (!preferences->address)
        return "none";
    return preferences->is_refused ? "failing" : "ok";
}

static void reply(chat_request_t *req, const chat_preferences_t *preferences)
{
    chat_json_t *json = chat_reply_json(req, HTTP_OK);

    chat_json_object_begin(json);
    chat_json_member_string(json, "email", chat_preferences_email(preferences));
    chat_json_member_boolean(json, "push", preferences->push);
    chat_json_member_string(json, "digest_at", preferences->digest_at);
    write_quiet(json, preferences);
    chat_json_member_string(json, "time_zone", preferences->time_zone);
    chat_json_member_string(json, "language", chat_preferences_language(preferences));
    chat_json_member_string(json, "email_address",
                            chat_preferences_mask_address(preferences->address, req->pool));
    chat_json_member_string(json, "email_state", email_state(preferences));
    chat_json_object_end(json);
}

chat_problem_t *chat_api_preferences_get(chat_request_t *req)
{
    chat_preferences_t preferences;
    chat_problem_t *problem = chat_preferences_get(&preferences, req->ctx);

    if (!problem)
        reply(req, &preferences);
    return problem;
}

chat_problem_t *chat_api_preferences_put(chat_request_t *req)
{
    chat_preferences_change_t change;
    chat_preferences_t preferences;
    json_object *object;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    if (!problem)
        problem = chat_preferences_read_change(&change, object, req->pool);
    if (!problem)
        problem = chat_preferences_put(&preferences, req->ctx, &change);
    if (!problem)
        reply(req, &preferences);
    return problem;
}

chat_problem_t *chat_api_preferences_retry_mail(chat_request_t *req)
{
    chat_preferences_t preferences;
    json_object *object;
    int is_retry;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    if (!problem)
        problem = chat_json_read_boolean(&is_retry, object, "retry", req->pool);
    if (!problem && !is_retry)
        problem = chat_problem_field(req->pool, "retry", "must be true");
    if (!problem)
        problem = chat_preferences_retry_mail(&preferences, req->ctx);
    if (!problem)
        reply(req, &preferences);
    return problem;
}
