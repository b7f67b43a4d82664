#include "guard/chat_refusal.h"

#include <string.h>

#define RETRY_QUOTA_S 3600
#define RETRY_BUSY_S 1

typedef struct refusal_t {
    const char *outcome;
    int http_status;
    const char *detail;
    int retry_after_s; /* 0: trying again is of no use */
} refusal_t;

static const refusal_t refusals[] = {
    {CHAT_REFUSAL_NOT_FOUND, CHAT_HTTP_NOT_FOUND, "There is no such conversation.", 0},
    {"no_church", CHAT_HTTP_NOT_FOUND, "There is no such church.", 0},
    {"own_church", CHAT_HTTP_FORBIDDEN,
     "You are staff of this church: what members write to it is in its inbox.", 0},
    {CHAT_REFUSAL_BLOCKED, CHAT_HTTP_FORBIDDEN, "You cannot write to this church.", 0},
    {"church_inactive", CHAT_HTTP_FORBIDDEN, "This church does not receive messages at present.",
     0},
    {CHAT_REFUSAL_USER_INACTIVE, CHAT_HTTP_FORBIDDEN, "Your account is not active.", 0},
    {"quota", CHAT_HTTP_TOO_MANY_REQUESTS,
     "You have sent too many files recently. Try again later.", RETRY_QUOTA_S},
    {"busy", CHAT_HTTP_SERVICE_UNAVAILABLE, "The chat is busy. Try again in a moment.",
     RETRY_BUSY_S},
    {"not_staff", CHAT_HTTP_FORBIDDEN, "Only staff of the church may do this.", 0},
};

chat_problem_t *chat_refusal_of_outcome(const char *outcome, apr_pool_t *p)
{
    chat_problem_t *problem;
    apr_size_t i;

    for (i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (strcmp(refusals[i].outcome, outcome) != 0)
            continue;
        problem = chat_problem(p, refusals[i].http_status, refusals[i].outcome, refusals[i].detail);
        problem->retry_after_s = refusals[i].retry_after_s;
        return problem;
    }
    return NULL;
}
