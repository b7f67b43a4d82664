#include "chat_directives.h"

#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

#include "cache/chat_response_cache.h"
#include "core/chat_config.h"
#include "core/chat_log.h"
#include "core/chat_number.h"
#include "guard/chat_attachment_config.h"
#include "guard/chat_guard_config.h"
#include "http/chat_directive.h"
#include "http/chat_expression.h"
#include "notify/chat_mail_config.h"
#include "notify/chat_push_config.h"
#include "notify/chat_retention_config.h"

void *chat_directives_create_config(apr_pool_t *p, server_rec *s)
{
    chat_config_t *config = apr_pcalloc(p, sizeof *config);

    (void)s;
    config->database_wait_ms = -1;
    config->group_posting = -1;
    chat_attachment_config_create(config);
    config->push_delay_s = -1;
    config->search_slot = -1;
    config->socket_age_max_s = -1;
    config->sockets_max = -1;
    config->sockets_per_user_max = -1;
    config->sockets_per_address_max = -1;
    return config;
}

void *chat_directives_merge_config(apr_pool_t *p, void *base_, void *over)
{
    const chat_config_t *base = base_;
    chat_config_t *config = apr_pmemdup(p, over, sizeof *config);

    CHAT_DIRECTIVE_INHERIT(config, base, roots, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, user_id, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, user_case, CHAT_USER_CASE_UNSET);
    CHAT_DIRECTIVE_INHERIT(config, base, user_name, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, user_email, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, user_avatar, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, body_bytes_max, 0);
    CHAT_DIRECTIVE_INHERIT(config, base, content_chars_max, 0);
    CHAT_DIRECTIVE_INHERIT(config, base, database_wait_ms, -1);
    CHAT_DIRECTIVE_INHERIT(config, base, group_posting, -1);
    CHAT_DIRECTIVE_INHERIT(config, base, database_listen, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, notification_link, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, public_root, NULL);
    chat_push_config_merge(config, base);
    chat_attachment_config_merge(config, base);
    CHAT_DIRECTIVE_INHERIT(config, base, search, CHAT_SEARCH_UNSET);
    CHAT_DIRECTIVE_INHERIT(config, base, search_config, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, retention, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, socket_frame_bytes_max, 0);
    CHAT_DIRECTIVE_INHERIT(config, base, socket_age_max_s, -1);
    chat_guard_config_merge(config, base);
    return config;
}

void *chat_directives_create_section(apr_pool_t *p, char *name)
{
    chat_section_config_t *section = apr_pcalloc(p, sizeof *section);

    (void)name;
    section->gives_csrf_token = -1;
    section->has_admin = -1;
    return section;
}

void *chat_directives_merge_section(apr_pool_t *p, void *base_, void *over)
{
    const chat_section_config_t *base = base_;
    chat_section_config_t *section = apr_pmemdup(p, over, sizeof *section);

    CHAT_DIRECTIVE_INHERIT(section, base, links, CHAT_LINKS_UNSET);
    CHAT_DIRECTIVE_INHERIT(section, base, gives_csrf_token, -1);
    if (section->has_admin < 0) {
        section->has_admin = base->has_admin;
        section->admin = base->admin;
    }
    return section;
}

static void *field_at(void *config, apr_size_t offset)
{
    return (char *)config + offset;
}

/* A root without its trailing slash: "/api"; "" for "/". */
static const char *normal_root(const char **proot, apr_pool_t *p, const char *text)
{
    apr_size_t bytes = strlen(text);

    if (text[0] != '/')
        return apr_psprintf(p, "\"%s\" must begin with a slash", text);
    if (strpbrk(text, "?#%\\ ") || strstr(text, "//") || strstr(text, "/./") ||
        strstr(text, "/../"))
        return apr_psprintf(p, "\"%s\" must be a plain path, without query, escapes and blanks",
                            text);
    if (text[bytes - 1] == '/')
        bytes--;
    *proot = apr_pstrmemdup(p, text, bytes);
    return NULL;
}

static const char *set_root(cmd_parms *cmd, void *dummy, int argc, char *const argv[])
{
    chat_config_t *config = chat_directive_config(cmd);
    const char *error = NULL;
    int i;

    (void)dummy;
    if (argc == 0)
        return "ChatRoot needs one or more paths, or the word none";
    config->roots = apr_array_make(cmd->pool, argc, sizeof(const char *));
    if (argc == 1 && strcasecmp(argv[0], "none") == 0)
        return NULL;
    for (i = 0; i < argc && !error; i++)
        error = normal_root(&APR_ARRAY_PUSH(config->roots, const char *), cmd->pool, argv[i]);
    return chat_directive_error(cmd, error);
}

static const char *set_expression(cmd_parms *cmd, void *dummy, const char *text)
{
    const chat_expression_t **pexpression =
        field_at(chat_directive_config(cmd), (apr_size_t)cmd->info);
    const char *error = NULL;

    (void)dummy;
    *pexpression = chat_expression_parse(&error, cmd, text);
    return chat_directive_expression_error(cmd, error);
}

static const char *set_admin(cmd_parms *cmd, void *section_, const char *text)
{
    chat_section_config_t *section = section_;
    const char *error = NULL;

    section->has_admin = strcasecmp(text, "off") != 0;
    section->admin = section->has_admin ? chat_expression_parse_boolean(&error, cmd, text) : NULL;
    return chat_directive_expression_error(cmd, error);
}

/* A directive whose argument is a number, and the field for it. */
typedef struct number_t {
    apr_size_t offset;
    apr_int64_t min;
    apr_int64_t max;
    int is_size;   /* the field is an apr_size_t, otherwise an int */
    int is_global; /* not in a virtual host */
} number_t;

static const char *set_number(cmd_parms *cmd, void *dummy, const char *text)
{
    const number_t *number = cmd->info;
    void *field = field_at(chat_directive_config(cmd), number->offset);
    const char *error = number->is_global ? ap_check_cmd_context(cmd, GLOBAL_ONLY) : NULL;
    apr_int64_t value;

    (void)dummy;
    if (error)
        return error;
    if (chat_number_read(&value, text) != APR_SUCCESS || value < number->min || value > number->max)
        return apr_psprintf(
            cmd->pool, "%s must be a whole number from %" APR_INT64_T_FMT " to %" APR_INT64_T_FMT,
            cmd->cmd->name, number->min, number->max);
    if (number->is_size)
        *(apr_size_t *)field = (apr_size_t)value;
    else
        *(int *)field = (int)value;
    return NULL;
}

/* A directive whose argument is one of some words, and the field for it: an enumeration that has
 * "not set" at 0, and then the words in their order. */
typedef struct words_t {
    apr_size_t offset;
    int is_of_section; /* the field is in the configuration of the section */
    const char *names; /* as an error message has them */
    const char *words[4];
} words_t;

static const char *set_word(cmd_parms *cmd, void *section, const char *text)
{
    const words_t *words = cmd->info;
    void *config = words->is_of_section ? section : chat_directive_config(cmd);
    int i;

    for (i = 0; words->words[i]; i++)
        if (strcasecmp(text, words->words[i]) == 0) {
            *(int *)field_at(config, words->offset) = i + 1;
            return NULL;
        }
    return apr_psprintf(cmd->pool, "%s must be %s", cmd->cmd->name, words->names);
}

/* A name in SQL, with that of a schema or without. Whether there is such a configuration only the
 * database knows: chat_indexer.c asks it. */
static const char *set_search_config(cmd_parms *cmd, void *dummy, const char *text)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.$";

    (void)dummy;
    if (!*text || strlen(text) > CHAT_SEARCH_CONFIG_BYTES_MAX || text[strspn(text, letters)] ||
        strchr("0123456789.$", text[0]))
        return apr_psprintf(cmd->pool,
                            "ChatSearchConfig must be the name of a text search configuration, "
                            "such as simple or german, not \"%s\"",
                            text);
    chat_directive_config(cmd)->search_config = text;
    return NULL;
}

/* A number, or the word that stands for `number_of_word`. */
static const char *read_sockets(int *psockets, cmd_parms *cmd, const char *text, int min,
                                const char *word, int number_of_word)
{
    apr_int64_t sockets = 0;

    if (strcasecmp(text, word) == 0) {
        *psockets = number_of_word;
        return NULL;
    }
    if (chat_number_read(&sockets, text) != APR_SUCCESS || sockets < min ||
        sockets > CHAT_SOCKETS_MAX)
        return apr_psprintf(cmd->pool, "%s must be %s or a whole number from %d to %d",
                            cmd->cmd->name, word, min, CHAT_SOCKETS_MAX);
    *psockets = (int)sockets;
    return NULL;
}

/* "user=50" or "address=50": the limit of one user or one client address. */
static const char *read_sockets_share(chat_config_t *config, cmd_parms *cmd, const char *text)
{
    int *pshare;

    if (strncmp(text, "user=", 5) == 0)
        pshare = &config->sockets_per_user_max;
    else if (strncmp(text, "address=", 8) == 0)
        pshare = &config->sockets_per_address_max;
    else
        return apr_psprintf(cmd->pool, "%s: \"%s\" is neither user=<n> nor address=<n>",
                            cmd->cmd->name, text);
    return read_sockets(pshare, cmd, strchr(text, '=') + 1, 1, "off", 0);
}

static const char *set_sockets_max(cmd_parms *cmd, void *dummy, int argc, char *const argv[])
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    chat_config_t *config = chat_directive_config(cmd);
    int i;

    (void)dummy;
    if (error)
        return error;
    if (argc < 1)
        return apr_psprintf(cmd->pool, "%s needs a number", cmd->cmd->name);
    config->sockets_per_user_max = -1;
    config->sockets_per_address_max = -1;
    error = read_sockets(&config->sockets_max, cmd, argv[0], 0, "auto", -1);
    for (i = 1; i < argc && !error; i++)
        error = read_sockets_share(config, cmd, argv[i]);
    return error;
}

static const char *set_cache(cmd_parms *cmd, void *dummy, const char *text)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void)dummy;
    return error ? error : chat_response_cache_configure(text, cmd->pool);
}

static const char *set_group_posting(cmd_parms *cmd, void *dummy, const char *text)
{
    apr_int64_t messages = 1;

    (void)dummy;
    if (strcasecmp(text, "off") != 0 &&
        (chat_number_read(&messages, text) != APR_SUCCESS || messages < CHAT_GROUP_POSTING_MIN ||
         messages > CHAT_GROUP_POSTING_MAX))
        return apr_psprintf(cmd->pool, "%s must be off or a whole number from %d to %d",
                            cmd->cmd->name, CHAT_GROUP_POSTING_MIN, CHAT_GROUP_POSTING_MAX);
    chat_directive_config(cmd)->group_posting = (int)messages;
    return NULL;
}

static const char *set_database_listen(cmd_parms *cmd, void *dummy, const char *params)
{
    (void)dummy;
    chat_directive_config(cmd)->database_listen = params;
    return NULL;
}

static int has_blank(const char *url)
{
    for (; *url; url++)
        if ((unsigned char)*url <= ' ' || *url == 0x7f)
            return 1;
    return 0;
}

static const char *set_notification_link(cmd_parms *cmd, void *dummy, const char *url)
{
    (void)dummy;
    if (*url != '/' && strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
        return apr_psprintf(cmd->pool,
                            "ChatNotificationLink: \"%s\" must begin with / or http:// or https://",
                            url);
    if (has_blank(url))
        return "ChatNotificationLink: a URL cannot contain blanks; write %20";
    chat_directive_config(cmd)->notification_link = url;
    return NULL;
}

static const char *set_public_root(cmd_parms *cmd, void *dummy, const char *url)
{
    static const char scheme[] = "https://";
    char *root = apr_pstrdup(cmd->pool, url);
    apr_size_t length = strlen(root);

    (void)dummy;
    if (strncasecmp(url, scheme, sizeof scheme - 1) != 0 || url[strcspn(url, "?#<>\"")] ||
        has_blank(url) || strcspn(url + sizeof scheme - 1, "/@") == 0)
        return apr_psprintf(cmd->pool,
                            "ChatPublicRoot: \"%s\" must be https://host or https://host/path, "
                            "without a query",
                            url);
    while (root[length - 1] == '/')
        root[--length] = '\0';
    chat_directive_config(cmd)->public_root = root;
    return NULL;
}

static const char *set_csrf_environment(cmd_parms *cmd, void *section, int is_on)
{
    (void)cmd;
    ((chat_section_config_t *)section)->gives_csrf_token = is_on;
    return NULL;
}

#define FIELD(name) ((void *)offsetof(chat_config_t, name))
#define MAIL(setting) ((void *)(apr_uintptr_t)(setting))
#define NUMBER(field, min, max, is_size, is_global)                                                \
    ((void *)&(number_t){offsetof(chat_config_t, field), min, max, is_size, is_global})
#define WORDS(type, field, is_of_section, names, ...)                                              \
    ((void *)&(words_t){offsetof(type, field), is_of_section, names, {__VA_ARGS__}})

const command_rec chat_directives_commands[] = {
    AP_INIT_TAKE_ARGV("ChatRoot", set_root, NULL, RSRC_CONF,
                      "the paths below which the API is served, or none (default /api)"),
    AP_INIT_TAKE1("ChatLinks", set_word,
                  WORDS(chat_section_config_t, links, 1, "absolute-path or relative",
                        "absolute-path", "relative"),
                  RSRC_CONF | ACCESS_CONF,
                  "absolute-path or relative: the form of links in answers (default "
                  "absolute-path)"),
    AP_INIT_TAKE1("ChatAdmin", set_admin, NULL, RSRC_CONF | ACCESS_CONF,
                  "a boolean expression that is true for administrators, or off (default off)"),
    AP_INIT_TAKE1("ChatUserId", set_expression, FIELD(user_id), RSRC_CONF,
                  "an expression for the permanent identifier of the user (default the user name)"),
    AP_INIT_TAKE1("ChatUserCase", set_word,
                  WORDS(chat_config_t, user_case, 0, "fold or keep", "keep", "fold"), RSRC_CONF,
                  "fold or keep: whether names that differ in case are the same user"),
    AP_INIT_TAKE1("ChatUserName", set_expression, FIELD(user_name), RSRC_CONF,
                  "an expression for the user's display name"),
    AP_INIT_TAKE1("ChatUserEmail", set_expression, FIELD(user_email), RSRC_CONF,
                  "an expression for the user's mail address"),
    AP_INIT_TAKE1("ChatUserAvatar", set_expression, FIELD(user_avatar), RSRC_CONF,
                  "an expression for the URL of the user's picture"),
    AP_INIT_TAKE1("ChatMaxBody", set_number,
                  NUMBER(body_bytes_max, CHAT_BODY_BYTES_MIN, CHAT_BODY_BYTES_MAX, 1, 0), RSRC_CONF,
                  "the maximum size of a request body in bytes (default 65536)"),
    AP_INIT_TAKE1("ChatMaxMessage", set_number,
                  NUMBER(content_chars_max, 1, CHAT_CONTENT_CHARS_MAX, 1, 0), RSRC_CONF,
                  "the maximum length of a message in characters (default 1000)"),
    AP_INIT_TAKE1("ChatAttachmentDir", chat_attachment_config_set_dir, NULL, RSRC_CONF,
                  "the directory for files that are sent, outside every DocumentRoot (default "
                  "none: no files)"),
    AP_INIT_TAKE1(
        "ChatAttachmentStore", set_word,
        WORDS(chat_config_t, attachment_store, 0, "directory or database", "directory", "database"),
        RSRC_CONF,
        "where files of messages are kept: directory (ChatAttachmentDir) or database "
        "(default directory)"),
    AP_INIT_TAKE1("ChatAttachmentMax", chat_attachment_config_set_max, NULL, RSRC_CONF,
                  "the maximum size of a file in bytes (default 10M)"),
    AP_INIT_TAKE12("ChatAttachmentQuota", chat_attachment_config_set_quota, NULL, RSRC_CONF,
                   "<bytes>/<period> [key=<expression>], or off: how much a user may send (default "
                   "200M/d)"),
    AP_INIT_TAKE1("ChatAttachmentFree", chat_attachment_config_set_free, NULL, RSRC_CONF,
                  "the room in bytes that files leave in their file system (default 1G)"),
    AP_INIT_ITERATE("ChatAttachmentTypes", chat_attachment_config_add_type, NULL, RSRC_CONF,
                    "the media types of files that may be sent (default pictures, PDF, text and "
                    "office documents)"),
    AP_INIT_TAKE1("ChatAttachmentMetadata", set_word,
                  WORDS(chat_config_t, attachment_metadata, 0, "strip or keep", "strip", "keep"),
                  RSRC_CONF, "whether pictures are stored without their metadata (default strip)"),
    AP_INIT_TAKE1("ChatImagePixels", set_number,
                  NUMBER(image_pixels_max, 1, CHAT_IMAGE_PIXELS_MAX, 0, 0), RSRC_CONF,
                  "the number of pixels above which a picture is not shown but can be saved "
                  "(default 50000000)"),
    AP_INIT_TAKE123("ChatScan", chat_attachment_config_set_scan, NULL, RSRC_CONF,
                    "clamd:<path> or clamd:<host>:<port>, then open or closed, and "
                    "timeout=<seconds>; or off: what scans files (default off)"),
    AP_INIT_TAKE12("ChatAttachmentUploads", chat_attachment_config_set_uploads, NULL, RSRC_CONF,
                   "<n> [user=<n>]: how many files each child receives at once, in all and of one "
                   "user (default a quarter of ThreadsPerChild, and 3)"),
    AP_INIT_TAKE1("ChatDatabaseWait", set_number,
                  NUMBER(database_wait_ms, 0, CHAT_DATABASE_WAIT_MS_MAX, 0, 0), RSRC_CONF,
                  "milliseconds that a request may wait for a connection (default 1000)"),
    AP_INIT_TAKE1("ChatGroupPosting", set_group_posting, NULL, RSRC_CONF,
                  "how many messages, sent at the same time, one statement may store, or off "
                  "(default off)"),
    AP_INIT_TAKE1("ChatDatabaseListen", set_database_listen, NULL, RSRC_CONF,
                  "a connection string for the database itself, if DBDParams leads to a pooler"),
    AP_INIT_TAKE1("ChatSearch", set_word, WORDS(chat_config_t, search, 0, "on or off", "on", "off"),
                  RSRC_CONF, "on or off: whether messages can be searched (default on)"),
    AP_INIT_TAKE1("ChatSearchConfig", set_search_config, NULL, RSRC_CONF,
                  "the text search configuration of PostgreSQL for messages (default simple)"),
    AP_INIT_TAKE12("ChatRetention", chat_retention_config_add, NULL, RSRC_CONF,
                   "<n>d, <n>w, <n>y or off, and church=<id>: for how long messages are kept "
                   "(default off)"),
    AP_INIT_TAKE1("ChatNotificationLink", set_notification_link, NULL, RSRC_CONF,
                  "the URL of notifications, with {conversation_id} in it (default the URL of the "
                  "conversation in the API)"),
    AP_INIT_TAKE1(
        "ChatPublicRoot", set_public_root, NULL, RSRC_CONF,
        "https://host/path: the address of the first ChatRoot for links in mails (default "
        "ChatRoot on the host of ChatNotificationLink)"),
    AP_INIT_TAKE1("ChatPushKey", chat_push_config_set_key, NULL, RSRC_CONF,
                  "file:<path>: the private key of this site for push services, in PEM, on the "
                  "curve P-256"),
    AP_INIT_TAKE1("ChatPushContact", chat_push_config_set_contact, NULL, RSRC_CONF,
                  "mailto:<address> or https://<page>: how push services reach the administrator"),
    AP_INIT_TAKE1("ChatPushCA", chat_push_config_set_ca, NULL, RSRC_CONF,
                  "a file with the certificates that push services are checked against"),
    AP_INIT_TAKE1("ChatPushDelay", set_number, NUMBER(push_delay_s, 0, CHAT_PUSH_DELAY_S_MAX, 0, 0),
                  RSRC_CONF, "seconds from a message to its push (default 5)"),
    AP_INIT_TAKE1("ChatPushContent", set_word,
                  WORDS(chat_config_t, push_content, 0, "full or none", "full", "none"), RSRC_CONF,
                  "full or none: whether a push has the message (default full)"),
    AP_INIT_ITERATE("ChatPushAllow", chat_push_config_add_exemption, NULL, RSRC_CONF,
                    "<host> or <host>:<port>: push services that are not public"),
    AP_INIT_ITERATE("ChatPushHosts", chat_push_config_add_host, NULL, RSRC_CONF,
                    "<host> or *.<suffix>: the only push services that are used (default any)"),
    AP_INIT_TAKE1("ChatMail", chat_mail_config_set_server, NULL, RSRC_CONF,
                  "smtp://host[:port], smtps://host[:port] or off: the mail server (default off)"),
    AP_INIT_TAKE1("ChatMailTLS", chat_mail_config_set_tls, NULL, RSRC_CONF,
                  "required, opportunistic or off (default required)"),
    AP_INIT_TAKE2("ChatMailLogin", chat_mail_config_set_login, NULL, RSRC_CONF,
                  "the user, and file:<path> of a file with the password"),
    AP_INIT_TAKE1("ChatMailCA", chat_mail_config_set_text, MAIL(CHAT_MAIL_CA), RSRC_CONF,
                  "a file with the certificates that the mail server's is checked against"),
    AP_INIT_TAKE1("ChatMailFrom", chat_mail_config_set_text, MAIL(CHAT_MAIL_FROM), RSRC_CONF,
                  "the address that mail comes from"),
    AP_INIT_TAKE1("ChatMailBounce", chat_mail_config_set_text, MAIL(CHAT_MAIL_BOUNCE), RSRC_CONF,
                  "the address of the envelope (default ChatMailFrom)"),
    AP_INIT_TAKE1("ChatMailHost", chat_mail_config_set_text, MAIL(CHAT_MAIL_HOST), RSRC_CONF,
                  "the host name for EHLO and in ids (default that of ChatMailFrom)"),
    AP_INIT_TAKE1("ChatMailTemplates", chat_mail_config_set_text, MAIL(CHAT_MAIL_TEMPLATES),
                  RSRC_CONF, "the folder with a folder of templates for each language"),
    AP_INIT_TAKE1("ChatMailLanguage", chat_mail_config_set_text, MAIL(CHAT_MAIL_LANGUAGE),
                  RSRC_CONF, "the language of readers who have chosen none (default en)"),
    AP_INIT_TAKE1("ChatMailContent", chat_mail_config_set_text, MAIL(CHAT_MAIL_CONTENT), RSRC_CONF,
                  "full, excerpt or none: how much of a message a mail has (default full)"),
    AP_INIT_TAKE1("ChatMailRate", chat_mail_config_set_rate, NULL, RSRC_CONF,
                  "<n>/<period>: how many mails this host sends at most"),
    AP_INIT_TAKE1("ChatMailTimeout", chat_mail_config_set_timeout, NULL, RSRC_CONF,
                  "seconds that the mail server may take for a mail (default 60)"),
    AP_INIT_TAKE1("ChatEmailDelay", chat_mail_config_set_seconds, MAIL(CHAT_MAIL_DELAY), RSRC_CONF,
                  "seconds from a message to its mail (default 120)"),
    AP_INIT_TAKE1("ChatEmailRepeat", chat_mail_config_set_seconds, MAIL(CHAT_MAIL_REPEAT),
                  RSRC_CONF, "seconds from a mail to the next of that conversation (default 3600)"),
    AP_INIT_TAKE_ARGV("ChatEmailDefault", chat_mail_config_set_default, NULL, RSRC_CONF,
                      "member=<word> staff=<word>: off, instant or digest (default instant)"),
    AP_INIT_TAKE1(
        "ChatCSRF", set_word,
        WORDS(chat_config_t, csrf_mode, 0, "token, origin or off", "token", "origin", "off"),
        RSRC_CONF, "token, origin or off: the protection against CSRF (default token)"),
    AP_INIT_TAKE12("ChatCSRFCookie", chat_guard_config_set_cookie, NULL, RSRC_CONF,
                   "the name of the cookie with the CSRF token (default chat_csrf), and an earlier "
                   "name that pages still use"),
    AP_INIT_FLAG("ChatCSRFEnvironment", set_csrf_environment, NULL, RSRC_CONF | ACCESS_CONF,
                 "on or off: whether pages get the CSRF token in CHAT_CSRF_TOKEN (default off)"),
    AP_INIT_TAKE1(
        "ChatSecret", chat_guard_config_set_secret, NULL, RSRC_CONF,
        "file:<path>: a file with the secrets that sign tokens, one per line, newest first"),
    AP_INIT_ITERATE("ChatTrustedOrigin", chat_guard_config_add_origin, NULL, RSRC_CONF,
                    "other origins whose pages may use the chat"),
    AP_INIT_TAKE_ARGV("ChatRateLimit", chat_guard_config_add_limit, NULL, RSRC_CONF,
                      "<action> <n>/<period> [burst=<n>] [key=<expression>], or <action> off"),
    AP_INIT_TAKE1("ChatRateLimitMode", set_word,
                  WORDS(chat_config_t, limits_mode, 0, "enforce, dry-run or off", "enforce",
                        "dry-run", "off"),
                  RSRC_CONF, "enforce, dry-run or off (default enforce)"),
    AP_INIT_TAKE12(
        "ChatSpam", chat_guard_config_add_spam_pattern, NULL, RSRC_CONF,
        "a regular expression for unwanted messages, and reject or flag (default reject)"),
    AP_INIT_TAKE12("ChatSpamLinks", chat_guard_config_set_spam_links, NULL, RSRC_CONF,
                   "the maximum number of links in a message, and reject or flag (default reject)"),
    AP_INIT_TAKE12("ChatSpamRepeat", chat_guard_config_set_spam_repeat, NULL, RSRC_CONF,
                   "<n>/<period>: how often a user may send the same text, and reject or flag"),
    AP_INIT_TAKE_ARGV("ChatWebSocketMax", set_sockets_max, NULL, RSRC_CONF,
                      "auto or <n>, [user=<n>] [address=<n>]: the maximum number of WebSockets in "
                      "each child, and of one user and one client address (default auto)"),
    AP_INIT_TAKE1("ChatWebSocketMaxFrame", set_number,
                  NUMBER(socket_frame_bytes_max, CHAT_SESSION_FRAME_BYTES_MIN,
                         CHAT_SESSION_FRAME_BYTES_MAX, 1, 0),
                  RSRC_CONF,
                  "the maximum size of a message from a WebSocket in bytes (default 65536)"),
    AP_INIT_TAKE1(
        "ChatWebSocketMaxAge", set_number,
        NUMBER(socket_age_max_s, 0, CHAT_SESSION_AGE_S_MAX, 0, 0), RSRC_CONF,
        "seconds after which a WebSocket is closed to authenticate anew (default 900; 0: never)"),
    AP_INIT_TAKE1("ChatWebSocketHeartbeat", set_number,
                  NUMBER(heartbeat_s, 1, CHAT_HEARTBEAT_S_MAX, 0, 1), RSRC_CONF,
                  "seconds of silence after which a ping is sent (default 30)"),
    AP_INIT_TAKE1("ChatCache", set_cache, NULL, RSRC_CONF,
                  "off (the default), or the provider of the response cache: shmcb, redis:host, "
                  "memcache:host"),
    {.name = NULL}};
