#include "notify/chat_recorder.h"

#include <string.h>

#include <http_config.h>

#include "core/chat_clock.h"
#include "core/chat_config.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "http/chat_httpd_conf.h"
#include "notify/chat_host_databases.h"
#include "notify/chat_retention_config.h"
#include "notify/chat_worker.h"
#include "store/chat_store_records.h"

#define COUNT_US apr_time_from_sec(60)
#define COUNT_NEXT_US apr_time_from_msec(40)   /* between two parts: leave others some of it */
#define DELETE_NEXT_US apr_time_from_msec(200) /* the same, for what nobody waits for */
#define SETTLED_US apr_time_from_sec(10)       /* longer than a statement of the module takes */
#define AT_ONCE_MAX 256                        /* messages that a statement deletes */
#define AT_ONCE_SHARE 8                        /* of these after a failure */

/* For a database. */
typedef struct recorder_t {
    server_rec *server;
    const char *params;
    int deletes;
    chat_retention_periods_t periods;
    int at_once;                       /* fewer after a failure, which may be a timeout */
    apr_time_t count_at;               /* when there is something to count again, by chat_clock.h */
    apr_int64_t messages, attachments; /* deleted in the present pass by this child */
} recorder_t;

static const chat_retention_config_t *retention_of(const server_rec *s)
{
    const chat_config_t *config = ap_get_module_config(s->module_config, &chat_module);

    return config->retention;
}

/* ---- a turn ---- */

static apr_status_t count(recorder_t *recorder, chat_listener_t *db, apr_pool_t *p)
{
    int has_more = 0;
    apr_status_t rv = chat_store_count_days(&has_more, db, SETTLED_US, p);

    recorder->count_at = chat_clock_now() + (has_more ? COUNT_NEXT_US : COUNT_US);
    return rv;
}

static void log_deleted(recorder_t *recorder)
{
    if (recorder->messages)
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, recorder->server,
                     "retention: %" APR_INT64_T_FMT " messages with %" APR_INT64_T_FMT
                     " attachments were older than ChatRetention and were deleted",
                     recorder->messages, recorder->attachments);
    recorder->messages = 0;
    recorder->attachments = 0;
}

static apr_status_t delete_old(int *phas_more, recorder_t *recorder, chat_listener_t *db,
                               apr_pool_t *p)
{
    chat_retention_t retention;
    apr_status_t rv =
        chat_store_retention_apply(&retention, db, &recorder->periods, recorder->at_once, p);

    *phas_more = retention.has_more;
    if (rv != APR_SUCCESS) {
        recorder->at_once =
            recorder->at_once > AT_ONCE_SHARE ? recorder->at_once / AT_ONCE_SHARE : 1;
        return rv;
    }
    if (recorder->at_once < AT_ONCE_MAX)
        recorder->at_once *= 2;
    recorder->messages += retention.messages;
    recorder->attachments += retention.attachments;
    if (!retention.has_more)
        log_deleted(recorder);
    return APR_SUCCESS;
}

/* Old messages are deleted whether or not counting works. */
static apr_status_t turn(apr_interval_time_t *pwait, void *data, chat_listener_t *db, apr_pool_t *p)
{
    recorder_t *recorder = data;
    apr_status_t counted = APR_SUCCESS;
    apr_status_t deleted = APR_SUCCESS;
    int has_more = 0;

    if (chat_clock_now() >= recorder->count_at)
        counted = count(recorder, db, p);
    if (recorder->deletes && chat_listener_is_connected(db) && !chat_worker_is_stopping())
        deleted = delete_old(&has_more, recorder, db, p);
    *pwait = recorder->count_at - chat_clock_now();
    if (*pwait < 0)
        *pwait = 0;
    if (has_more && *pwait > DELETE_NEXT_US)
        *pwait = DELETE_NEXT_US;
    return deleted != APR_SUCCESS ? deleted : counted; /* whose cause is logged: the last one's */
}

/* ---- which databases ---- */

static int is_same(const chat_retention_config_t *one, const chat_retention_config_t *other,
                   apr_pool_t *p)
{
    chat_retention_periods_t a;
    chat_retention_periods_t b;

    chat_retention_config_read(&a, one, p);
    chat_retention_config_read(&b, other, p);
    return a.days == b.days && strcmp(a.churches, b.churches) == 0 &&
           strcmp(a.churches_days, b.churches_days) == 0;
}

apr_status_t chat_recorder_check_config(server_rec *main_server, apr_pool_t *p)
{
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        const char *params = chat_host_database_of(s, p);
        server_rec *ours = params ? chat_host_database_first(main_server, params, p) : s;

        if (ours == s || is_same(retention_of(ours), retention_of(s), p))
            continue;
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     "ChatRetention of %s is not that of %s: both have the messages of one "
                     "database (DBDParams), so set it outside <VirtualHost>, or to the same in "
                     "both",
                     chat_httpd_conf_name_of(s, p), chat_httpd_conf_name_of(ours, p));
        return APR_EINVAL;
    }
    return APR_SUCCESS;
}

static void start(server_rec *s, const char *params, int slot, apr_pool_t *pchild)
{
    recorder_t *recorder = apr_pcalloc(pchild, sizeof *recorder);

    recorder->server = s;
    recorder->params = params;
    recorder->deletes = chat_retention_config_deletes(retention_of(s));
    chat_retention_config_read(&recorder->periods, retention_of(s), pchild);
    recorder->at_once = AT_ONCE_MAX;
    chat_worker_start_alone(s, "records", params, turn, recorder, CHAT_COUNTER_RECORDERS + slot,
                            pchild);
}

void chat_recorder_child_init(server_rec *main_server, apr_pool_t *pchild)
{
    int slot = 0;
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        const char *params = chat_host_database_of(s, pchild);

        if (!params || chat_host_database_first(main_server, params, pchild) != s)
            continue;
        if (slot == CHAT_RECORDERS_MAX) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                         "there are more than %d databases (DBDParams): nothing is counted and no "
                         "old message is deleted in that of %s",
                         CHAT_RECORDERS_MAX, chat_httpd_conf_name_of(s, pchild));
            return;
        }
        start(s, params, slot++, pchild);
    }
}
