/**
 * @file chat_retention_config.h
 * ChatRetention: for how long messages are kept, in all churches and in some.
 *
 * Filled while httpd reads its configuration, in the pool of the configuration; read-only
 * afterwards, by any thread.
 */
#ifndef MOD_CHAT_CHAT_RETENTION_CONFIG_H
#define MOD_CHAT_CHAT_RETENTION_CONFIG_H
#include <httpd.h>

#include <http_config.h>

#include "store/chat_store_records.h"

typedef struct chat_retention_config_t chat_retention_config_t;

/** ChatRetention <n>d|<n>w|<n>y|off [church=<id>]; NULL, or an error. */
const char *chat_retention_config_add(cmd_parms *cmd, void *dummy, const char *period,
                                      const char *church);

/** The periods of a server: of nothing, if ChatRetention is not set (NULL). The text is in `p`. */
void chat_retention_config_read(chat_retention_periods_t *periods,
                                const chat_retention_config_t *config, apr_pool_t *p);

/** Whether these periods ever delete anything. */
int chat_retention_config_deletes(const chat_retention_config_t *config);
#endif
