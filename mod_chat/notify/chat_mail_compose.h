/**
 * @file chat_mail_compose.h
 * Composes a mail from the messages that it tells of: its headers, its text and its HTML.
 *
 * Ownership: lives in the pool given. Threads: any.
 */
#ifndef MOD_CHAT_CHAT_MAIL_COMPOSE_H
#define MOD_CHAT_CHAT_MAIL_COMPOSE_H
#include "core/chat_config.h"
#include "notify/chat_mail_config.h"

/** Compose a mail of `count` rows, all for one reader: of one conversation, or a digest of several.
 * `config` is that of the server, `mail` that of mail. APR_EGENERAL: there is no token. */
apr_status_t chat_mail_compose(chat_curl_mail_t *composed, const chat_config_t *config,
                               const chat_mail_config_t *mail, const chat_mail_row_t *rows,
                               int count, apr_pool_t *p);
#endif
