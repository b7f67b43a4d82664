#include "guard/chat_guard_config.h"

#include <string.h>

#include <apr_strings.h>

#include "guard/chat_csrf.h"
#include "guard/chat_rate_table.h"
#include "guard/chat_spam.h"
#include "guard/chat_token.h"
#include "http/chat_directive.h"
#include "http/chat_expression.h"

void chat_guard_config_merge(chat_config_t *config, const chat_config_t *base)
{
    int action;

    CHAT_DIRECTIVE_INHERIT(config, base, csrf_mode, CHAT_CSRF_UNSET);
    if (!config->csrf_cookie) {
        config->csrf_cookie = base->csrf_cookie;
        config->csrf_old_cookie = base->csrf_old_cookie;
    }
    CHAT_DIRECTIVE_INHERIT(config, base, trusted_origins, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, secrets, NULL);
    for (action = 0; action < CHAT_ACTIONS_MAX; action++)
        CHAT_DIRECTIVE_INHERIT(config, base, limits[action], NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, limits_mode, CHAT_LIMITS_UNSET);
    CHAT_DIRECTIVE_INHERIT(config, base, spam_rules, NULL);
    if (!config->spam_repeat) {
        config->spam_repeat = base->spam_repeat;
        config->spam_repeat_action = base->spam_repeat_action;
    }
}

static const char *check_cookie_name(const cmd_parms *cmd, const char *name)
{
    const char *error = chat_csrf_cookie_name_error(name);

    return error ? apr_psprintf(cmd->pool, "the name \"%s\" %s", name, error) : NULL;
}

const char *chat_guard_config_set_cookie(cmd_parms *cmd, void *dummy, const char *name,
                                         const char *old_name)
{
    const char *error = check_cookie_name(cmd, name);

    (void)dummy;
    if (!error && old_name)
        error = strcmp(name, old_name) == 0 ? "the two names must differ"
                                            : check_cookie_name(cmd, old_name);
    if (error)
        return chat_directive_error(cmd, error);
    chat_directive_config(cmd)->csrf_cookie = name;
    chat_directive_config(cmd)->csrf_old_cookie = old_name;
    return NULL;
}

const char *chat_guard_config_set_secret(cmd_parms *cmd, void *dummy, const char *text)
{
    const char *path;
    const char *error = chat_directive_read_path(&path, cmd, text, "one secret per line");

    (void)dummy;
    if (error)
        return error;
    chat_token_load(&chat_directive_config(cmd)->secrets, &error, path, cmd->pool);
    return chat_directive_error(cmd, error);
}

const char *chat_guard_config_add_origin(cmd_parms *cmd, void *dummy, const char *text)
{
    chat_config_t *config = chat_directive_config(cmd);
    const char *origin = chat_csrf_normal_origin(text, cmd->pool);

    (void)dummy;
    if (!origin)
        return apr_psprintf(cmd->pool,
                            "ChatTrustedOrigin: \"%s\" is not an origin such as "
                            "https://www.example.org or https://www.example.org:8443",
                            text);
    if (!config->trusted_origins)
        config->trusted_origins = apr_array_make(cmd->pool, 4, sizeof(const char *));
    APR_ARRAY_PUSH(config->trusted_origins, const char *) = origin;
    return NULL;
}

const char *chat_guard_config_add_limit(cmd_parms *cmd, void *dummy, int argc, char *const argv[])
{
    chat_rate_limit_t *limit = apr_pcalloc(cmd->pool, sizeof *limit);
    chat_configured_limit_t *line;
    apr_array_header_t **plines;
    const char *error = chat_rate_limit_parse(limit, argc, (const char *const *)argv, cmd->pool);

    (void)dummy;
    if (error)
        return chat_directive_error(cmd, error);
    plines = &chat_directive_config(cmd)->limits[limit->action];
    if (!*plines)
        *plines = apr_array_make(cmd->pool, 2, sizeof *line);
    if ((*plines)->nelts == CHAT_RATE_TABLE_STACK_MAX)
        return apr_psprintf(
            cmd->pool,
            "ChatRateLimit: %s has " APR_STRINGIFY(CHAT_RATE_TABLE_STACK_MAX) " lines already",
            limit->name);
    line = apr_array_push(*plines);
    line->limit = limit;
    line->key = limit->key_text ? chat_expression_parse(&error, cmd, limit->key_text) : NULL;
    if ((*plines)->nelts > 1)
        limit->name = apr_psprintf(cmd->pool, "%s-%d", limit->name, (*plines)->nelts);
    return error ? apr_pstrcat(cmd->pool, "ChatRateLimit: key: ", error, NULL) : NULL;
}

static chat_spam_rules_t *spam_rules_of(const cmd_parms *cmd)
{
    chat_config_t *config = chat_directive_config(cmd);

    if (!config->spam_rules)
        config->spam_rules = chat_spam_create(cmd->pool);
    return config->spam_rules;
}

const char *chat_guard_config_add_spam_pattern(cmd_parms *cmd, void *dummy, const char *pattern,
                                               const char *action)
{
    const char *error = chat_spam_add_pattern(spam_rules_of(cmd), pattern, action, cmd->pool);

    (void)dummy;
    return chat_directive_error(cmd, error);
}

const char *chat_guard_config_set_spam_links(cmd_parms *cmd, void *dummy, const char *count,
                                             const char *action)
{
    const char *error = chat_spam_set_links(spam_rules_of(cmd), count, action, cmd->pool);

    (void)dummy;
    return chat_directive_error(cmd, error);
}

const char *chat_guard_config_set_spam_repeat(cmd_parms *cmd, void *dummy, const char *rate,
                                              const char *action)
{
    const char *const words[] = {"send", rate, "key=repeat"}; /* not counted together with send */
    chat_config_t *config = chat_directive_config(cmd);
    chat_rate_limit_t *limit = apr_pcalloc(cmd->pool, sizeof *limit);
    chat_spam_action_t spam_action;
    const char *error = chat_rate_limit_parse(limit, CHAT_COUNT(words), words, cmd->pool);

    (void)dummy;
    if (!error)
        error = chat_spam_read_action(&spam_action, action);
    if (error)
        return chat_directive_error(cmd, error);
    config->spam_repeat = limit;
    config->spam_repeat_action = spam_action;
    return NULL;
}
