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

const char *chat_conftree_args(const char *name)
{
    return find(ap_conftree, name);
}
