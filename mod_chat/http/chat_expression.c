#include "http/chat_expression.h"

#include <string.h>

#include <ap_expr.h>

#include "core/chat_log.h"
#include "core/chat_text.h"

struct chat_expression_t {
    ap_expr_info_t *parsed;
    const char *text; /* as configured, for the log */
};

static const chat_expression_t *parse(const char **perror, cmd_parms *cmd, const char *text,
                                      unsigned int flags)
{
    chat_expression_t *expression = apr_pcalloc(cmd->pool, sizeof *expression);

    expression->text = text;
    expression->parsed = ap_expr_parse_cmd(cmd, text, flags, perror, NULL);
    return *perror ? NULL : expression;
}

const chat_expression_t *chat_expression_parse(const char **perror, cmd_parms *cmd,
                                               const char *text)
{
    return parse(perror, cmd, text, AP_EXPR_FLAG_STRING_RESULT);
}

const chat_expression_t *chat_expression_parse_boolean(const char **perror, cmd_parms *cmd,
                                                       const char *text)
{
    return parse(perror, cmd, text, AP_EXPR_FLAG_DONT_VARY);
}

static void log_error(const chat_expression_t *expression, const char *error, request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "expression \"%s\": %s", expression->text,
                  error);
}

int chat_expression_is_true(const chat_expression_t *expression, request_rec *r)
{
    const char *error = NULL;
    int result;

    if (!expression)
        return 0;
    result = ap_expr_exec(r, expression->parsed, &error);
    if (error)
        log_error(expression, error, r);
    return !error && result > 0;
}

/* The result in any encoding; NULL if there is none, or it is empty. */
static const char *evaluate(const chat_expression_t *expression, request_rec *r)
{
    const char *error = NULL;
    const char *text;

    if (!expression)
        return NULL;
    text = ap_expr_str_exec(r, expression->parsed, &error);
    if (error) {
        log_error(expression, error, r);
        return NULL;
    }
    return text && *text ? text : NULL;
}

/* ISO 8859-1: each byte is the number of a code point. */
static const char *from_latin1(const char *text, apr_pool_t *p)
{
    char *utf8 = apr_palloc(p, 2 * strlen(text) + 1);
    char *at = utf8;

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte < 0x80) {
            *at++ = (char)byte;
        } else {
            *at++ = (char)(0xc0 | byte >> 6);
            *at++ = (char)(0x80 | (byte & 0x3f));
        }
    }
    *at = '\0';
    return utf8;
}

const char *chat_expression_evaluate(const chat_expression_t *expression, request_rec *r)
{
    const char *text = evaluate(expression, r);

    return text && chat_text_is_utf8(text, strlen(text)) ? text : NULL;
}

const char *chat_expression_evaluate_claim(const chat_expression_t *expression, request_rec *r)
{
    const char *text = evaluate(expression, r);

    return text && !chat_text_is_utf8(text, strlen(text)) ? from_latin1(text, r->pool) : text;
}
