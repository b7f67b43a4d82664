/**
 * @file chat_profile.h
 * The user of a request: identifier, user name, display name, mail address and picture.
 *
 * The identifier is r->user, as set by any authentication module, or the value of ChatUserId;
 * ChatUserCase says whether it is case-folded. ChatUserName, ChatUserEmail and ChatUserAvatar are
 * expressions, evaluated here for each request. Their values may be text that people have typed
 * elsewhere, so they are cleaned; an empty or invalid value changes nothing.
 * Ownership: everything lives in r->pool. Threads: the worker that serves the request.
 */
#ifndef MOD_CHAT_CHAT_PROFILE_H
#define MOD_CHAT_CHAT_PROFILE_H
#include <httpd.h>

#include "core/chat_ctx.h"
#include "core/chat_problem.h"

#define CHAT_USERNAME_BYTES_MAX 255 /**< also of the value of ChatUserId */
#define CHAT_EMAIL_BYTES_MAX 254    /**< RFC 5321 section 4.5.3.1.3, without the brackets */
#define CHAT_AVATAR_URL_BYTES_MAX 2048

/** Read the profile: 401 without a user, 403 if the user name or the value of ChatUserId is
 * invalid. */
chat_problem_t *chat_profile_read(chat_profile_t *profile, request_rec *r,
                                  const chat_config_t *config);
#endif
