/**
 * @file chat_expression.h
 * Expressions of httpd (ap_expr) in directives: those that make a string from a request (claims,
 * headers, addresses), and those that are true or false.
 *
 * Ownership: parsed ones live in the configuration's pool, results in the request's.
 */
#ifndef MOD_CHAT_CHAT_EXPRESSION_H
#define MOD_CHAT_CHAT_EXPRESSION_H
#include <httpd.h>

#include <http_config.h>

typedef struct chat_expression_t chat_expression_t;

/** Parse what a directive holds; NULL and `*perror` filled when it is none. */
const chat_expression_t *chat_expression_parse(const char **perror, cmd_parms *cmd,
                                               const char *text);

/** The same for an expression that is true or false. Headers that it looks at are not added to
 * Vary, so that an answer does not name them. */
const chat_expression_t *chat_expression_parse_boolean(const char **perror, cmd_parms *cmd,
                                                       const char *text);

/** Whether a boolean expression is true for r; not when it is NULL, or fails (logged). */
int chat_expression_is_true(const chat_expression_t *expression, request_rec *r);

/** What it gives for r: NULL when it is not configured, fails (logged), or gives nothing, or no
 * UTF-8. */
const char *chat_expression_evaluate(const chat_expression_t *expression, request_rec *r);

/** Likewise, for what a directory or an identity provider says of a person: what is not UTF-8 is
 * taken for Latin-1, in which mod_auth_openidc passes claims unless told otherwise. */
const char *chat_expression_evaluate_claim(const chat_expression_t *expression, request_rec *r);
#endif
