#include "live/chat_room.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <apr_strings.h>

#include <ap_mpm.h>
#include <http_config.h>
#include <http_core.h>

#include "core/chat_config.h"
#include "core/chat_log.h"
#include "live/chat_quota.h"
#include "store/chat_conftree.h"

#define OTHER_FILES 256         /* that a child opens: logs, the database, plain connections */
#define WORKER_FACTOR_DEFAULT 2 /* of AsyncRequestWorkerFactor */
#define WORKER_FACTOR_MAX 100000
#define SOCKETS_DEFAULT_MAX 10000 /* in a child, where nothing is configured */
#define SHARE_OF_DEFAULT 2        /* half of the connections of a child */
#define SHARE_FOR_HTTP 4          /* a quarter of them, whatever is configured */
#define USER_SHARE 4              /* a quarter of all sockets ... */
#define USER_MIN 5                /* ... but at least */
#define USER_MAX 50               /* ... and at most */
#define ADDRESS_SHARE 2           /* half of all sockets: many people may share one */

/* What the MPM takes. */
typedef struct capacity_t {
    int threads;     /* of a child */
    int factor;      /* AsyncRequestWorkerFactor */
    int children;    /* at most */
    int connections; /* of a child whose threads are idle: those of plain HTTP, too */
} capacity_t;

/* As the MPM reads it. It multiplies by the whole part. */
static void read_factor(ap_directive_t *directive, void *data)
{
    double factor = strtod(directive->args, NULL);
    int *pfactor = data;

    *pfactor = factor > WORKER_FACTOR_MAX ? WORKER_FACTOR_MAX : factor > 0 ? (int)factor : 0;
}

static void read_capacity(capacity_t *capacity)
{
    capacity->threads = capacity->children = 1;
    capacity->factor = WORKER_FACTOR_DEFAULT;
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &capacity->threads);
    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &capacity->children);
    chat_conftree_walk("AsyncRequestWorkerFactor", read_factor, &capacity->factor);
    capacity->connections = capacity->threads * (1 + capacity->factor);
}

/* The most that may be configured. */
static int sockets_that_fit(const capacity_t *capacity)
{
    return capacity->connections - capacity->connections / SHARE_FOR_HTTP;
}

static int files_of_child(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > APR_INT32_MAX)
        return APR_INT32_MAX;
    return (int)limit.rlim_cur;
}

static int min_of(int one, int other)
{
    return one < other ? one : other;
}

static int max_of(int one, int other)
{
    return one > other ? one : other;
}

static int default_sockets(const capacity_t *capacity)
{
    int sockets = min_of(SOCKETS_DEFAULT_MAX, capacity->connections / SHARE_OF_DEFAULT);

    return max_of(1, min_of(sockets, files_of_child() - OTHER_FILES));
}

static void warn_of_little_room(const chat_config_t *config, const capacity_t *capacity,
                                server_rec *s)
{
    if (config->sockets_max > sockets_that_fit(capacity))
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "ChatWebSocketMax %d leaves plain HTTP no room, as a child takes %d "
                     "connections in all (ThreadsPerChild %d, AsyncRequestWorkerFactor %d): %d is "
                     "used; raise AsyncRequestWorkerFactor, or lower ChatWebSocketMax",
                     config->sockets_max, capacity->connections, capacity->threads,
                     capacity->factor, sockets_that_fit(capacity));
    if (config->sockets_max > 0 && files_of_child() - OTHER_FILES < config->sockets_max)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "a child may open %d files, too few for %d WebSockets: raise the limit "
                     "(LimitNOFILE= in the service, or ulimit -n), or lower ChatWebSocketMax",
                     files_of_child(), config->sockets_max);
}

/* ---- HTTP/2 ---- */

static const char taken_back[] = "off";

/* Without ChatRoot a server has the default one, a virtual host that of the main server. */
static int has_chat(const ap_directive_t *host)
{
    const char *root = chat_conftree_args_in(host, "ChatRoot");

    if (!root && host)
        root = chat_conftree_args_in(NULL, "ChatRoot");
    return !root || strcasecmp(root, "none") != 0;
}

static void note_chat(ap_directive_t *host, void *data)
{
    int *phas_chat = data;

    *phas_chat |= has_chat(host);
}

/* What is set outside of all virtual hosts is theirs, too. */
static int has_chat_anywhere(void)
{
    int has = has_chat(NULL);

    chat_conftree_walk("<VirtualHost", note_chat, &has);
    return has;
}

static void take_back(ap_directive_t *directive, void *data)
{
    const ap_directive_t *host = chat_conftree_host_of(directive);

    (void)data;
    if (strcasecmp(directive->args, "on") == 0 && (host ? has_chat(host) : has_chat_anywhere()))
        directive->args = taken_back;
}

/*
 * mod_http2 serves each stream on a connection of its own, which a worker has as long as it lasts;
 * a WebSocket there would take a thread each. And what it offers, browsers use: whether it works
 * they see when it does not, and a program may not try HTTP/1.1 then. So it is not offered.
 */
void chat_room_pre_config(void)
{
    chat_conftree_walk("H2WebSockets", take_back, NULL);
}

static void warn_of_http2(ap_directive_t *directive, void *data)
{
    server_rec *s = data;

    if (directive->args == taken_back)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "H2WebSockets on (%s, line %d) is taken as off: the chat's WebSockets need "
                     "HTTP/1.1, which browsers use for them when they are not offered over HTTP/2",
                     directive->filename, directive->line_num);
}

/* ---- start ---- */

void chat_room_check_config(server_rec *main_server)
{
    const chat_config_t *config = ap_get_module_config(main_server->module_config, &chat_module);
    capacity_t capacity;

    read_capacity(&capacity);
    warn_of_little_room(config, &capacity, main_server);
    chat_conftree_walk("H2WebSockets", warn_of_http2, main_server);
}

/* In all children. */
static int all_sockets(const chat_config_t *config, const capacity_t *capacity)
{
    apr_int64_t all = (apr_int64_t)config->sockets_max * capacity->children;

    return all > APR_INT32_MAX ? APR_INT32_MAX : (int)all;
}

static void decide(chat_config_t *config, const capacity_t *capacity)
{
    int all;

    if (config->sockets_max < 0)
        config->sockets_max = default_sockets(capacity);
    config->sockets_max = min_of(config->sockets_max, sockets_that_fit(capacity));
    all = all_sockets(config, capacity);
    if (config->sockets_per_user_max < 0)
        config->sockets_per_user_max = min_of(USER_MAX, max_of(USER_MIN, all / USER_SHARE));
    if (config->sockets_per_address_max < 0)
        config->sockets_per_address_max = max_of(USER_MIN, all / ADDRESS_SHARE);
}

static const char *limit_text(int limit, apr_pool_t *p)
{
    return limit ? apr_itoa(p, limit) : "any number";
}

static void say(const chat_config_t *config, const capacity_t *capacity, server_rec *s,
                apr_pool_t *p)
{
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                 "WebSockets: at most %d in each child (%d in all; of one user %s, of one address "
                 "%s), as a child takes %d connections (ThreadsPerChild %d, "
                 "AsyncRequestWorkerFactor %d) and may open %d files",
                 config->sockets_max, all_sockets(config, capacity),
                 limit_text(config->sockets_per_user_max, p),
                 limit_text(config->sockets_per_address_max, p), capacity->connections,
                 capacity->threads, capacity->factor, files_of_child());
}

apr_status_t chat_room_post_config(server_rec *main_server, apr_pool_t *pconf)
{
    chat_config_t *config = ap_get_module_config(main_server->module_config, &chat_module);
    int is_told = ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG;
    capacity_t capacity;

    read_capacity(&capacity);
    decide(config, &capacity);
    if (is_told)
        say(config, &capacity, main_server, pconf);
    return chat_quota_create(config->sockets_max, pconf);
}
