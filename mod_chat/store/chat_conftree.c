#include "store/chat_conftree.h"

#include <string.h>

#include <httpd.h>

#include <http_config.h>

static const char *find(const ap_directive_t *node, const char *name)
{
    for (; node; node = node->next) {
        const char *args;

        if (strcasecmp(node->directive, name) == 0)
            return node->args;
        args = find(node->first_child, name);
        if (args)
            return args;
    }
    return NULL;
}

static void each(const ap_directive_t *node, const char *name, chat_conftree_visit_t *visit,
                 void *data)
{
    for (; node; node = node->next) {
        if (strcasecmp(node->directive, name) == 0)
            visit(data, node->args);
        each(node->first_child, name, visit, data);
    }
}

void chat_conftree_each(const char *name, chat_conftree_visit_t *visit, void *data)
{
    each(ap_conftree, name, visit, data);
}

const char *chat_conftree_args(const char *name)
{
    return find(ap_conftree, name);
}
