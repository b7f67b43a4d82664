/**
 * @file chat_mail_config.h
 * The settings of mail: the directives ChatMail* and ChatEmail*, and the templates.
 *
 * They are those of the main server, for all databases. Threads: filled while httpd reads its
 * configuration, read-only afterwards.
 */
#ifndef MOD_CHAT_CHAT_MAIL_CONFIG_H
#define MOD_CHAT_CHAT_MAIL_CONFIG_H
#include <httpd.h>

#include <apr_hash.h>

#include <http_config.h>

#include "guard/chat_rate_limit.h"
#include "notify/chat_curl.h"
#include "notify/chat_template.h"
#include "store/chat_store_delivery.h"

#define CHAT_EMAIL_DELAY_S_DEFAULT 120
#define CHAT_EMAIL_DELAY_S_MAX 604800
#define CHAT_EMAIL_REPEAT_S_DEFAULT 3600
#define CHAT_MAIL_TIMEOUT_S_DEFAULT 60
#define CHAT_MAIL_TIMEOUT_S_MAX 240 /* less than a claim lasts */

/** The three files of a kind of mail. */
typedef struct chat_mail_templates_t {
    const chat_template_t *subject;
    const chat_template_t *text;
    const chat_template_t *html;
} chat_mail_templates_t;

/** Of a language. */
typedef struct chat_mail_language_t {
    chat_mail_templates_t message;
    chat_mail_templates_t digest;
} chat_mail_language_t;

typedef struct chat_mail_config_t {
    int is_on;
    const char *scheme_and_host; /**< of ChatMail, without EHLO's name */
    chat_curl_server_t server;
    const char *from;
    const char *bounce; /**< of the envelope */
    const char *host;   /**< for EHLO and ids */
    const char *templates_dir;
    const char *language;
    const char *content; /**< full, excerpt or none */
    int delay_s;
    int repeat_s;
    const char *of_members; /**< off, instant or digest */
    const char *of_staff;
    chat_rate_limit_t *rate; /**< NULL: no limit */
    apr_hash_t *languages;   /**< chat_mail_language_t by the name of the folder */
} chat_mail_config_t;

/** The functions of the directives, as httpd calls them. */
const char *chat_mail_config_set_server(cmd_parms *cmd, void *dummy, const char *url);
const char *chat_mail_config_set_tls(cmd_parms *cmd, void *dummy, const char *word);
const char *chat_mail_config_set_login(cmd_parms *cmd, void *dummy, const char *user,
                                       const char *file);
const char *chat_mail_config_set_text(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_mail_config_set_seconds(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_mail_config_set_timeout(cmd_parms *cmd, void *dummy, const char *text);
const char *chat_mail_config_set_default(cmd_parms *cmd, void *dummy, int argc, char *const argv[]);
const char *chat_mail_config_set_rate(cmd_parms *cmd, void *dummy, const char *rate);

/** What chat_mail_config_set_text() and chat_mail_config_set_seconds() set: cmd->info. */
typedef enum {
    CHAT_MAIL_FROM,
    CHAT_MAIL_BOUNCE,
    CHAT_MAIL_HOST,
    CHAT_MAIL_CA,
    CHAT_MAIL_TEMPLATES,
    CHAT_MAIL_LANGUAGE,
    CHAT_MAIL_CONTENT,
    CHAT_MAIL_DELAY,
    CHAT_MAIL_REPEAT
} chat_mail_setting_t;

/** In check_config and post_config: complete the settings and read the templates. `servers`: of
 * server_rec *, one for each database. APR_EINVAL: something is missing or wrong, which is logged.
 */
apr_status_t chat_mail_config_complete(server_rec *main_server, const apr_array_header_t *servers,
                                       apr_pool_t *pconf);

/** In post_config, after chat_mail_config_complete(): what holds for users who have not chosen. */
void chat_mail_config_set_preferences(server_rec *main_server);

/** The templates for a reader: of the language (BCP 47), of its first part, or of ChatMailLanguage.
 */
const chat_mail_language_t *chat_mail_config_language(const char **pname,
                                                      const chat_mail_config_t *mail,
                                                      const char *language, apr_pool_t *p);
#endif
