#include "notify/chat_sweeper.h"

#include <string.h>

#include <apr_strings.h>

#include <http_config.h>

#include "core/chat_config.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "db/chat_db.h"
#include "notify/chat_lease.h"
#include "store/chat_file_parts.h"
#include "store/chat_files.h"
#include "store/chat_files_sweep.h"

#define SWEEP_US apr_time_from_sec(86400)
#define FAILED_US apr_time_from_sec(600)

#define BUSY_TRIES 5 /* for a step that took too long: the next time more of it is in memory */

/* The directories whose attachments are in one database. */
typedef struct sweeper_t {
    server_rec *server;
    const char *params;
    apr_array_header_t *dirs; /* of const char * */
    int lease;                /* chat_lease.h */
} sweeper_t;

/* A failure is logged, and a day later all is tried again. The connection's own is the worker's. */
static apr_status_t sweep(const sweeper_t *sweeper, const char *dir, chat_listener_t *db,
                          apr_pool_t *p)
{
    apr_status_t rv = APR_SUCCESS;
    int removed = 0;
    int folder;

    for (folder = 0; folder < CHAT_FILES_SWEEP_FOLDERS && rv == APR_SUCCESS; folder++) {
        apr_pool_t *of_folder;

        if (chat_worker_must_stop() || apr_pool_create(&of_folder, p) != APR_SUCCESS)
            break;
        chat_lease_take(sweeper->lease);
        rv = chat_files_sweep_folder(&removed, dir, folder, db, of_folder);
        apr_pool_destroy(of_folder);
    }
    if (removed)
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, sweeper->server,
                     "attachments: %d files in %s belonged to no message and were removed", removed,
                     dir);
    return rv;
}

/* The files in the database, in steps of which none takes long. */
static apr_status_t sweep_parts(const sweeper_t *sweeper, chat_listener_t *db, apr_pool_t *p)
{
    char next[CHAT_FILES_NAME_CHARS + 1] = "";
    const char *name = next;
    apr_status_t rv = APR_SUCCESS;
    int tries = BUSY_TRIES;
    int removed = 0;

    while (name && (rv == APR_SUCCESS || (rv == CHAT_DB_BUSY && --tries > 0)) &&
           !chat_worker_must_stop()) {
        apr_pool_t *of_step;

        if (apr_pool_create(&of_step, p) != APR_SUCCESS)
            break;
        chat_lease_take(sweeper->lease);
        rv = chat_file_parts_sweep(&removed, &name, CHAT_FILES_SWEEP_AGE_S, db, of_step);
        if (name && name != next) {
            apr_cpystrn(next, name, sizeof next); /* it lives in the step's pool */
            name = next;
        }
        apr_pool_destroy(of_step);
    }
    if (removed)
        ap_log_error(
            APLOG_MARK, APLOG_INFO, 0, sweeper->server,
            "attachments: %d files in the database belonged to no message and were removed",
            removed);
    return rv;
}

static apr_status_t turn(apr_interval_time_t *pwait, void *data, chat_listener_t *db, apr_pool_t *p)
{
    const sweeper_t *sweeper = data;
    apr_status_t rv = APR_SUCCESS;
    int i;

    for (i = 0; i < sweeper->dirs->nelts && rv == APR_SUCCESS; i++) {
        const char *dir = APR_ARRAY_IDX(sweeper->dirs, i, const char *);

        rv = sweep(sweeper, dir, db, p);
        if (rv == APR_SUCCESS || rv >= APR_OS_START_USERERR)
            continue; /* of the database: the worker logs it */
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, sweeper->server,
                     "attachments: ChatAttachmentDir %s cannot be searched for unused files", dir);
        rv = APR_SUCCESS;
    }
    if (rv == APR_SUCCESS || rv == CHAT_DB_BUSY) {
        apr_status_t of_parts = sweep_parts(sweeper, db, p);

        rv = rv == APR_SUCCESS ? of_parts : rv;
    }
    if (!chat_worker_must_stop()) /* otherwise another child begins anew */
        *pwait = rv == APR_SUCCESS ? SWEEP_US : FAILED_US;
    return rv;
}

/* ---- start ---- */

static sweeper_t *find(const apr_array_header_t *sweepers, const char *params)
{
    int i;

    for (i = 0; i < sweepers->nelts; i++) {
        sweeper_t *sweeper = APR_ARRAY_IDX(sweepers, i, sweeper_t *);

        if (strcmp(sweeper->params, params) == 0)
            return sweeper;
    }
    return NULL;
}

static void add_dir(sweeper_t *sweeper, const char *dir)
{
    int i;

    for (i = 0; i < sweeper->dirs->nelts; i++)
        if (strcmp(APR_ARRAY_IDX(sweeper->dirs, i, const char *), dir) == 0)
            return;
    APR_ARRAY_PUSH(sweeper->dirs, const char *) = dir;
}

static void note_server(apr_array_header_t *sweepers, server_rec *s, apr_pool_t *p)
{
    const chat_config_t *config = ap_get_module_config(s->module_config, &chat_module);
    const char *params = chat_config_has_files(config) ? chat_db_params_of(s, p) : NULL;
    sweeper_t *sweeper = params ? find(sweepers, params) : NULL;

    if (!params)
        return;
    if (!sweeper) {
        if (sweepers->nelts == CHAT_SWEEPERS_MAX) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                         "attachments: there are more than %d databases (DBDParams): unused files "
                         "in %s are not removed",
                         CHAT_SWEEPERS_MAX, config->attachment_dir);
            return;
        }
        sweeper = apr_pcalloc(p, sizeof *sweeper);
        sweeper->server = s;
        sweeper->params = params;
        sweeper->dirs = apr_array_make(p, 1, sizeof(const char *));
        sweeper->lease = CHAT_COUNTER_SWEEPERS + sweepers->nelts;
        APR_ARRAY_PUSH(sweepers, sweeper_t *) = sweeper;
    }
    add_dir(sweeper, config->attachment_dir);
}

void chat_sweeper_child_init(server_rec *main_server, apr_pool_t *pchild)
{
    apr_array_header_t *sweepers = apr_array_make(pchild, 1, sizeof(sweeper_t *));
    server_rec *s;
    int i;

    for (s = main_server; s; s = s->next)
        note_server(sweepers, s, pchild);
    for (i = 0; i < sweepers->nelts; i++) {
        sweeper_t *sweeper = APR_ARRAY_IDX(sweepers, i, sweeper_t *);

        chat_worker_start_alone(sweeper->server, "attachments", sweeper->params, turn, sweeper,
                                sweeper->lease, pchild);
    }
}
