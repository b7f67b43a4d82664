#include "guard/chat_user_case.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include <http_config.h>

#include "core/chat_config.h"
#include "core/chat_log.h"
#include "http/chat_httpd_conf.h"

typedef struct logins_t {
    apr_pool_t *p;
    apr_table_t *aliases; /* of <AuthnProviderAlias>: name to provider */
    int ldap;             /* the number of LDAP providers */
    int others;           /* the number of other providers */
} logins_t;

/* "ldap corporate>" */
static void note_alias(ap_directive_t *directive, void *data)
{
    logins_t *logins = data;
    const char *args = directive->args;
    const char *provider = ap_getword_conf(logins->p, &args);
    char *name = ap_getword_conf(logins->p, &args);
    char *end = strchr(name, '>');

    if (end)
        *end = '\0';
    apr_table_set(logins->aliases, name, provider);
}

static void note_providers(ap_directive_t *directive, void *data)
{
    logins_t *logins = data;
    const char *args = directive->args;

    while (*args) {
        const char *name = ap_getword_conf(logins->p, &args);
        const char *provider = apr_table_get(logins->aliases, name);

        if (!provider)
            provider = name;
        if (strcasecmp(provider, "ldap") == 0)
            logins->ldap++;
        else if (*provider && strcasecmp(provider, "socache") != 0)
            logins->others++;
    }
}

/* Authentication without a provider that checks a password. */
static void note_type(ap_directive_t *directive, void *data)
{
    logins_t *logins = data;
    const char *args = directive->args;
    const char *type = ap_getword_conf(logins->p, &args);

    if (strcasecmp(type, "Basic") != 0 && strcasecmp(type, "Form") != 0 &&
        strcasecmp(type, "Digest") != 0 && strcasecmp(type, "None") != 0)
        logins->others++;
}

static void note_other(ap_directive_t *directive, void *data)
{
    (void)directive;
    ((logins_t *)data)->others++;
}

static void find_logins(logins_t *logins)
{
    chat_httpd_conf_walk("<AuthnProviderAlias", note_alias, logins);
    chat_httpd_conf_walk("AuthBasicProvider", note_providers, logins);
    chat_httpd_conf_walk("AuthFormProvider", note_providers, logins);
    chat_httpd_conf_walk("AuthDigestProvider", note_providers, logins);
    chat_httpd_conf_walk("AuthType", note_type, logins);
    chat_httpd_conf_walk("SSLUserName", note_other, logins);
}

void chat_user_case_post_config(server_rec *main_server, apr_pool_t *ptemp)
{
    logins_t logins = {.p = ptemp, .aliases = apr_table_make(ptemp, 2)};
    int is_undecided = 0;
    server_rec *s;

    find_logins(&logins);
    for (s = main_server; s; s = s->next) {
        chat_config_t *config = ap_get_module_config(s->module_config, &chat_module);

        if (config->user_case != CHAT_USER_CASE_UNSET)
            continue;
        config->user_case =
            logins.ldap && !logins.others ? CHAT_USER_CASE_DEFAULT_FOLD : CHAT_USER_CASE_KEEP;
        is_undecided |= !config->user_id;
    }
    if (is_undecided && logins.ldap && logins.others &&
        !chat_httpd_conf_args("AuthLDAPRemoteUserAttribute"))
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main_server,
                     "users can log in by LDAP, for which \"ada\" and \"ADA\" are the same, and by "
                     "other providers, for which they may differ: the chat treats them as two "
                     "users; set ChatUserCase to fold or keep, or AuthLDAPRemoteUserAttribute (see "
                     "mods-available/chat.conf)");
}
