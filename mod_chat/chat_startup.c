#include "chat_startup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
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
#include "core/chat_media_type.h"
#include "core/chat_metrics.h"
#include "db/chat_db.h"
#include "db/chat_db_check.h"
#include "guard/chat_guard.h"
#include "guard/chat_token.h"
#include "guard/chat_user_case.h"
#include "guard/chat_user_tag.h"
#include "guard/chat_upload_slots.h"
#include "http/chat_httpd_conf.h"
#include "http/chat_upload_dir.h"
#include "notify/chat_indexer.h"
#include "notify/chat_recorder.h"
#include "notify/chat_mail_config.h"
#include "notify/chat_notifier.h"
#include "notify/chat_notifier_servers.h"
#include "notify/chat_sweeper.h"
#include "ws/chat_quota.h"
#include "ws/chat_ws_lifecycle.h"

/* Change the number with the layout, as the data survives an upgrade of the module. */
#define RETAINED_KEY "mod_chat:startup:8"
_Static_assert(CHAT_COUNTER_COUNT == 222 && CHAT_GAUGE_COUNT == 11,
               "the layout has changed: change the number in RETAINED_KEY, and these two");
#define SECRET_BYTES 32
#define CHILDREN_DEFAULT 16 /* if the MPM has no limit of children */

#define OTHER_FILES 256         /* open files besides WebSockets: logs, the database, plain HTTP */
#define WORKER_FACTOR_DEFAULT 2 /* of AsyncRequestWorkerFactor */
#define WORKER_FACTOR_MAX 100000
#define SOCKETS_DEFAULT_MAX 10000 /* the upper bound of "auto" in a child */
#define SHARE_OF_DEFAULT 2        /* half of the connections of a child */
#define SHARE_FOR_HTTP 4          /* at least a quarter of them is for plain HTTP */
#define USER_SHARE 4              /* a quarter of all sockets ... */
#define USER_MIN 5                /* ... but at least */
#define USER_MAX 50               /* ... and at most */
#define UPLOAD_SHARE 4            /* a quarter of the threads */
#define ADDRESS_SHARE 2           /* half of all sockets: many people may share one */

/* Retained until httpd stops. A graceful restart loads the module anew, so this must not contain
 * pointers into the module. */
typedef struct retained_t {
    int is_complete;
    void *metrics;
    chat_rate_table_t *throttle;
    chat_rate_table_t *repeats;         /* a separate table, as repeats need many more entries */
    unsigned char secret[SECRET_BYTES]; /* for servers without ChatSecret */
} retained_t;

/* ---- capacity ---- */

/* The limits of the MPM. */
typedef struct capacity_t {
    int threads;     /* of a child */
    int factor;      /* AsyncRequestWorkerFactor */
    int children;    /* at most */
    int connections; /* of a child with idle threads, including plain HTTP */
} capacity_t;

/* Like the MPM, which uses the integer part. */
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
    chat_httpd_conf_walk("AsyncRequestWorkerFactor", read_factor, &capacity->factor);
    capacity->connections = capacity->threads * (1 + capacity->factor);
}

/* The maximum, also of a configured number. */
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

static int default_sockets(const capacity_t *capacity)
{
    int sockets = MIN(SOCKETS_DEFAULT_MAX, capacity->connections / SHARE_OF_DEFAULT);

    return MAX(1, MIN(sockets, files_of_child() - OTHER_FILES));
}

static void warn_of_limits(const chat_config_t *config, const capacity_t *capacity, server_rec *s)
{
    if (config->sockets_max > sockets_that_fit(capacity))
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "ChatWebSocketMax %d leaves no connections for plain HTTP, as a child accepts "
                     "%d in total (ThreadsPerChild %d, AsyncRequestWorkerFactor %d): %d is used; "
                     "raise AsyncRequestWorkerFactor, or lower ChatWebSocketMax",
                     config->sockets_max, capacity->connections, capacity->threads,
                     capacity->factor, sockets_that_fit(capacity));
    if (config->sockets_max > 0 && files_of_child() - OTHER_FILES < config->sockets_max)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "a child may open %d files, which are too few for %d WebSockets: raise the "
                     "limit (LimitNOFILE= of the service, or ulimit -n), or lower ChatWebSocketMax",
                     files_of_child(), config->sockets_max);
}

/* ---- HTTP/2 ---- */

static const char switched_off[] = "off";

/* Without ChatRoot, a virtual host inherits that of the main server, whose default is /api. */
static int has_chat(const ap_directive_t *host)
{
    const char *root = chat_httpd_conf_args_in(host, "ChatRoot");

    if (!root && host)
        root = chat_httpd_conf_args_in(NULL, "ChatRoot");
    return !root || strcasecmp(root, "none") != 0;
}

static void note_chat(ap_directive_t *host, void *data)
{
    int *phas_chat = data;

    *phas_chat |= has_chat(host);
}

/* A setting of the main server is inherited by all virtual hosts. */
static int has_chat_anywhere(void)
{
    int has = has_chat(NULL);

    chat_httpd_conf_walk("<VirtualHost", note_chat, &has);
    return has;
}

/*
 * mod_http2 serves each stream with a worker thread until the stream ends, so each WebSocket over
 * HTTP/2 would occupy a thread. Browsers use it if it is offered, and clients may not fall back to
 * HTTP/1.1 after a refusal. So WebSockets over HTTP/2 must not be offered.
 */
static void switch_off(ap_directive_t *directive, void *data)
{
    const ap_directive_t *host = chat_httpd_conf_host_of(directive);

    (void)data;
    if (strcasecmp(directive->args, "on") == 0 && (host ? has_chat(host) : has_chat_anywhere()))
        directive->args = switched_off;
}

static void warn_of_http2(ap_directive_t *directive, void *data)
{
    server_rec *s = data;

    if (directive->args == switched_off)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "H2WebSockets on (%s, line %d) is ignored, as if it were off: the WebSockets "
                     "of the chat need HTTP/1.1, which browsers use unless HTTP/2 offers them",
                     directive->filename, directive->line_num);
}

static void warn_of_capacity(server_rec *main_server)
{
    const chat_config_t *config = ap_get_module_config(main_server->module_config, &chat_module);
    capacity_t capacity;

    read_capacity(&capacity);
    warn_of_limits(config, &capacity, main_server);
    chat_httpd_conf_walk("H2WebSockets", warn_of_http2, main_server);
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
    config->sockets_max = MIN(config->sockets_max, sockets_that_fit(capacity));
    all = all_sockets(config, capacity);
    if (config->sockets_per_user_max < 0)
        config->sockets_per_user_max = MIN(USER_MAX, MAX(USER_MIN, all / USER_SHARE));
    if (config->sockets_per_address_max < 0)
        config->sockets_per_address_max = MAX(USER_MIN, all / ADDRESS_SHARE);
}

static const char *limit_text(int limit, apr_pool_t *p)
{
    return limit ? apr_itoa(p, limit) : "no limit";
}

static void log_capacity(const chat_config_t *config, const capacity_t *capacity, server_rec *s,
                         apr_pool_t *p)
{
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                 "WebSockets: at most %d in each child (%d in total; per user: %s; per client "
                 "address: %s), as a child accepts %d connections (ThreadsPerChild %d, "
                 "AsyncRequestWorkerFactor %d) and may open %d files",
                 config->sockets_max, all_sockets(config, capacity),
                 limit_text(config->sockets_per_user_max, p),
                 limit_text(config->sockets_per_address_max, p), capacity->connections,
                 capacity->threads, capacity->factor, files_of_child());
}

static apr_status_t decide_capacity(server_rec *main_server, apr_pool_t *pconf)
{
    chat_config_t *config = ap_get_module_config(main_server->module_config, &chat_module);
    int is_logged = ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG;
    capacity_t capacity;

    read_capacity(&capacity);
    decide(config, &capacity);
    if (is_logged)
        log_capacity(config, &capacity, main_server, pconf);
    return chat_quota_create(config->sockets_max, pconf);
}

/* ---- memory and secrets ---- */

/* During a graceful restart, old and new children need slots at the same time. */
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
        rv = chat_rate_table_create(&retained->throttle, CHAT_RATE_TABLE_SLOTS_DEFAULT,
                                    process_pool);
    if (rv == APR_SUCCESS)
        rv =
            chat_rate_table_create(&retained->repeats, CHAT_RATE_TABLE_SLOTS_DEFAULT, process_pool);
    if (rv == APR_SUCCESS)
        rv = apr_generate_random_bytes(retained->secret, sizeof retained->secret);
    retained->is_complete = rv == APR_SUCCESS;
    return rv;
}

/* Without ChatSecret, tokens are valid until httpd stops, and on this host only. */
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
            generated = chat_token_from_bytes(retained->secret, sizeof retained->secret, pconf);
        if (!generated)
            return APR_EGENERAL;
        config->secrets = generated;
    }
    if (generated && ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG)
        ap_log_error(
            APLOG_MARK, APLOG_INFO, 0, main_server,
            "no ChatSecret for some server: a random one is used until httpd stops; set one (see "
            "mods-available/chat.conf) if there are several hosts, and to keep the CSRF tokens of "
            "open pages valid over a restart");
    return APR_SUCCESS;
}

static apr_status_t make_memory(int *phas_secret, server_rec *main_server, apr_pool_t *pconf)
{
    retained_t *retained;
    apr_status_t rv = retain(&retained, main_server->process->pool);

    if (rv == APR_SUCCESS)
        rv = give_secrets(phas_secret, main_server, retained, pconf);
    if (rv == APR_SUCCESS)
        rv = chat_user_tag_use(pconf);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, main_server,
                     "cannot create shared memory or secrets for metrics and rate limits");
        return rv;
    }
    chat_metrics_use(retained->metrics);
    chat_guard_use(retained->throttle, retained->repeats);
    return APR_SUCCESS;
}

/* A key for one purpose, from the main server's ChatSecret or the random secret. */
static const chat_mac_t *derive(server_rec *main_server, const char *purpose, apr_pool_t *p)
{
    const chat_config_t *config = ap_get_module_config(main_server->module_config, &chat_module);

    return chat_token_derive(config->secrets, purpose, p);
}

/* Set the keys of ETags and of the response cache. */
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
    chat_httpd_conf_walk("H2WebSockets", switch_off, NULL);
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

/* Log warnings, which do not prevent the start. */
static void warn(server_rec *s, apr_pool_t *ptemp)
{
    chat_notifier_servers_warn(s, ptemp);
    if (is_async())
        warn_of_capacity(s);
    else
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "WebSockets need the event MPM, and this server runs %s: disable that MPM "
                     "(a2dismod) and enable the event MPM (a2enmod mpm_event)",
                     ap_show_mpm());
}

/* Push services refuse messages without a contact. */
static int has_push_contact(server_rec *main_server)
{
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        const chat_config_t *config = ap_get_module_config(s->module_config, &chat_module);

        if (!config->push_key || config->push_contact)
            continue;
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     "ChatPushKey needs ChatPushContact, such as mailto:webmaster@example.org");
        return 0;
    }
    return 1;
}

/* One detector for all servers that accept files, whose memory the children share. */
static int open_detector(server_rec *main_server, apr_pool_t *pconf)
{
    chat_media_type_t *detector = NULL;
    const char *error = NULL;
    apr_status_t rv;
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        chat_config_t *config = ap_get_module_config(s->module_config, &chat_module);

        if (!chat_config_has_files(config))
            continue;
        rv = detector ? APR_SUCCESS : chat_media_type_open(&detector, &error, pconf);
        if (rv != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s, "ChatAttachmentDir: %s", error);
            return 0;
        }
        config->detector = detector;
    }
    return 1;
}

/* Log errors, which do. */
static int is_complete(server_rec *s, apr_pool_t *pconf, apr_pool_t *ptemp)
{
    return chat_db_check_config(s, ptemp) == APR_SUCCESS &&
           chat_typing_marks_check_config(s) == APR_SUCCESS && has_push_contact(s) &&
           chat_notifier_check_config(s, pconf) == APR_SUCCESS &&
           chat_indexer_check_config(s, ptemp) == APR_SUCCESS &&
           chat_recorder_check_config(s, ptemp) == APR_SUCCESS &&
           chat_upload_dir_check(s, ptemp) == APR_SUCCESS && open_detector(s, pconf);
}

/* At configtest, errors and warnings are printed here. At a start, only errors are: after that
 * httpd detaches from the terminal, and messages until it opens its log are lost. post_config
 * repeats the errors for the error log, prevents the start, and logs the warnings. */
int chat_startup_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    int is_test = ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST;

    (void)plog;
    if (is_test)
        warn(s, ptemp);
    if (!is_test && ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK; /* post_config logs them */
    return is_complete(s, pconf, ptemp) || !is_test ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

int chat_startup_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    int has_secret;

    (void)plog;
    if (!is_complete(s, pconf, ptemp))
        return HTTP_INTERNAL_SERVER_ERROR;
    if (chat_typing_marks_post_config(s, pconf, ptemp) != APR_SUCCESS ||
        make_memory(&has_secret, s, pconf) != APR_SUCCESS ||
        use_keys(has_secret, pconf, s) != APR_SUCCESS)
        return HTTP_INTERNAL_SERVER_ERROR;
    chat_mail_config_set_preferences(s);
    chat_notifier_post_config();
    chat_indexer_post_config(s, ptemp);
    chat_user_case_post_config(s, ptemp);
    if (chat_api_health_post_config(s, pconf) != APR_SUCCESS)
        return HTTP_INTERNAL_SERVER_ERROR;
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG)
        warn(s, ptemp);
    if (is_async() && decide_capacity(s, pconf) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     "cannot create shared memory for the number of WebSockets");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

/* A quarter of the threads, so that slow clients leave most of them to others. */
static void make_upload_slots(server_rec *main_server, apr_pool_t *pchild)
{
    const chat_config_t *config = ap_get_module_config(main_server->module_config, &chat_module);
    int max = config->uploads_max;
    int threads = 1;

    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    if (!max)
        max = MAX(1, threads / UPLOAD_SHARE);
    chat_upload_slots_child_init(max,
                                 config->uploads_per_user_max ? config->uploads_per_user_max
                                                              : CHAT_UPLOADS_PER_USER_DEFAULT,
                                 pchild);
}

void chat_startup_child_init(apr_pool_t *pchild, server_rec *s)
{
    if (chat_metrics_claim_slot(pchild) != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "no free metrics slot: this child is not counted (raise ServerLimit)");
    chat_db_child_init(s, pchild);
    chat_db_check_child_init(s, pchild);
    chat_typing_marks_child_init(s, pchild);
    chat_response_cache_child_init(s, pchild);
    make_upload_slots(s, pchild);
    if (is_async()) {
        chat_ws_lifecycle_child_init(s, pchild);
        chat_notifier_child_init(s, pchild);
    }
    chat_sweeper_child_init(s, pchild);
    chat_indexer_child_init(s, pchild);
    chat_recorder_child_init(s, pchild);
}
