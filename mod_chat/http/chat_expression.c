#include "http/chat_expression.h"

#include <string.h>

#include <ap_expr.h>

#include "core/chat_log.h"
#include "core/chat_text.h"

struct chat_expression_t {
    ap_expr_info_t *parsed;
    const char *text; /* as it stands in the configuration, for the log */
};

const chat_expression_t *chat_expression_parse(const char **perror, cmd_parms *cmd,
                                               const char *text)
{
    chat_expression_t *expression = apr_pcalloc(cmd->pool, sizeof *expression);

    expression->text = text;
    expression->parsed = ap_expr_parse_cmd(cmd, text, AP_EXPR_FLAG_STRING_RESULT, perror, NULL);
    return *perror ? NULL : expression;
}

const char *chat_expression_evaluate(const chat_expression_t *expression, request_rec *r)
{
    const char *error = NULL;
    const char *text;

    if (!expression)
        return NULL;
    text = ap_expr_str_exec(r, expression->parsed, &error);
    if (error) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "expression \"%s\": %s", expression->text,
                      error);
        return NULL;
    }
    return text && *text && chat_text_is_utf8(text, strlen(text)) ? text : NULL;
}
