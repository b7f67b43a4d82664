/**
 * @file chat_attachment_config.h
 * The settings of files that are sent with messages: the directives ChatAttachment* and ChatScan.
 *
 * Threads: filled while httpd reads its configuration, read-only afterwards.
 */
#ifndef MOD_CHAT_CHAT_ATTACHMENT_CONFIG_H
#define MOD_CHAT_CHAT_ATTACHMENT_CONFIG_H
#include <httpd.h>

#include <http_config.h>

#include "core/chat_config.h"

/** Nothing is set. */
void chat_attachment_config_create(chat_config_t *config);

/** What is not set is as in the server around. */
void chat_attachment_config_merge(chat_config_t *config, const chat_config_t *base);

/** The functions of the directives, as httpd calls them. */
const char *chat_attachment_config_set_dir(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_attachment_config_set_max(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_attachment_config_set_free(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_attachment_config_set_quota(cmd_parms *cmd, void *dummy, const char *quota,
                                             const char *key);
const char *chat_attachment_config_add_type(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_attachment_config_set_scan(cmd_parms *cmd, void *dummy, const char *where,
                                            const char *first, const char *second);
const char *chat_attachment_config_set_uploads(cmd_parms *cmd, void *dummy, const char *max,
                                               const char *share);
#endif
