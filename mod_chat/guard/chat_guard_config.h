/**
 * @file chat_guard_config.h
 * The settings of what keeps others out: ChatCSRFCookie, ChatSecret, ChatTrustedOrigin,
 * ChatRateLimit and ChatSpam*.
 *
 * Threads: filled while httpd reads its configuration, in the pool of the configuration; read-only
 * afterwards.
 */
#ifndef MOD_CHAT_CHAT_GUARD_CONFIG_H
#define MOD_CHAT_CHAT_GUARD_CONFIG_H
#include <httpd.h>

#include <http_config.h>

#include "core/chat_config.h"

/** What a virtual host has not set is that of the server around. */
void chat_guard_config_merge(chat_config_t *config, const chat_config_t *base);

/** The functions of the directives, as httpd calls them. */
const char *chat_guard_config_set_cookie(cmd_parms *cmd, void *dummy, const char *name,
                                         const char *old_name);
const char *chat_guard_config_set_secret(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_guard_config_add_origin(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_guard_config_add_limit(cmd_parms *cmd, void *dummy, int argc, char *const argv[]);
const char *chat_guard_config_add_spam_pattern(cmd_parms *cmd, void *dummy, const char *pattern,
                                               const char *action);
const char *chat_guard_config_set_spam_links(cmd_parms *cmd, void *dummy, const char *count,
                                             const char *action);
const char *chat_guard_config_set_spam_repeat(cmd_parms *cmd, void *dummy, const char *rate,
                                              const char *action);
#endif
