#include "guard/chat_refusal.h"

#include <string.h>

typedef struct refusal_t {
    const char *outcome;
    int http_status;
    const char *detail;
} refusal_t;

static const refusal_t refusals[] = {
    {CHAT_REFUSAL_NOT_FOUND, CHAT_HTTP_NOT_FOUND, "There is no such conversation."},
    {"no_church", CHAT_HTTP_NOT_FOUND, "There is no such church."},
    {"own_church", CHAT_HTTP_FORBIDDEN,
     "You are staff of this church: what members write to it is in its inbox."},
    {CHAT_REFUSAL_BLOCKED, CHAT_HTTP_FORBIDDEN, "You cannot write to this church."},
    {"church_inactive", CHAT_HTTP_FORBIDDEN, "This church does not receive messages at present."},
    {CHAT_REFUSAL_USER_INACTIVE, CHAT_HTTP_FORBIDDEN, "Your account is not active."},
    {"not_staff", CHAT_HTTP_FORBIDDEN, "Only staff of the church may do this."},
};

chat_problem_t *chat_refusal_of_outcome(const char *outcome, apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (strcmp(refusals[i].outcome, outcome) == 0)
            return chat_problem(p, refusals[i].http_status, refusals[i].outcome,
                                refusals[i].detail);
    return NULL;
}
