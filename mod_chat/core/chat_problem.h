/**
 * @file chat_problem.h
 * An error for the caller: a problem of RFC 9457 before it is serialized.
 *
 * A function that may refuse returns a `chat_problem_t *`, NULL for success. `detail` and `errors`
 * are sent to the client and contain nothing internal; `cause` and `status` go to the error log
 * only. Ownership: everything lives in the pool given; strings are not copied. Threads: none
 * shared.
 */
#ifndef MOD_CHAT_CHAT_PROBLEM_H
#define MOD_CHAT_CHAT_PROBLEM_H
#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_tables.h>

/** The statuses of problems, for the rooms without httpd (RFC 9110 section 15). */
enum {
    CHAT_HTTP_BAD_REQUEST = 400,
    CHAT_HTTP_FORBIDDEN = 403,
    CHAT_HTTP_NOT_FOUND = 404,
    CHAT_HTTP_CONFLICT = 409,
    CHAT_HTTP_PRECONDITION_FAILED = 412,
    CHAT_HTTP_CONTENT_TOO_LARGE = 413,
    CHAT_HTTP_UNSUPPORTED_MEDIA_TYPE = 415,
    CHAT_HTTP_UNPROCESSABLE_CONTENT = 422,
    CHAT_HTTP_PRECONDITION_REQUIRED = 428,
    CHAT_HTTP_TOO_MANY_REQUESTS = 429,
    CHAT_HTTP_INTERNAL_SERVER_ERROR = 500,
    CHAT_HTTP_SERVICE_UNAVAILABLE = 503,
    CHAT_HTTP_INSUFFICIENT_STORAGE = 507
};

/** What is wrong with one field of a body or a query. */
typedef struct chat_field_error_t {
    const char *field;
    const char *detail;
} chat_field_error_t;

typedef struct chat_problem_t {
    int http_status;            /**< 400-599 */
    const char *code;           /**< a stable word for programs, such as "invalid_field" */
    const char *detail;         /**< one English sentence for people */
    apr_array_header_t *errors; /**< of chat_field_error_t; NULL: none */
    const char *cause;          /**< for the log only; NULL: nothing to log */
    apr_status_t status;        /**< for the log only; APR_SUCCESS: none */
    int is_repeated;            /**< logged with LogLevel debug only: see chat_log_repeat.h */
    int retry_after_s;          /**< sent as Retry-After (RFC 9110 section 10.2.3); 0: not sent */
} chat_problem_t;

/** A problem that is caused by the client's request. */
chat_problem_t *chat_problem(apr_pool_t *p, int http_status, const char *code, const char *detail)
    __attribute__((returns_nonnull));

/** The problem of a status (400-599) about which no more is known. */
chat_problem_t *chat_problem_of_status(apr_pool_t *p, int http_status)
    __attribute__((returns_nonnull));

/** 400 invalid_field for one field. */
chat_problem_t *chat_problem_field(apr_pool_t *p, const char *field, const char *detail)
    __attribute__((returns_nonnull));

/** A problem for the administrator as well: `cause` and `status` are logged. */
chat_problem_t *chat_problem_cause(apr_pool_t *p, int http_status, const char *code,
                                   const char *detail, apr_status_t status, const char *cause)
    __attribute__((returns_nonnull));
#endif
