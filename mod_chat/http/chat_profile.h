/**
 * @file chat_profile.h
 * Who Apache says it is: r->user, and the expressions that feed name, picture and address.
 *
 * Any auth module may have set r->user; it identifies the user unless ChatUserId says what does,
 * and is folded where ChatUserCase says so. Claims, attributes and headers come through expressions
 * (ChatUserName, ChatUserEmail, ChatUserAvatar). What an expression gives is cleaned here, since
 * it may be what a person typed elsewhere; an empty or unusable result changes nothing.
 */
#ifndef MOD_CHAT_CHAT_PROFILE_H
#define MOD_CHAT_CHAT_PROFILE_H
#include <httpd.h>

#include "core/chat_ctx.h"
#include "core/chat_problem.h"

#define CHAT_USERNAME_BYTES_MAX 255 /**< also of a value of ChatUserId */
#define CHAT_EMAIL_BYTES_MAX 254    /**< RFC 5321 section 4.5.3.1.3, without the brackets */
#define CHAT_AVATAR_URL_BYTES_MAX 2048

/** 401 without a user; 403 for a name that cannot be one, or without what ChatUserId asks for. */
chat_problem_t *chat_profile_read(chat_profile_t *profile, request_rec *r,
                                  const chat_config_t *config);
#endif
