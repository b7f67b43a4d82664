#include "service/chat_notification_link.h"

#include <string.h>

#include <apr_strings.h>

#define PLACEHOLDER "{conversation_id}"

static const char *default_link(const chat_config_t *config, apr_pool_t *p)
{
    return apr_pstrcat(p, chat_config_first_root(config), "/conversations/" PLACEHOLDER "/", NULL);
}

const char *chat_notification_link(const chat_config_t *config, apr_int64_t conversation_id,
                                   apr_pool_t *p)
{
    const char *rest =
        config->notification_link ? config->notification_link : default_link(config, p);
    const char *id = apr_psprintf(p, "%" APR_INT64_T_FMT, conversation_id);
    const char *link = "";
    const char *at;

    while ((at = strstr(rest, PLACEHOLDER)) != NULL) {
        link = apr_pstrcat(p, link, apr_pstrmemdup(p, rest, (apr_size_t)(at - rest)), id, NULL);
        rest = at + sizeof PLACEHOLDER - 1;
    }
    return apr_pstrcat(p, link, rest, NULL);
}
