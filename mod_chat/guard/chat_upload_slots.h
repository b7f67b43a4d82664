/**
 * @file chat_upload_slots.h
 * How many uploads a child receives at once, in all and of one user.
 *
 * An upload needs a worker thread for as long as the client takes to send it, so that slow clients
 * could take them all (ChatAttachmentUploads). Threads: any, after child_init.
 */
#ifndef MOD_CHAT_CHAT_UPLOAD_SLOTS_H
#define MOD_CHAT_CHAT_UPLOAD_SLOTS_H
#include "core/chat_problem.h"

/** In child_init. Without it, there are no slots. */
void chat_upload_slots_child_init(int max, int per_user_max, apr_pool_t *pchild);

/** Take a slot for this user, until it is given back or `p` is destroyed; `user` lives as long. 503
 * `uploads_busy`: there is none. */
chat_problem_t *chat_upload_slots_take(const char ***pslot, const char *user, apr_pool_t *p);

void chat_upload_slots_give(const char **slot, apr_pool_t *p);
#endif
