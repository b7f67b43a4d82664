#include "core/chat_problem.h"

chat_problem_t *chat_problem(apr_pool_t *p, int http_status, const char *code, const char *detail)
{
    chat_problem_t *problem = apr_pcalloc(p, sizeof *problem);

    problem->http_status = http_status;
    problem->code = code;
    problem->detail = detail;
    return problem;
}

chat_problem_t *chat_problem_of_status(apr_pool_t *p, int http_status)
{
    static const struct {
        int http_status;
        const char *code;
        const char *detail;
    } problems[] = {
        {400, "bad_request", "The request is malformed."},
        {401, "login_required", "Log in to use the chat."},
        {403, "forbidden", "You may not do this."},
        {404, "not_found", "There is nothing at this address."},
        {405, "method_not_allowed", "This address does not support this method."},
        {408, "request_timeout", "The request was sent too slowly."},
        {413, "body_too_large", "The request body is too large."},
        {416, "range_not_satisfiable", "The file does not have these bytes."},
        {501, "internal_error", "This server does not support this request."},
        {503, "unavailable", "The chat is not available just now. Try again in a moment."},
    };
    apr_size_t i;

    for (i = 0; i < sizeof problems / sizeof problems[0]; i++)
        if (problems[i].http_status == http_status)
            return chat_problem(p, http_status, problems[i].code, problems[i].detail);
    return http_status >= 500
               ? chat_problem(p, http_status, "internal_error",
                              "The server could not answer this request.")
               : chat_problem(p, http_status, "refused", "The server refused this request.");
}

chat_problem_t *chat_problem_field(apr_pool_t *p, const char *field, const char *detail)
{
    chat_problem_t *problem = chat_problem(p, CHAT_HTTP_BAD_REQUEST, "invalid_field",
                                           "A field of the request is missing or wrong.");
    chat_field_error_t *error;

    problem->errors = apr_array_make(p, 1, sizeof *error);
    error = apr_array_push(problem->errors);
    error->field = field;
    error->detail = detail;
    return problem;
}

chat_problem_t *chat_problem_cause(apr_pool_t *p, int http_status, const char *code,
                                   const char *detail, apr_status_t status, const char *cause)
{
    chat_problem_t *problem = chat_problem(p, http_status, code, detail);

    problem->status = status;
    problem->cause = cause;
    return problem;
}
