#include "notify/chat_mail_config.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>

#include "core/chat_config.h"
#include "core/chat_log.h"
#include "core/chat_number.h"
#include "notify/chat_mail_text.h"
#include "service/chat_preferences.h"

#define TEMPLATES_DIR "/usr/share/mod_chat/mail" /* where make install puts them */
#define EMAIL_DEFAULT "instant"
#define LANGUAGE_DEFAULT "en"
#define TEMPLATE_BYTES_MAX 65536
#define PASSWORD_BYTES_MAX 1024
#define LANGUAGE_BYTES_MAX 35 /* RFC 5646 section 4.4.1 */

static chat_config_t *config_of(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &chat_module);
}

/* The settings, made with the first directive. NULL and *perror: the directive is not allowed here.
 */
static chat_mail_config_t *settings(const char **perror, cmd_parms *cmd)
{
    chat_config_t *config = config_of(cmd->server);

    *perror = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    if (*perror)
        return NULL;
    if (!config->mail) {
        config->mail = apr_pcalloc(cmd->pool, sizeof *config->mail);
        config->mail->delay_s = CHAT_EMAIL_DELAY_S_DEFAULT;
        config->mail->repeat_s = CHAT_EMAIL_REPEAT_S_DEFAULT;
        config->mail->server.timeout_s = CHAT_MAIL_TIMEOUT_S_DEFAULT;
        config->mail->of_members = config->mail->of_staff = EMAIL_DEFAULT;
        config->mail->language = LANGUAGE_DEFAULT;
        config->mail->content = "full";
        config->mail->templates_dir = TEMPLATES_DIR;
    }
    return config->mail;
}

static const char *wrong(const cmd_parms *cmd, const char *value, const char *must)
{
    return apr_psprintf(cmd->pool, "%s: \"%s\" must be %s", cmd->cmd->name, value, must);
}

/* ---- directives ---- */

const char *chat_mail_config_set_server(cmd_parms *cmd, void *dummy, const char *url)
{
    const char *error;
    chat_mail_config_t *mail = settings(&error, cmd);
    apr_uri_t uri;

    (void)dummy;
    if (error)
        return error;
    mail->is_on = strcasecmp(url, "off") != 0;
    if (!mail->is_on)
        return NULL;
    if (apr_uri_parse(cmd->pool, url, &uri) != APR_SUCCESS || !uri.scheme || !uri.hostname ||
        (strcmp(uri.scheme, "smtp") != 0 && strcmp(uri.scheme, "smtps") != 0) || uri.user ||
        (uri.path && strcmp(uri.path, "/") != 0))
        return wrong(cmd, url, "off, smtp://host[:port] or smtps://host[:port]");
    mail->scheme_and_host = apr_psprintf(cmd->pool, "%s://%s", uri.scheme, uri.hostinfo);
    return NULL;
}

const char *chat_mail_config_set_tls(cmd_parms *cmd, void *dummy, const char *word)
{
    const char *error;
    chat_mail_config_t *mail = settings(&error, cmd);

    (void)dummy;
    if (error)
        return error;
    if (strcasecmp(word, "required") == 0)
        mail->server.tls = CHAT_CURL_TLS_REQUIRED;
    else if (strcasecmp(word, "opportunistic") == 0)
        mail->server.tls = CHAT_CURL_TLS_OPPORTUNISTIC;
    else if (strcasecmp(word, "off") == 0)
        mail->server.tls = CHAT_CURL_TLS_OFF;
    else
        return wrong(cmd, word, "required, opportunistic or off");
    return NULL;
}

/* A whole file, which is not longer than `max`. */
static apr_status_t read_file(const char **ptext, apr_finfo_t *info, const char *path,
                              apr_size_t max, apr_pool_t *p)
{
    apr_file_t *file;
    apr_size_t length = 0;
    char *text;
    apr_status_t rv =
        apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, p);

    if (rv != APR_SUCCESS)
        return rv;
    rv = apr_file_info_get(info, APR_FINFO_SIZE | APR_FINFO_PROT | APR_FINFO_TYPE, file);
    if (rv == APR_SUCCESS && (info->filetype != APR_REG || info->size > (apr_off_t)max))
        rv = APR_EINVAL;
    if (rv == APR_SUCCESS) {
        text = apr_pcalloc(p, (apr_size_t)info->size + 1);
        rv = apr_file_read_full(file, text, (apr_size_t)info->size, &length);
        text[length] = '\0';
        *ptext = text;
        if (APR_STATUS_IS_EOF(rv))
            rv = APR_SUCCESS;
    }
    apr_file_close(file);
    return rv;
}

const char *chat_mail_config_set_login(cmd_parms *cmd, void *dummy, const char *user,
                                       const char *file)
{
    static const char scheme[] = "file:";
    const char *error;
    chat_mail_config_t *mail = settings(&error, cmd);
    const char *path = ap_server_root_relative(
        cmd->pool, strncmp(file, scheme, sizeof scheme - 1) == 0 ? file + sizeof scheme - 1 : "");
    apr_finfo_t info;
    char *password;

    (void)dummy;
    if (error)
        return error;
    if (strncmp(file, scheme, sizeof scheme - 1) != 0 || !path)
        return wrong(cmd, file, "file: and the path of a file with the password");
    if (read_file(&mail->server.password, &info, path, PASSWORD_BYTES_MAX, cmd->pool) !=
        APR_SUCCESS)
        return apr_psprintf(cmd->pool, "%s: the file \"%s\" cannot be read", cmd->cmd->name, path);
    if (info.protection & (APR_FPROT_GREAD | APR_FPROT_WREAD | APR_FPROT_GWRITE | APR_FPROT_WWRITE))
        return apr_psprintf(cmd->pool,
                            "%s: the file \"%s\" must be accessible to its owner only "
                            "(chmod 600)",
                            cmd->cmd->name, path);
    password = apr_pstrdup(cmd->pool, mail->server.password);
    password[strcspn(password, "\r\n")] = '\0';
    if (!*password)
        return apr_psprintf(cmd->pool, "%s: the file \"%s\" has no password in its first line",
                            cmd->cmd->name, path);
    mail->server.user = user;
    mail->server.password = password;
    return NULL;
}

static int is_one_of(const char *word, const char *one, const char *two, const char *three)
{
    return strcmp(word, one) == 0 || strcmp(word, two) == 0 || strcmp(word, three) == 0;
}

const char *chat_mail_config_set_text(cmd_parms *cmd, void *dummy, const char *text)
{
    const char *error;
    chat_mail_config_t *mail = settings(&error, cmd);

    (void)dummy;
    if (error)
        return error;
    switch ((chat_mail_setting_t)(apr_uintptr_t)cmd->info) {
    case CHAT_MAIL_FROM:
    case CHAT_MAIL_BOUNCE:
        if (!chat_mail_text_is_address(text))
            return wrong(cmd, text, "a mail address in ASCII, without a name");
        *((chat_mail_setting_t)(apr_uintptr_t)cmd->info == CHAT_MAIL_FROM ? &mail->from
                                                                          : &mail->bounce) = text;
        break;
    case CHAT_MAIL_HOST:
        if (!chat_mail_text_is_address(apr_pstrcat(cmd->temp_pool, "a@", text, NULL)))
            return wrong(cmd, text, "a host name in ASCII");
        mail->host = text;
        break;
    case CHAT_MAIL_CONTENT:
        if (!is_one_of(text, "full", "excerpt", "none"))
            return wrong(cmd, text, "full, excerpt or none");
        mail->content = text;
        break;
    case CHAT_MAIL_LANGUAGE:
        mail->language = text;
        break;
    case CHAT_MAIL_CA:
        mail->server.ca_file = ap_server_root_relative(cmd->pool, text);
        break;
    default:
        mail->templates_dir = ap_server_root_relative(cmd->pool, text);
        break;
    }
    return NULL;
}

const char *chat_mail_config_set_seconds(cmd_parms *cmd, void *dummy, const char *text)
{
    const char *error;
    chat_mail_config_t *mail = settings(&error, cmd);
    int is_delay = (chat_mail_setting_t)(apr_uintptr_t)cmd->info == CHAT_MAIL_DELAY;
    apr_int64_t seconds;

    (void)dummy;
    if (error)
        return error;
    if (chat_number_read(&seconds, text) != APR_SUCCESS || seconds > CHAT_EMAIL_DELAY_S_MAX)
        return wrong(cmd, text,
                     "a whole number of seconds up to " APR_STRINGIFY(CHAT_EMAIL_DELAY_S_MAX));
    *(is_delay ? &mail->delay_s : &mail->repeat_s) = (int)seconds;
    return NULL;
}

const char *chat_mail_config_set_timeout(cmd_parms *cmd, void *dummy, const char *text)
{
    const char *error;
    chat_mail_config_t *mail = settings(&error, cmd);
    apr_int64_t seconds;

    (void)dummy;
    if (error)
        return error;
    if (chat_number_read(&seconds, text) != APR_SUCCESS || seconds < 1 ||
        seconds > CHAT_MAIL_TIMEOUT_S_MAX)
        return wrong(cmd, text,
                     "a whole number of seconds from 1 to " APR_STRINGIFY(CHAT_MAIL_TIMEOUT_S_MAX));
    mail->server.timeout_s = (int)seconds;
    return NULL;
}

const char *chat_mail_config_set_default(cmd_parms *cmd, void *dummy, int argc, char *const argv[])
{
    const char *error;
    chat_mail_config_t *mail = settings(&error, cmd);
    int i;

    (void)dummy;
    if (error)
        return error;
    if (argc < 1)
        return wrong(cmd, "", "member=<word> or staff=<word>");
    for (i = 0; i < argc; i++) {
        const char *word = strchr(argv[i], '=');

        if (!word || !is_one_of(word + 1, "off", "instant", "digest"))
            return wrong(cmd, argv[i], "member= or staff=, and off, instant or digest");
        if (strncmp(argv[i], "member=", 7) == 0)
            mail->of_members = word + 1;
        else if (strncmp(argv[i], "staff=", 6) == 0)
            mail->of_staff = word + 1;
        else
            return wrong(cmd, argv[i], "member= or staff=, and off, instant or digest");
    }
    return NULL;
}

const char *chat_mail_config_set_rate(cmd_parms *cmd, void *dummy, const char *rate)
{
    const char *words[] = {"send", rate, "key=mail"}; /* not counted together with send */
    const char *error;
    chat_mail_config_t *mail = settings(&error, cmd);

    (void)dummy;
    if (error)
        return error;
    mail->rate = apr_pcalloc(cmd->pool, sizeof *mail->rate);
    error = chat_rate_limit_parse(mail->rate, CHAT_COUNT(words), words, cmd->pool);
    return error ? apr_psprintf(cmd->pool, "%s: %s", cmd->cmd->name, error) : NULL;
}

/* ---- templates ---- */

static const char *const message_values[] = {"reader",      "sender",  "count", "link",
                                             "unsubscribe", "content", "time",  NULL};
static const char *const message_sections[] = {"messages", "more", NULL};
static const char *const digest_sections[] = {"conversations", "more", NULL};
static const chat_template_names_t message_names = {message_values, message_sections};
static const chat_template_names_t digest_names = {message_values, digest_sections};

/* One file. NULL: it is wrong, which is logged. */
static const chat_template_t *read_template(server_rec *s, const char *path,
                                            const chat_template_names_t *names, apr_pool_t *p)
{
    const char *text = NULL;
    const char *error = NULL;
    apr_finfo_t info;
    apr_status_t rv = read_file(&text, &info, path, TEMPLATE_BYTES_MAX, p);
    const chat_template_t *source = NULL;
    apr_size_t bytes = strlen(path);

    if (rv == APR_SUCCESS)
        source = chat_template_read(&error, text, names, strcmp(path + bytes - 5, ".html") == 0, p);
    if (rv != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s, "ChatMailTemplates: the file %s cannot be read",
                     path);
    else if (!source)
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s, "ChatMailTemplates: %s, %s", path, error);
    return source;
}

static int read_templates(chat_mail_templates_t *templates, server_rec *s, const char *stem,
                          const chat_template_names_t *names, apr_pool_t *p)
{
    templates->subject = read_template(s, apr_pstrcat(p, stem, ".subject", NULL), names, p);
    templates->text = read_template(s, apr_pstrcat(p, stem, ".txt", NULL), names, p);
    templates->html = read_template(s, apr_pstrcat(p, stem, ".html", NULL), names, p);
    return templates->subject && templates->text && templates->html;
}

static int read_language(chat_mail_config_t *mail, server_rec *s, const char *name, apr_pool_t *p)
{
    chat_mail_language_t *language = apr_pcalloc(p, sizeof *language);
    const char *dir = apr_pstrcat(p, mail->templates_dir, "/", name, NULL);

    apr_hash_set(mail->languages, apr_pstrdup(p, name), APR_HASH_KEY_STRING, language);
    return read_templates(&language->message, s, apr_pstrcat(p, dir, "/message", NULL),
                          &message_names, p) &&
           read_templates(&language->digest, s, apr_pstrcat(p, dir, "/digest", NULL), &digest_names,
                          p);
}

/* Each folder is a language. */
static apr_status_t read_languages(chat_mail_config_t *mail, server_rec *s, apr_pool_t *p)
{
    apr_dir_t *dir;
    apr_finfo_t entry;
    apr_status_t rv = apr_dir_open(&dir, mail->templates_dir, p);
    int is_right = 1;

    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s,
                     "ChatMailTemplates: the folder %s cannot be read", mail->templates_dir);
        return APR_EINVAL;
    }
    mail->languages = apr_hash_make(p);
    while (apr_dir_read(&entry, APR_FINFO_NAME | APR_FINFO_TYPE, dir) == APR_SUCCESS)
        if (entry.filetype == APR_DIR && entry.name[0] != '.')
            is_right &= read_language(mail, s, entry.name, p);
    apr_dir_close(dir);
    if (is_right && !apr_hash_get(mail->languages, mail->language, APR_HASH_KEY_STRING)) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     "ChatMailLanguage: %s has no folder \"%s\" with templates",
                     mail->templates_dir, mail->language);
        is_right = 0;
    }
    return is_right ? APR_SUCCESS : APR_EINVAL;
}

const chat_mail_language_t *chat_mail_config_language(const char **pname,
                                                      const chat_mail_config_t *mail,
                                                      const char *language, apr_pool_t *p)
{
    const chat_mail_language_t *found = NULL;

    if (language && strlen(language) <= LANGUAGE_BYTES_MAX) {
        *pname = language;
        found = apr_hash_get(mail->languages, language, APR_HASH_KEY_STRING);
        if (!found) {
            *pname = apr_pstrmemdup(p, language, strcspn(language, "-_"));
            found = apr_hash_get(mail->languages, *pname, APR_HASH_KEY_STRING);
        }
    }
    if (!found) {
        *pname = mail->language;
        found = apr_hash_get(mail->languages, mail->language, APR_HASH_KEY_STRING);
    }
    return found;
}

/* ---- all of it ---- */

static int is_loopback(const char *url, apr_pool_t *p)
{
    apr_uri_t uri;

    if (apr_uri_parse(p, url, &uri) != APR_SUCCESS || !uri.hostname)
        return 0;
    return strcasecmp(uri.hostname, "localhost") == 0 || strcmp(uri.hostname, "::1") == 0 ||
           (strncmp(uri.hostname, "127.", 4) == 0 &&
            !uri.hostname[strspn(uri.hostname, "0123456789.")]);
}

/* What mails may lead to: links of a mail are read elsewhere. */
static int is_link(const char *url, apr_pool_t *p)
{
    if (!url)
        return 0;
    return strncasecmp(url, "https://", 8) == 0 ||
           (strncasecmp(url, "http://", 7) == 0 && is_loopback(url, p));
}

/* What is missing, or NULL. */
static const char *find_fault(const chat_mail_config_t *mail, apr_pool_t *p)
{
    if (!mail->from)
        return "mail needs ChatMailFrom, the address that it comes from";
    if (mail->server.tls == CHAT_CURL_TLS_OFF && !is_loopback(mail->scheme_and_host, p))
        return "ChatMailTLS off is for a mail server on this host only";
    if (mail->server.user && mail->server.tls != CHAT_CURL_TLS_REQUIRED &&
        !is_loopback(mail->scheme_and_host, p))
        return "ChatMailLogin needs ChatMailTLS required, or others could read the password";
    return NULL;
}

/* What the server of a database lacks, or NULL. */
static const char *find_fault_of_server(const server_rec *s, apr_pool_t *p)
{
    const chat_config_t *config = config_of(s);
    const chat_section_config_t *section = ap_get_module_config(s->lookup_defaults, &chat_module);

    if (!config->secrets)
        return "mail needs ChatSecret file:<path>, or its links to unsubscribe would be void after "
               "a restart";
    if (!is_link(config->notification_link, p))
        return "mail needs ChatNotificationLink with https://, the page that it leads to (http:// "
               "only on this host)";
    if (section->links == CHAT_LINKS_RELATIVE && !config->public_root)
        return "mail needs ChatPublicRoot with ChatLinks relative, as no link in a mail is "
               "relative";
    return NULL;
}

apr_status_t chat_mail_config_complete(server_rec *main_server, const apr_array_header_t *servers,
                                       apr_pool_t *pconf)
{
    chat_mail_config_t *mail = config_of(main_server)->mail;
    const char *fault;
    int i;

    if (!mail || !mail->is_on)
        return APR_SUCCESS;
    fault = find_fault(mail, pconf);
    for (i = 0; i < servers->nelts && !fault; i++)
        fault = find_fault_of_server(APR_ARRAY_IDX(servers, i, server_rec *), pconf);
    if (fault) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server, "ChatMail: %s", fault);
        return APR_EINVAL;
    }
    if (!mail->bounce)
        mail->bounce = mail->from;
    if (!mail->host)
        mail->host = strchr(mail->from, '@') + 1;
    mail->server.url = apr_pstrcat(pconf, mail->scheme_and_host, "/", mail->host, NULL);
    return read_languages(mail, main_server, pconf);
}

void chat_mail_config_set_preferences(server_rec *main_server)
{
    const chat_mail_config_t *mail = config_of(main_server)->mail;
    chat_preferences_defaults_t defaults = {.email_of_members = EMAIL_DEFAULT,
                                            .email_of_staff = EMAIL_DEFAULT,
                                            .language = LANGUAGE_DEFAULT};

    if (mail) {
        defaults.has_mail = mail->is_on;
        defaults.email_of_members = mail->of_members;
        defaults.email_of_staff = mail->of_staff;
        defaults.language = mail->language;
    }
    chat_preferences_set_defaults(&defaults);
}
