#include "ws/chat_ws_lifecycle.h"

#include <http_config.h>

#include "core/chat_config.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "realtime/chat_feed.h"
#include "ws/chat_loop.h"
#include "ws/chat_quota.h"
#include "ws/chat_registry.h"
#include "ws/chat_ws_command.h"

/* Threads that post tasks end before the event loop that runs them, and all of them before httpd's
 * pools. The feeds' descriptors are closed last: the event loop signals them to its end. */
static apr_status_t join(void *data)
{
    (void)data;
    chat_loop_stop();
    chat_ws_command_join();
    chat_feed_join_all();
    chat_loop_join();
    chat_feed_close_all();
    return APR_SUCCESS;
}

void chat_ws_lifecycle_child_init(server_rec *s, apr_pool_t *pchild)
{
    const chat_config_t *config = ap_get_module_config(s->module_config, &chat_module);
    apr_status_t rv = chat_registry_child_init(s, pchild);

    if (rv == APR_SUCCESS)
        rv = chat_ws_command_child_init(pchild);
    if (rv == APR_SUCCESS)
        rv = chat_quota_child_init(pchild);
    if (rv == APR_SUCCESS)
        rv = chat_loop_start(config->sockets_max, chat_config_heartbeat(config), pchild);
    if (rv == APR_SUCCESS)
        rv = chat_feed_child_init(pchild);
    apr_pool_pre_cleanup_register(pchild, NULL, join);
    chat_metrics_gauge_set(rv == APR_SUCCESS ? CHAT_GAUGE_LOOPS : CHAT_GAUGE_LOOPS_FAILED, 1);
    if (rv != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, s,
                     "the threads for WebSockets could not be started: handshakes are refused");
}
