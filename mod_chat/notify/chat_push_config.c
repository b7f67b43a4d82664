#include "notify/chat_push_config.h"

#include <apr_file_info.h>
#include <apr_strings.h>

#include "core/chat_p256.h"
#include "guard/chat_push_endpoint.h"
#include "http/chat_directive.h"

void chat_push_config_merge(chat_config_t *config, const chat_config_t *base)
{
    CHAT_DIRECTIVE_INHERIT(config, base, push_key, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, push_contact, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, push_ca, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, push_delay_s, -1);
    CHAT_DIRECTIVE_INHERIT(config, base, push_content, CHAT_PUSH_CONTENT_UNSET);
    CHAT_DIRECTIVE_INHERIT(config, base, push_exemptions, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, push_hosts, NULL);
}

const char *chat_push_config_set_key(cmd_parms *cmd, void *dummy, const char *text)
{
    const char *path;
    const char *error = chat_directive_read_path(&path, cmd, text, "a private key in PEM");

    (void)dummy;
    if (error)
        return error;
    chat_p256_load(&chat_directive_config(cmd)->push_key, &error, path, cmd->pool);
    return chat_directive_error(cmd, error);
}

/* Push services refuse a contact that cannot be one (RFC 8292 section 2.1). */
const char *chat_push_config_set_contact(cmd_parms *cmd, void *dummy, const char *text)
{
    const char *error = chat_push_endpoint_contact_fault(text, cmd->pool);

    (void)dummy;
    chat_directive_config(cmd)->push_contact = text;
    return chat_directive_error(cmd,
                                error ? apr_psprintf(cmd->pool, "\"%s\" %s", text, error) : NULL);
}

const char *chat_push_config_set_ca(cmd_parms *cmd, void *dummy, const char *text)
{
    const char *path = ap_server_root_relative(cmd->pool, text);
    apr_finfo_t info;

    (void)dummy;
    chat_directive_config(cmd)->push_ca = path;
    return path && apr_stat(&info, path, APR_FINFO_TYPE, cmd->pool) == APR_SUCCESS &&
                   info.filetype == APR_REG
               ? NULL
               : apr_psprintf(cmd->pool, "ChatPushCA: \"%s\" is not a file", text);
}

const char *chat_push_config_add_exemption(cmd_parms *cmd, void *dummy, const char *text)
{
    apr_array_header_t **phosts = &chat_directive_config(cmd)->push_exemptions;
    const char *error;

    (void)dummy;
    if (!*phosts)
        *phosts = apr_array_make(cmd->pool, 4, sizeof(chat_push_host_t));
    error = chat_push_endpoint_read_exemption(apr_array_push(*phosts), text, cmd->pool);
    return chat_directive_error(cmd, error);
}

const char *chat_push_config_add_host(cmd_parms *cmd, void *dummy, const char *text)
{
    apr_array_header_t **phosts = &chat_directive_config(cmd)->push_hosts;
    const char *error;

    (void)dummy;
    if (!*phosts)
        *phosts = apr_array_make(cmd->pool, 4, sizeof(chat_push_host_t));
    error = chat_push_endpoint_read_pattern(apr_array_push(*phosts), text, cmd->pool);
    return chat_directive_error(cmd, error);
}
