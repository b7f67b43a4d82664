/**
 * @file chat_push_config.h
 * The settings of pushes: ChatPushKey, ChatPushContact, ChatPushCA, ChatPushAllow and
 * ChatPushHosts.
 *
 * Threads: filled while httpd reads its configuration, in the pool of the configuration; read-only
 * afterwards.
 */
#ifndef MOD_CHAT_CHAT_PUSH_CONFIG_H
#define MOD_CHAT_CHAT_PUSH_CONFIG_H
#include <httpd.h>

#include <http_config.h>

#include "core/chat_config.h"

/** What a virtual host has not set is that of the server around. */
void chat_push_config_merge(chat_config_t *config, const chat_config_t *base);

/** The functions of the directives, as httpd calls them. */
const char *chat_push_config_set_key(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_push_config_set_contact(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_push_config_set_ca(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_push_config_add_exemption(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_push_config_add_host(cmd_parms *cmd, void *dummy, const char *text);
#endif
