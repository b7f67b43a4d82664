#include "http/chat_directive.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_log.h"

chat_config_t *chat_directive_config(const cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &chat_module);
}

const char *chat_directive_error(const cmd_parms *cmd, const char *error)
{
    return error ? apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", error, NULL) : NULL;
}

const char *chat_directive_expression_error(const cmd_parms *cmd, const char *error)
{
    return error ? apr_pstrcat(cmd->pool, cmd->cmd->name,
                               ": the expression cannot be read: ", error, NULL)
                 : NULL;
}

const char *chat_directive_read_path(const char **ppath, const cmd_parms *cmd, const char *text,
                                     const char *content)
{
    static const char scheme[] = "file:";

    if (strncmp(text, scheme, sizeof scheme - 1) != 0)
        return apr_psprintf(cmd->pool, "%s must be file: and the path of a file with %s",
                            cmd->cmd->name, content);
    *ppath = ap_server_root_relative(cmd->pool, text + sizeof scheme - 1);
    return *ppath ? NULL : chat_directive_error(cmd, "the path is invalid");
}
