/**
 * @file chat_directive.h
 * What functions of directives share: where they write to, and their errors.
 *
 * Ownership: cmd->pool. Threads: while httpd reads its configuration.
 */
#ifndef MOD_CHAT_CHAT_DIRECTIVE_H
#define MOD_CHAT_CHAT_DIRECTIVE_H
#include <httpd.h>

#include <http_config.h>

#include "core/chat_config.h"

/** Of the server or virtual host that the directive is in. */
chat_config_t *chat_directive_config(const cmd_parms *cmd);

/** An error with the name of the directive before it; NULL: none. */
const char *chat_directive_error(const cmd_parms *cmd, const char *error);

/** The same for what chat_expression_parse() says. */
const char *chat_directive_expression_error(const cmd_parms *cmd, const char *error);

/** "file:" and a path, below the ServerRoot or absolute. NULL, or an error, in which `content` says
 *  what the file is to contain. */
const char *chat_directive_read_path(const char **ppath, const cmd_parms *cmd, const char *text,
                                     const char *content);

/** A field that is not set in `config` is as in the server around. */
#define CHAT_DIRECTIVE_INHERIT(config, base, field, unset)                                         \
    do {                                                                                           \
        if ((config)->field == (unset))                                                            \
            (config)->field = (base)->field;                                                       \
    } while (0)
#endif
