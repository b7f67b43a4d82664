#include "http/chat_directive.h"

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
