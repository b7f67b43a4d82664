#include "notify/chat_indexer.h"

#include <string.h>

#include <apr_strings.h>

#include <http_config.h>

#include "core/chat_clock.h"
#include "core/chat_config.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "db/chat_db.h"
#include "http/chat_httpd_conf.h"
#include "notify/chat_host_databases.h"
#include "notify/chat_worker.h"
#include "store/chat_store_search_index.h"

#define POLL_US apr_time_from_sec(1)
#define NEXT_US apr_time_from_msec(40) /* between two parts: leave others some of the database */
#define AT_ONCE_MAX 256                /* messages that a statement takes */

/* For a database. */
typedef struct indexer_t {
    server_rec *server;
    const char *params;
    const char *config; /* ChatSearchConfig */
    int slot;
    int at_once; /* fewer after a failure, which may be a timeout */
    int was_building;
    /* The configuration that was found in use instead of ours; not in a pool, as that of a child is
     * for one thread with prefork. */
    char warned_of[CHAT_SEARCH_CONFIG_BYTES_MAX + 1];
} indexer_t;

static apr_time_t started_at; /* of httpd, also by a graceful restart: chat_clock.h */

static chat_config_t *config_of(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &chat_module);
}

/* ---- a turn ---- */

/* Once in a child, unless another host has another setting. */
static void warn_of_config(indexer_t *indexer, const chat_search_index_t *index)
{
    if (strcmp(index->outcome, "unknown_config") != 0 ||
        strcmp(indexer->warned_of, index->config) == 0)
        return;
    apr_cpystrn(indexer->warned_of, index->config, sizeof indexer->warned_of);
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, indexer->server,
                 "search: the database has no text search configuration \"%s\" "
                 "(ChatSearchConfig): messages are still searched with \"%s\"; see \\dF in psql",
                 indexer->config, index->config);
}

static void log_building(indexer_t *indexer, const chat_search_index_t *index)
{
    if (index->is_building != indexer->was_building)
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, indexer->server,
                     index->is_building
                         ? "search: the index is being built, with the configuration \"%s\"; "
                           "until then searches may not find everything"
                         : "search: the index is complete, with the configuration \"%s\"",
                     index->config);
    indexer->was_building = index->is_building;
}

static void note_lag(const indexer_t *indexer, apr_int64_t lag_ms)
{
    apr_time_t complete_at = chat_clock_now() - apr_time_from_msec(lag_ms);

    chat_metrics_claim(CHAT_COUNTER_INDEXED_AT + indexer->slot,
                       complete_at > 0 ? (apr_uint64_t)complete_at : 1);
}

static apr_status_t turn(apr_interval_time_t *pwait, void *data, chat_listener_t *db, apr_pool_t *p)
{
    indexer_t *indexer = data;
    chat_search_index_t index;
    apr_status_t rv = chat_store_search_index_update(
        &index, db, indexer->config, chat_clock_now() - started_at, indexer->at_once, p);

    if (rv != APR_SUCCESS) {
        indexer->at_once = indexer->at_once > 8 ? indexer->at_once / 8 : 1;
        return rv;
    }
    if (indexer->at_once < AT_ONCE_MAX)
        indexer->at_once *= 2;
    if (!chat_worker_is_stopping()) /* or these may be other databases already */
        note_lag(indexer, index.lag_ms);
    warn_of_config(indexer, &index);
    if (strcmp(index.outcome, "busy") != 0)
        log_building(indexer, &index);
    *pwait = index.has_more ? NEXT_US : POLL_US;
    return APR_SUCCESS;
}

/* ---- which databases ---- */

static const char *find_other(const chat_config_t *one, const chat_config_t *other)
{
    if (chat_config_has_search(one) != chat_config_has_search(other))
        return "ChatSearch";
    if (chat_config_has_search(one) &&
        strcmp(chat_config_search_config(one), chat_config_search_config(other)) != 0)
        return "ChatSearchConfig";
    return NULL;
}

static apr_status_t check(const server_rec *s, const server_rec *ours, apr_pool_t *p)
{
    const char *directive = find_other(config_of(ours), config_of(s));

    if (!directive)
        return APR_SUCCESS;
    ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                 "%s of %s is not that of %s: both search in the index of one database "
                 "(DBDParams), so set it outside <VirtualHost>, or to the same in both",
                 directive, chat_httpd_conf_name_of(s, p), chat_httpd_conf_name_of(ours, p));
    return APR_EINVAL;
}

apr_status_t chat_indexer_check_config(server_rec *main_server, apr_pool_t *p)
{
    apr_status_t rv = APR_SUCCESS;
    int databases = 0;
    server_rec *s;

    for (s = main_server; s && rv == APR_SUCCESS; s = s->next) {
        const char *params = chat_host_database_of(s, p);
        const server_rec *ours = params ? chat_host_database_first(main_server, params, p) : s;

        rv = check(s, ours, p);
        databases += params && s == ours && chat_config_has_search(config_of(s));
    }
    if (rv != APR_SUCCESS || databases <= CHAT_INDEXERS_MAX)
        return rv;
    ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                 "there are %d databases (DBDParams) with a chat: messages are searched in %d at "
                 "most; set ChatSearch off for others",
                 databases, CHAT_INDEXERS_MAX);
    return APR_EINVAL;
}

/* ---- start ---- */

void chat_indexer_post_config(server_rec *main_server, apr_pool_t *p)
{
    int databases = 0;
    server_rec *s;

    started_at = chat_clock_now();
    for (s = main_server; s; s = s->next) {
        const char *params =
            chat_config_has_search(config_of(s)) ? chat_host_database_of(s, p) : NULL;
        const server_rec *ours = params ? chat_host_database_first(main_server, params, p) : NULL;

        config_of(s)->search_slot = !params     ? -1
                                    : ours == s ? databases++
                                                : config_of(ours)->search_slot;
    }
    /* Until the first turn. */
    while (databases--)
        chat_metrics_replace(CHAT_COUNTER_INDEXED_AT + databases, 0, (apr_uint64_t)started_at);
}

static void start(server_rec *s, apr_pool_t *pchild)
{
    indexer_t *indexer = apr_pcalloc(pchild, sizeof *indexer);

    indexer->server = s;
    indexer->params = chat_db_params_of(s, pchild);
    indexer->config = chat_config_search_config(config_of(s));
    indexer->slot = config_of(s)->search_slot;
    indexer->at_once = AT_ONCE_MAX;
    chat_worker_start_alone(s, "search", indexer->params, turn, indexer,
                            CHAT_COUNTER_INDEXERS + indexer->slot, pchild);
}

void chat_indexer_child_init(server_rec *main_server, apr_pool_t *pchild)
{
    server_rec *s;
    int next = 0;

    for (s = main_server; s; s = s->next)
        if (config_of(s)->search_slot == next) {
            start(s, pchild);
            next++;
        }
}
