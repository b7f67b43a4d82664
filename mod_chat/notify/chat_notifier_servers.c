#include "notify/chat_notifier_servers.h"

#include <string.h>

#include <http_config.h>

#include "core/chat_log.h"
#include "core/chat_p256.h"
#include "db/chat_db.h"
#include "guard/chat_push_endpoint.h"
#include "guard/chat_token.h"
#include "http/chat_httpd_conf.h"
#include "notify/chat_mail_config.h"

static const chat_config_t *config_of(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &chat_module);
}

/* ---- whose settings hold ---- */

static int count_settings(const server_rec *s)
{
    const chat_config_t *config = config_of(s);

    return (config->push_key != NULL) + (config->notification_link != NULL);
}

/* Where the server of this database is; NULL: there is none yet. */
static server_rec **place_of(const apr_array_header_t *servers, const char *params, apr_pool_t *p)
{
    int i;

    for (i = 0; i < servers->nelts; i++)
        if (strcmp(params, chat_db_params_of(APR_ARRAY_IDX(servers, i, server_rec *), p)) == 0)
            return &APR_ARRAY_IDX(servers, i, server_rec *);
    return NULL;
}

apr_array_header_t *chat_notifier_servers_find(server_rec *main_server, apr_pool_t *p)
{
    apr_array_header_t *servers = apr_array_make(p, 2, sizeof(server_rec *));
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        const char *params = chat_config_has_chat(config_of(s)) ? chat_db_params_of(s, p) : NULL;
        server_rec **place = params ? place_of(servers, params, p) : NULL;

        if (params && !place)
            APR_ARRAY_PUSH(servers, server_rec *) = s;
        if (place && count_settings(s) >= count_settings(*place))
            *place = s; /* httpd's list has the last <VirtualHost> first */
    }
    return servers;
}

/* ---- the others ---- */

static int is_other_text(const char *theirs, const char *ours)
{
    return theirs && (!ours || strcmp(theirs, ours) != 0);
}

static int is_other_key(const chat_p256_t *theirs, const chat_p256_t *ours)
{
    return !ours || strcmp(chat_p256_key_id(theirs), chat_p256_key_id(ours)) != 0;
}

/* In the same order; NULL: not set. */
static int are_other_hosts(const apr_array_header_t *theirs, const apr_array_header_t *ours)
{
    int i;

    if (!theirs || theirs == ours)
        return 0;
    if (!ours || ours->nelts != theirs->nelts)
        return 1;
    for (i = 0; i < ours->nelts; i++) {
        const chat_push_host_t *one = &APR_ARRAY_IDX(ours, i, chat_push_host_t);
        const chat_push_host_t *other = &APR_ARRAY_IDX(theirs, i, chat_push_host_t);

        if (strcmp(one->name, other->name) != 0 || one->port != other->port ||
            one->is_suffix != other->is_suffix)
            return 1;
    }
    return 0;
}

/* The directive of which a server has another value, or NULL. A server without a key has no push.
 */
static const char *find_other_push(const chat_config_t *theirs, const chat_config_t *ours)
{
    if (!theirs->push_key)
        return NULL;
    if (is_other_key(theirs->push_key, ours->push_key))
        return "ChatPushKey";
    if (is_other_text(theirs->push_contact, ours->push_contact))
        return "ChatPushContact";
    if (theirs->push_delay_s >= 0 && theirs->push_delay_s != ours->push_delay_s)
        return "ChatPushDelay";
    if (theirs->push_content && theirs->push_content != ours->push_content)
        return "ChatPushContent";
    if (is_other_text(theirs->push_ca, ours->push_ca))
        return "ChatPushCA";
    if (are_other_hosts(theirs->push_exemptions, ours->push_exemptions))
        return "ChatPushAllow";
    if (are_other_hosts(theirs->push_hosts, ours->push_hosts))
        return "ChatPushHosts";
    return NULL;
}

/* Whether a server would not take the links of mails that are signed for another. */
static int are_other_secrets(const chat_secrets_t *theirs, const chat_secrets_t *ours,
                             apr_pool_t *p)
{
    static const char purpose[] = "check", subject[] = "";

    return theirs && ours && theirs != ours &&
           chat_token_check(theirs, purpose, subject,
                            chat_token_make_same(ours, purpose, subject, p)) == CHAT_TOKEN_BAD;
}

static int has_mail(const server_rec *main_server)
{
    const chat_mail_config_t *mail = config_of(main_server)->mail;

    return mail && mail->is_on;
}

static const char *find_other(const server_rec *s, const server_rec *ours, int has_mail,
                              apr_pool_t *p)
{
    const char *directive = find_other_push(config_of(s), config_of(ours));

    if (!directive && has_mail &&
        are_other_secrets(config_of(s)->secrets, config_of(ours)->secrets, p))
        directive = "ChatSecret";
    return directive;
}

apr_status_t chat_notifier_servers_check(server_rec *main_server, apr_pool_t *p)
{
    const apr_array_header_t *servers = chat_notifier_servers_find(main_server, p);
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        const char *params = chat_config_has_chat(config_of(s)) ? chat_db_params_of(s, p) : NULL;
        const server_rec *ours = params ? *place_of(servers, params, p) : s;
        const char *directive = find_other(s, ours, has_mail(main_server), p);

        if (!directive)
            continue;
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     "%s of %s is not that of %s: notifications are sent for the database that "
                     "both have (DBDParams), so set it for both, outside <VirtualHost>, or in one "
                     "of them only",
                     directive, chat_httpd_conf_name_of(s, p), chat_httpd_conf_name_of(ours, p));
        return APR_EINVAL;
    }
    if (servers->nelts <= CHAT_NOTIFIER_DATABASES_MAX)
        return APR_SUCCESS;
    ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                 "there are %d databases (DBDParams) with a chat: notifications are sent for %d at "
                 "most",
                 servers->nelts, CHAT_NOTIFIER_DATABASES_MAX);
    return APR_EINVAL;
}

void chat_notifier_servers_warn(server_rec *main_server, apr_pool_t *p)
{
    const apr_array_header_t *servers = chat_notifier_servers_find(main_server, p);
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        const char *params = chat_config_has_chat(config_of(s)) ? chat_db_params_of(s, p) : NULL;
        const server_rec *ours = params ? *place_of(servers, params, p) : s;

        if ((has_mail(main_server) || config_of(ours)->push_key) &&
            is_other_text(config_of(s)->notification_link, config_of(ours)->notification_link))
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                         "mail and pushes lead to ChatNotificationLink of %s, not to that of %s, "
                         "as both have the same database (DBDParams)",
                         chat_httpd_conf_name_of(ours, p), chat_httpd_conf_name_of(s, p));
    }
}
