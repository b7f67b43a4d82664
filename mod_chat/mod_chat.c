/*
 * The module record and its hooks: connects the rooms, decides nothing.
 */
#include <httpd.h>

#include <ap_mpm.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>
#include <mpm_common.h>

#include "api/chat_api.h"
#include "api/chat_api_cors.h"
#include "api/chat_api_health.h"
#include "api/chat_api_metrics.h"
#include "chat_directives.h"
#include "core/chat_config.h"
#include "core/chat_gauges.h"
#include "core/chat_hash.h"
#include "guard/chat_guard.h"
#include "guard/chat_user_case.h"
#include "http/chat_reply.h"
#include "live/chat_echo.h"
#include "live/chat_hub.h"
#include "live/chat_live.h"
#include "live/chat_room.h"
#include "live/chat_socket.h"
#include "live/chat_upgrade.h"
#include "store/chat_cache.h"
#include "store/chat_db.h"
#include "store/chat_db_check.h"
#include "store/chat_store_typing.h"

extern module AP_MODULE_DECLARE_DATA chat_module;

static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    chat_room_pre_config();
    return chat_store_typing_pre_config(pconf) == APR_SUCCESS &&
                   chat_cache_pre_config(pconf) == APR_SUCCESS
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
        chat_room_check_config(s);
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
           chat_store_typing_check_config(s) == APR_SUCCESS;
}

/* Also at configtest, where warnings belong here. At a start they wait for post_config: httpd has
 * detached itself from the terminal by then, and between that and opening its log nothing that is
 * logged is seen by anybody. What is missing is said on the terminal, and once more by post_config,
 * which refuses the start: else the error log would not have it. */
static int check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
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

/* What is told apart, or given again, by a key. */
static apr_status_t use_keys(apr_pool_t *pconf, server_rec *s)
{
    const chat_mac_t *tags = chat_guard_derive(s, "ETag", pconf);
    apr_status_t rv = tags ? APR_SUCCESS : APR_ENOMEM;

    if (rv == APR_SUCCESS)
        rv = chat_hash_use(chat_guard_has_secret() ? tags : NULL);
    if (rv == APR_SUCCESS)
        rv = chat_cache_post_config(s, chat_guard_derive(s, "ChatCache", pconf),
                                    chat_guard_has_secret(), pconf);
    return rv;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)plog;
    if (!is_complete(s, ptemp))
        return HTTP_INTERNAL_SERVER_ERROR;
    if (chat_store_typing_post_config(s, pconf, ptemp) != APR_SUCCESS ||
        chat_guard_post_config(s, pconf) != APR_SUCCESS || use_keys(pconf, s) != APR_SUCCESS)
        return HTTP_INTERNAL_SERVER_ERROR;
    chat_user_case_post_config(s, ptemp);
    if (chat_api_health_post_config(s, pconf) != APR_SUCCESS)
        return HTTP_INTERNAL_SERVER_ERROR;
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG)
        warn(s);
    if (is_async() && chat_room_post_config(s, pconf) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     "shared memory for counting WebSockets could not be made");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

static void child_init(apr_pool_t *pchild, server_rec *s)
{
    if (chat_gauges_claim(pchild) != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "more children at once than were foreseen: metrics do without this one");
    chat_db_child_init(s, pchild);
    chat_db_check_child_init(s, pchild);
    chat_store_typing_child_init(s, pchild);
    chat_cache_child_init(s, pchild);
    if (is_async())
        chat_live_child_init(s, pchild);
}

static void child_stopping(apr_pool_t *pchild, int is_graceful)
{
    (void)pchild;
    (void)is_graceful;
    chat_hub_stop();
}

static void register_hooks(apr_pool_t *pconf)
{
    static const char *const mod_dbd[] = {"mod_dbd.c", NULL};
    static const char *const redirects[] = {"mod_alias.c", "mod_rewrite.c", NULL};
    static const char *const proxies[] = {"mod_proxy.c", NULL};
    static const char *const authz[] = {"mod_authz_core.c", NULL};

    (void)pconf;
    chat_reply_register_filter();
    chat_api_cors_register_filter();
    chat_db_register_hooks();
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    /* Before mod_dbd opens its pool: each connection is to be met. */
    ap_hook_child_init(child_init, NULL, mod_dbd, APR_HOOK_MIDDLE);
    /* What redirects all of a site, to https for example, goes before us; what rewrites it or
     * passes it to another server does not. */
    ap_hook_translate_name(chat_api_note, NULL, redirects, APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(chat_api_translate, redirects, proxies, APR_HOOK_FIRST);
    ap_hook_map_to_storage(chat_api_map_to_storage, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_header_parser(chat_api_keep_errors, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_type_checker(chat_api_choose_handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_check_access_ex(chat_api_cors_check_access, authz, NULL, APR_HOOK_REALLY_LAST,
                            AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_insert_filter(chat_api_cors_insert_filter, NULL, NULL, APR_HOOK_LAST);
    ap_hook_check_authn(chat_api_hide_form, NULL, NULL, APR_HOOK_REALLY_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_fixups(chat_api_show_form, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(chat_guard_fill_environment, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_child_stopping(child_stopping, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_suspend_connection(chat_upgrade_suspend, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_handler(chat_echo_handle, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(chat_api_metrics_handle, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(chat_api_health_handle, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ap, status_hook, chat_api_metrics_status, NULL, NULL, APR_HOOK_MIDDLE);
    /* Before the table's handlers, which tell that a handshake is wanted; and both before
     * mod_proxy, which a site may have set as the handler of everything. */
    ap_hook_handler(chat_socket_handle, NULL, NULL, APR_HOOK_REALLY_FIRST - 1);
    ap_hook_handler(chat_api_handle, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_insert_error_filter(chat_api_insert_error_filter, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(chat) = {STANDARD20_MODULE_STUFF,
                           chat_directives_create_section,
                           chat_directives_merge_section,
                           chat_directives_create_config,
                           chat_directives_merge_config,
                           chat_directives_commands,
                           register_hooks,
                           AP_MODULE_FLAG_NONE};
