#include "guard/chat_upload_slots.h"

#include <pthread.h>
#include <string.h>

#define RETRY_S 5

static struct {
    pthread_mutex_t mutex; /* guards the users */
    const char **users;    /* of each slot; NULL: it is free */
    int max;
    int per_user_max;
} slots = {.mutex = PTHREAD_MUTEX_INITIALIZER};

void chat_upload_slots_child_init(int max, int per_user_max, apr_pool_t *pchild)
{
    slots.users = apr_pcalloc(pchild, (apr_size_t)max * sizeof *slots.users);
    slots.max = max;
    slots.per_user_max = per_user_max;
}

static apr_status_t give(void *slot)
{
    pthread_mutex_lock(&slots.mutex);
    *(const char **)slot = NULL;
    pthread_mutex_unlock(&slots.mutex);
    return APR_SUCCESS;
}

/* NULL: none; `*pof_user` is how many the user has. */
static const char **find(int *pof_user, const char *user)
{
    const char **found = NULL;
    int i;

    *pof_user = 0;
    for (i = 0; i < slots.max; i++)
        if (!slots.users[i])
            found = &slots.users[i];
        else if (strcmp(slots.users[i], user) == 0)
            *pof_user += 1;
    return *pof_user < slots.per_user_max ? found : NULL;
}

chat_problem_t *chat_upload_slots_take(const char ***pslot, const char *user, apr_pool_t *p)
{
    chat_problem_t *problem;
    const char **slot;
    int of_user;

    pthread_mutex_lock(&slots.mutex);
    slot = find(&of_user, user);
    if (slot)
        *slot = user;
    pthread_mutex_unlock(&slots.mutex);
    if (slot) {
        apr_pool_cleanup_register(p, slot, give, apr_pool_cleanup_null);
        *pslot = slot;
        return NULL;
    }
    problem =
        chat_problem(p, CHAT_HTTP_SERVICE_UNAVAILABLE, "uploads_busy",
                     of_user >= slots.per_user_max
                         ? "You are sending several files already. Try again when one is done."
                         : "Too many files are being sent just now. Try again in a moment.");
    problem->retry_after_s = RETRY_S;
    return problem;
}

void chat_upload_slots_give(const char **slot, apr_pool_t *p)
{
    apr_pool_cleanup_run(p, slot, give);
}
