#include "chat_startup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <apr_strings.h>

#include <ap_mpm.h>
#include <http_config.h>
#include <http_core.h>

#include "api/chat_api_health.h"
#include "cache/chat_response_cache.h"
#include "cache/chat_typing_marks.h"
#include "core/chat_config.h"
#include "core/chat_hash.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "guard/chat_guard.h"
#include "guard/chat_signed.h"
#include "guard/chat_user_case.h"
#include "live/chat_live.h"
#include "live/chat_quota.h"
#include "store/chat_conftree.h"
#include "store/chat_db.h"
#include "store/chat_db_check.h"

/* Another layout of what is kept takes another number: an upgraded module may meet it. */
#define RETAINED_KEY "mod_chat:startup:5"
#define SECRET_BYTES 32
#define CHILDREN_DEFAULT 16 /* where the MPM does not tell how many there can be */

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

/* Kept from start to stop, also when a graceful restart loads the module anew; so it holds no
 * pointer into the module. */
typedef struct retained_t {
    int is_complete;
    void *metrics;
    chat_throttle_t *throttle;
    chat_throttle_t *repeats; /* a table of its own: messages are many, and must not crowd limits */
    unsigned char secret[SECRET_BYTES]; /* for servers without ChatSecret */
} retained_t;

/* ---- capacity ---- */

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
static void take_back_http2(void)
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

static void warn_of_capacity(server_rec *main_server)
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

static apr_status_t decide_capacity(server_rec *main_server, apr_pool_t *pconf)
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

/* ---- memory and secrets ---- */

/* The places of a graceful restart are taken twice until the old children have ended. */
static apr_status_t create_metrics(void **pmetrics, apr_pool_t *process_pool)
{
    int children = 0;

    if (ap_mpm_query(AP_MPMQ_HARD_LIMIT_DAEMONS, &children) != APR_SUCCESS || children < 1)
        children = CHILDREN_DEFAULT;
    return chat_metrics_create(pmetrics, 2 * children, process_pool);
}

static apr_status_t retain(retained_t **pretained, apr_pool_t *process_pool)
{
    retained_t *retained = ap_retained_data_get(RETAINED_KEY);
    apr_status_t rv;

    if (!retained)
        retained = ap_retained_data_create(RETAINED_KEY, sizeof *retained);
    *pretained = retained;
    if (retained->is_complete)
        return APR_SUCCESS;
    rv = create_metrics(&retained->metrics, process_pool);
    if (rv == APR_SUCCESS)
        rv = chat_throttle_create(&retained->throttle, CHAT_THROTTLE_SLOTS_DEFAULT, process_pool);
    if (rv == APR_SUCCESS)
        rv = chat_throttle_create(&retained->repeats, CHAT_THROTTLE_SLOTS_DEFAULT, process_pool);
    if (rv == APR_SUCCESS)
        rv = apr_generate_random_bytes(retained->secret, sizeof retained->secret);
    retained->is_complete = rv == APR_SUCCESS;
    return rv;
}

/* Without ChatSecret tokens end with this server's next stop, and only it knows them. */
static apr_status_t give_secrets(int *phas_secret, server_rec *main_server,
                                 const retained_t *retained, apr_pool_t *pconf)
{
    const chat_config_t *main_config =
        ap_get_module_config(main_server->module_config, &chat_module);
    chat_secrets_t *generated = NULL;
    server_rec *s;

    *phas_secret = main_config->secrets != NULL;
    for (s = main_server; s; s = s->next) {
        chat_config_t *config = ap_get_module_config(s->module_config, &chat_module);

        if (config->secrets)
            continue;
        if (!generated)
            generated = chat_signed_from_bytes(retained->secret, sizeof retained->secret, pconf);
        if (!generated)
            return APR_EGENERAL;
        config->secrets = generated;
    }
    if (generated && ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG)
        ap_log_error(
            APLOG_MARK, APLOG_INFO, 0, main_server,
            "no ChatSecret for some server: a random one is used until the next stop; "
            "set one (see mods-available/chat.conf) for several hosts and for restarts that pages "
            "do not notice");
    return APR_SUCCESS;
}

static apr_status_t make_memory(int *phas_secret, server_rec *main_server, apr_pool_t *pconf)
{
    retained_t *retained;
    apr_status_t rv = retain(&retained, main_server->process->pool);

    if (rv == APR_SUCCESS)
        rv = give_secrets(phas_secret, main_server, retained, pconf);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, main_server,
                     "shared memory or secrets for the guards could not be made");
        return rv;
    }
    chat_metrics_use(retained->metrics);
    chat_guard_use(retained->throttle, retained->repeats);
    return APR_SUCCESS;
}

/* From the main server's ChatSecret, or for this host until it stops. */
static const chat_mac_t *derive(server_rec *main_server, const char *purpose, apr_pool_t *p)
{
    const chat_config_t *config = ap_get_module_config(main_server->module_config, &chat_module);

    return chat_signed_derive(config->secrets, purpose, p);
}

/* What is told apart, or given again, by a key. */
static apr_status_t use_keys(int has_secret, apr_pool_t *pconf, server_rec *s)
{
    const chat_mac_t *tags = derive(s, "ETag", pconf);
    apr_status_t rv = tags ? APR_SUCCESS : APR_ENOMEM;

    if (rv == APR_SUCCESS)
        rv = chat_hash_use(has_secret ? tags : NULL);
    if (rv == APR_SUCCESS)
        rv = chat_response_cache_post_config(s, derive(s, "ChatCache", pconf), has_secret, pconf);
    return rv;
}

/* ---- hooks ---- */

int chat_startup_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    take_back_http2();
    return chat_typing_marks_pre_config(pconf) == APR_SUCCESS &&
                   chat_response_cache_pre_config(pconf) == APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

static int is_async(void)
{
    int is_async = 0;

    return ap_mpm_query(AP_MPMQ_IS_ASYNC, &is_async) == APR_SUCCESS && is_async;
}

/* What is not wrong enough to refuse it. */
static void warn(server_rec *s)
{
    if (is_async())
        warn_of_capacity(s);
    else
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "mod_chat is made for the event MPM, and this server runs %s, where it has no "
                     "WebSockets: a2dismod that one and a2enmod mpm_event",
                     ap_show_mpm());
}

/* What it cannot do without. */
static int is_complete(server_rec *s, apr_pool_t *ptemp)
{
    return chat_db_check_config(s, ptemp) == APR_SUCCESS &&
           chat_typing_marks_check_config(s) == APR_SUCCESS;
}

/* Also at configtest, where warnings belong here. At a start they wait for post_config: httpd has
 * detached itself from the terminal by then, and between that and opening its log nothing that is
 * logged is seen by anybody. What is missing is said on the terminal, and once more by post_config,
 * which refuses the start: else the error log would not have it. */
int chat_startup_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    int is_test = ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST;

    (void)pconf;
    (void)plog;
    if (is_test)
        warn(s);
    if (!is_test && ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK; /* post_config has its log */
    return is_complete(s, ptemp) || !is_test ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

int chat_startup_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    int has_secret;

    (void)plog;
    if (!is_complete(s, ptemp))
        return HTTP_INTERNAL_SERVER_ERROR;
    if (chat_typing_marks_post_config(s, pconf, ptemp) != APR_SUCCESS ||
        make_memory(&has_secret, s, pconf) != APR_SUCCESS ||
        use_keys(has_secret, pconf, s) != APR_SUCCESS)
        return HTTP_INTERNAL_SERVER_ERROR;
    chat_user_case_post_config(s, ptemp);
    if (chat_api_health_post_config(s, pconf) != APR_SUCCESS)
        return HTTP_INTERNAL_SERVER_ERROR;
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG)
        warn(s);
    if (is_async() && decide_capacity(s, pconf) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     "shared memory for counting WebSockets could not be made");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

void chat_startup_child_init(apr_pool_t *pchild, server_rec *s)
{
    if (chat_metrics_claim_slot(pchild) != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "more children at once than were foreseen: metrics do without this one");
    chat_db_child_init(s, pchild);
    chat_db_check_child_init(s, pchild);
    chat_typing_marks_child_init(s, pchild);
    chat_response_cache_child_init(s, pchild);
    if (is_async())
        chat_live_child_init(s, pchild);
}
