#include "live/chat_room.h"

#include <sys/resource.h>

#include <ap_mpm.h>
#include <http_config.h>

#include "core/chat_config.h"
#include "core/chat_log.h"
#include "core/chat_number.h"
#include "store/chat_conftree.h"

#define OTHER_FILES 256         /* that a child opens: logs, the database, plain connections */
#define WORKER_FACTOR_DEFAULT 2 /* of AsyncRequestWorkerFactor */

/* How many connections a child takes while its threads are idle: those of plain HTTP, too. */
static apr_int64_t connections_of_child(void)
{
    const char *text = chat_conftree_args("AsyncRequestWorkerFactor");
    apr_int64_t factor = WORKER_FACTOR_DEFAULT;
    int threads = 0;

    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    if (text)
        chat_number_read(&factor, text); /* a fraction leaves the default: it is near enough */
    return threads * (1 + factor);
}

static apr_int64_t files_of_child(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return APR_INT64_MAX;
    return (apr_int64_t)limit.rlim_cur;
}

void chat_room_check(server_rec *main_server)
{
    const chat_config_t *config = ap_get_module_config(main_server->module_config, &chat_module);
    int level = config->sockets_max < 0 ? APLOG_INFO : APLOG_WARNING;
    int sockets = chat_config_sockets_max(config);
    apr_int64_t connections = connections_of_child();
    apr_int64_t files = files_of_child();

    if (sockets > 0 && files < sockets + OTHER_FILES)
        ap_log_error(APLOG_MARK, level, 0, main_server,
                     "a child may open %" APR_INT64_T_FMT
                     " files, too few for %d WebSockets: raise the limit (LimitNOFILE= in the "
                     "service, or ulimit -n), or lower ChatWebSocketMax",
                     files, sockets);
    if (sockets > connections)
        ap_log_error(APLOG_MARK, level, 0, main_server,
                     "a child takes %" APR_INT64_T_FMT
                     " connections at most, too few for %d WebSockets, and at its limit plain HTTP "
                     "waits, too: raise AsyncRequestWorkerFactor, or lower ChatWebSocketMax",
                     connections, sockets);
}
