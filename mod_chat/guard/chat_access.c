#include "guard/chat_access.h"

#include <string.h>

typedef struct refusal_t {
    const char *outcome;
    int http_status;
    const char *detail;
} refusal_t;

static const refusal_t refusals[] = {
    {"not_found", 404, "There is no such conversation."},
    {"no_church", 404, "There is no such church."},
    {"blocked", 403, "You cannot write to this church."},
    {"church_inactive", 403, "This church does not receive messages at present."},
    {CHAT_ACCESS_USER_INACTIVE, 403, "Your account is not active."},
    {"not_staff", 403, "Only the church's staff may do this."},
};

chat_problem_t *chat_access_refusal(const char *outcome, apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (strcmp(refusals[i].outcome, outcome) == 0)
            return chat_problem(p, refusals[i].http_status, refusals[i].outcome,
                                refusals[i].detail);
    return NULL;
}

chat_problem_t *chat_access_user_inactive(apr_pool_t *p)
{
    return chat_access_refusal(CHAT_ACCESS_USER_INACTIVE, p);
}

chat_problem_t *chat_access_not_found(apr_pool_t *p)
{
    return chat_access_refusal("not_found", p);
}

chat_problem_t *chat_access_blocked(apr_pool_t *p)
{
    return chat_access_refusal("blocked", p);
}
