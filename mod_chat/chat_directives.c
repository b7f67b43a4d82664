#include "chat_directives.h"

#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

#include "core/chat_config.h"
#include "core/chat_log.h"
#include "core/chat_number.h"
#include "http/chat_profile.h"

void *chat_directives_create_config(apr_pool_t *p, server_rec *s)
{
    chat_config_t *config = apr_pcalloc(p, sizeof *config);

    (void)s;
    config->database_wait_ms = -1;
    return config;
}

void *chat_directives_merge_config(apr_pool_t *p, void *base_, void *over_)
{
    const chat_config_t *base = base_;
    const chat_config_t *over = over_;
    chat_config_t *config = apr_pmemdup(p, over, sizeof *over);

    if (!over->roots)
        config->roots = base->roots;
    if (!over->user_name)
        config->user_name = base->user_name;
    if (!over->user_email)
        config->user_email = base->user_email;
    if (!over->user_avatar)
        config->user_avatar = base->user_avatar;
    if (!over->body_bytes_max)
        config->body_bytes_max = base->body_bytes_max;
    if (!over->content_chars_max)
        config->content_chars_max = base->content_chars_max;
    if (over->database_wait_ms < 0)
        config->database_wait_ms = base->database_wait_ms;
    return config;
}

static chat_config_t *config_of(const cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &chat_module);
}

/* "/api" as it is compared: from the first slash to before the last; "" for "/". */
static const char *normal_root(const char **proot, apr_pool_t *p, const char *text)
{
    apr_size_t bytes = strlen(text);

    if (text[0] != '/')
        return apr_psprintf(p, "\"%s\" must begin with a slash", text);
    if (strpbrk(text, "?#%\\ ") || strstr(text, "//") || strstr(text, "/./") ||
        strstr(text, "/../"))
        return apr_psprintf(p, "\"%s\" must be a plain path, without query or escapes", text);
    if (text[bytes - 1] == '/')
        bytes--;
    *proot = apr_pstrmemdup(p, text, bytes);
    return NULL;
}

static const char *set_root(cmd_parms *cmd, void *dummy, int argc, char *const argv[])
{
    chat_config_t *config = config_of(cmd);
    int i;

    (void)dummy;
    if (argc == 0)
        return "ChatRoot needs one path or more, or none";
    config->roots = apr_array_make(cmd->pool, argc, sizeof(const char *));
    if (argc == 1 && strcasecmp(argv[0], "none") == 0)
        return NULL;
    for (i = 0; i < argc; i++) {
        const char *error =
            normal_root(&APR_ARRAY_PUSH(config->roots, const char *), cmd->pool, argv[i]);

        if (error)
            return apr_pstrcat(cmd->pool, "ChatRoot: ", error, NULL);
    }
    return NULL;
}

static const char *set_expression(cmd_parms *cmd, void *dummy, const char *text)
{
    const struct chat_profile_source_t **psource =
        (const struct chat_profile_source_t **)(void *)((char *)config_of(cmd) +
                                                        (apr_size_t)cmd->info);
    const char *error = NULL;

    (void)dummy;
    *psource = chat_profile_parse(&error, cmd, text);
    return error ? apr_psprintf(cmd->pool, "%s: the expression cannot be read: %s", cmd->cmd->name,
                                error)
                 : NULL;
}

static const char *read_number(apr_int64_t *pnumber, cmd_parms *cmd, const char *text,
                               apr_int64_t min, apr_int64_t max)
{
    if (chat_number_read(pnumber, text) != APR_SUCCESS || *pnumber < min || *pnumber > max)
        return apr_psprintf(
            cmd->pool, "%s must be a whole number from %" APR_INT64_T_FMT " to %" APR_INT64_T_FMT,
            cmd->cmd->name, min, max);
    return NULL;
}

static const char *set_max_body(cmd_parms *cmd, void *dummy, const char *text)
{
    apr_int64_t bytes;
    const char *error = read_number(&bytes, cmd, text, CHAT_BODY_BYTES_MIN, CHAT_BODY_BYTES_MAX);

    (void)dummy;
    if (!error)
        config_of(cmd)->body_bytes_max = (apr_size_t)bytes;
    return error;
}

static const char *set_max_message(cmd_parms *cmd, void *dummy, const char *text)
{
    apr_int64_t chars;
    const char *error = read_number(&chars, cmd, text, 1, CHAT_CONTENT_CHARS_MAX);

    (void)dummy;
    if (!error)
        config_of(cmd)->content_chars_max = (apr_size_t)chars;
    return error;
}

static const char *set_database_wait(cmd_parms *cmd, void *dummy, const char *text)
{
    apr_int64_t wait_ms;
    const char *error = read_number(&wait_ms, cmd, text, 0, CHAT_DATABASE_WAIT_MS_MAX);

    (void)dummy;
    if (!error)
        config_of(cmd)->database_wait_ms = (int)wait_ms;
    return error;
}

#define FIELD(name) ((void *)offsetof(chat_config_t, name))

const command_rec chat_directives_commands[] = {
    AP_INIT_TAKE_ARGV("ChatRoot", set_root, NULL, RSRC_CONF,
                      "the paths under which the chat answers, or none (default /api)"),
    AP_INIT_TAKE1("ChatUserName", set_expression, FIELD(user_name), RSRC_CONF,
                  "an expression for the user's display name"),
    AP_INIT_TAKE1("ChatUserEmail", set_expression, FIELD(user_email), RSRC_CONF,
                  "an expression for the user's mail address"),
    AP_INIT_TAKE1("ChatUserAvatar", set_expression, FIELD(user_avatar), RSRC_CONF,
                  "an expression for the address of the user's picture"),
    AP_INIT_TAKE1("ChatMaxBody", set_max_body, NULL, RSRC_CONF,
                  "the most bytes that the body of a request may have (default 65536)"),
    AP_INIT_TAKE1("ChatMaxMessage", set_max_message, NULL, RSRC_CONF,
                  "the most characters that a message may have (default 1000)"),
    AP_INIT_TAKE1("ChatDatabaseWait", set_database_wait, NULL, RSRC_CONF,
                  "how many milliseconds a request may wait for a connection (default 1000)"),
    {.name = NULL}};
