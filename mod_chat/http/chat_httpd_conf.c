#include "http/chat_httpd_conf.h"

#include <string.h>

#include <apr_strings.h>

#include <httpd.h>

#include <http_config.h>

static void walk(ap_directive_t *node, const char *name, chat_httpd_conf_visit_t *visit, void *data)
{
    for (; node; node = node->next) {
        if (strcasecmp(node->directive, name) == 0)
            visit(node, data);
        walk(node->first_child, name, visit, data);
    }
}

void chat_httpd_conf_walk(const char *name, chat_httpd_conf_visit_t *visit, void *data)
{
    walk(ap_conftree, name, visit, data);
}

static void keep_first(ap_directive_t *directive, void *data)
{
    const char **pargs = data;

    if (!*pargs)
        *pargs = directive->args;
}

const char *chat_httpd_conf_args(const char *name)
{
    const char *args = NULL;

    walk(ap_conftree, name, keep_first, &args);
    return args;
}

const char *chat_httpd_conf_args_in(const ap_directive_t *section, const char *name)
{
    const ap_directive_t *node = section ? section->first_child : ap_conftree;
    const char *args = NULL;

    for (; node; node = node->next)
        if (strcasecmp(node->directive, name) == 0)
            args = node->args;
    return args;
}

const ap_directive_t *chat_httpd_conf_host_of(const ap_directive_t *directive)
{
    const ap_directive_t *node = directive->parent;

    while (node && strcasecmp(node->directive, "<VirtualHost") != 0)
        node = node->parent;
    return node;
}

/* The <VirtualHost> section of a server; NULL: the main server. */
static const ap_directive_t *section_of(const ap_directive_t *node, const server_rec *server)
{
    for (; node; node = node->next) {
        const ap_directive_t *found;

        if (server->defn_name && strcasecmp(node->directive, "<VirtualHost") == 0 &&
            node->line_num == (int)server->defn_line_number &&
            strcmp(node->filename, server->defn_name) == 0)
            return node;
        found = section_of(node->first_child, server);
        if (found)
            return found;
    }
    return NULL;
}

const char *chat_httpd_conf_args_of(const server_rec *server, const char *name)
{
    const ap_directive_t *section = server->is_virtual ? section_of(ap_conftree, server) : NULL;
    const char *args = section ? chat_httpd_conf_args_in(section, name) : NULL;

    return args ? args : chat_httpd_conf_args_in(NULL, name);
}

const char *chat_httpd_conf_name_of(const server_rec *s, apr_pool_t *p)
{
    return apr_psprintf(p, "%s (%s:%u)",
                        s->server_hostname ? s->server_hostname : "the main server",
                        s->defn_name ? s->defn_name : "-", s->defn_line_number);
}
