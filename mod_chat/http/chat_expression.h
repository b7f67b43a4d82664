/**
 * @file chat_expression.h
 * httpd expressions (ap_expr) as arguments of directives, with a string or a boolean result.
 *
 * Ownership: parsed expressions live in the configuration's pool, results in the request's.
 * Threads: parsed while httpd reads its configuration, evaluated by any thread afterwards.
 */
#ifndef MOD_CHAT_CHAT_EXPRESSION_H
#define MOD_CHAT_CHAT_EXPRESSION_H
#include <httpd.h>

#include <http_config.h>

typedef struct chat_expression_t chat_expression_t;

/** Parse an expression with a string result. If it is invalid: NULL, and `*perror` is set. */
const chat_expression_t *chat_expression_parse(const char **perror, cmd_parms *cmd,
                                               const char *text);

/** Parse a boolean expression. Request headers that it uses are not added to Vary, so that answers
 * do not disclose them. */
const chat_expression_t *chat_expression_parse_boolean(const char **perror, cmd_parms *cmd,
                                                       const char *text);

/** Evaluate a boolean expression: false if it is NULL, or fails (logged). */
int chat_expression_is_true(const chat_expression_t *expression, request_rec *r);

/** Evaluate a string expression: NULL if `expression` is NULL, if it fails (logged), or if the
 * result is empty or not valid UTF-8. */
const char *chat_expression_evaluate(const chat_expression_t *expression, request_rec *r);

/** The same for claims and attributes of a person: a result that is not valid UTF-8 is read as
 * Latin-1, the default encoding in which mod_auth_openidc passes claims. */
const char *chat_expression_evaluate_claim(const chat_expression_t *expression, request_rec *r);
#endif
