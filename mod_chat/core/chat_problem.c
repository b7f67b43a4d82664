#include "core/chat_problem.h"

chat_problem_t *chat_problem(apr_pool_t *p, int http_status, const char *code, const char *detail)
{
    chat_problem_t *problem = apr_pcalloc(p, sizeof *problem);

    problem->http_status = http_status;
    problem->code = code;
    problem->detail = detail;
    return problem;
}

chat_problem_t *chat_problem_not_found(apr_pool_t *p)
{
    return chat_problem(p, CHAT_HTTP_NOT_FOUND, "not_found", "There is nothing at this address.");
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
