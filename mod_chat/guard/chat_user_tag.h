/**
 * @file chat_user_tag.h
 * The tag of a user: a word that says whether two requests are of the same one (X-Chat-User).
 *
 * A page that was opened by one user may send what they wrote after another has logged in from
 * another tab: the browser adds the cookies of the second. So each answer names its user by a tag,
 * a client sends the tag of the user who has written, and the guard refuses what is another's.
 * The tag is an HMAC of the identifier with a key that everybody may know: the same on all hosts
 * and after a restart, whatever ChatSecret is. It is not a secret and gives no access.
 * Threads: the key is made while httpd starts; any thread may make tags afterwards.
 */
#ifndef MOD_CHAT_CHAT_USER_TAG_H
#define MOD_CHAT_CHAT_USER_TAG_H
#include <apr_errno.h>
#include <apr_pools.h>

#define CHAT_USER_TAG_CHARS 32 /**< lower-case hex digits */

/** In post_config. APR_ENOMEM: OpenSSL has no memory. */
apr_status_t chat_user_tag_use(apr_pool_t *pconf);

/** Write the tag of the user with this identifier (chat_profile_t), and a NUL. An empty string:
 * OpenSSL has no memory. */
void chat_user_tag_make(char tag[CHAT_USER_TAG_CHARS + 1], const char *external_id);
#endif
