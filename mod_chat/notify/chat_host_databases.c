#include "notify/chat_host_databases.h"

#include <string.h>

#include <http_config.h>

#include "core/chat_config.h"
#include "core/chat_log.h"
#include "db/chat_db.h"

const char *chat_host_database_of(const server_rec *s, apr_pool_t *p)
{
    const chat_config_t *config = ap_get_module_config(s->module_config, &chat_module);

    return chat_config_has_chat(config) ? chat_db_params_of(s, p) : NULL;
}

server_rec *chat_host_database_first(server_rec *main_server, const char *params, apr_pool_t *p)
{
    server_rec *s = main_server;
    const char *theirs = chat_host_database_of(s, p);

    while (!theirs || strcmp(theirs, params) != 0) {
        s = s->next;
        theirs = chat_host_database_of(s, p);
    }
    return s;
}
