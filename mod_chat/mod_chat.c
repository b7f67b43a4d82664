/*
 * mod_chat: the module record, and the registration of its hooks with httpd.
 */
#include <httpd.h>

#include <http_config.h>
#include <http_connection.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>
#include <mpm_common.h>

#include "api/chat_api.h"
#include "api/chat_api_cors.h"
#include "api/chat_api_health.h"
#include "api/chat_api_metrics.h"
#include "chat_directives.h"
#include "chat_startup.h"
#include "core/chat_stopping.h"
#include "db/chat_db.h"
#include "guard/chat_guard.h"
#include "http/chat_part_bucket.h"
#include "http/chat_reply.h"
#include "notify/chat_notifier.h"
#include "ws/chat_echo.h"
#include "ws/chat_handshake.h"
#include "ws/chat_loop.h"

extern module AP_MODULE_DECLARE_DATA chat_module;

static void child_stopping(apr_pool_t *pchild, int is_graceful)
{
    (void)pchild;
    if (!is_graceful)
        chat_stopping_begin();
    chat_notifier_stop(is_graceful);
    chat_loop_stop();
}

static void register_hooks(apr_pool_t *pconf)
{
    static const char *const mod_dbd[] = {"mod_dbd.c", NULL};
    static const char *const redirects[] = {"mod_alias.c", "mod_rewrite.c", NULL};
    static const char *const proxies[] = {"mod_proxy.c", NULL};
    static const char *const authz[] = {"mod_authz_core.c", NULL};

    (void)pconf;
    chat_reply_register_filter();
    chat_part_bucket_register_filter();
    chat_api_cors_register_filter();
    chat_db_register_hooks();
    ap_hook_pre_config(chat_startup_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(chat_startup_check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(chat_startup_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    /* Before mod_dbd, whose pool opens connections that the module must initialise. */
    ap_hook_child_init(chat_startup_child_init, NULL, mod_dbd, APR_HOOK_MIDDLE);
    /* After mod_alias and mod_rewrite, whose redirects and refusals have an effect; before
     * mod_proxy. */
    ap_hook_translate_name(chat_api_claim, NULL, redirects, APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(chat_api_translate, redirects, proxies, APR_HOOK_FIRST);
    ap_hook_map_to_storage(chat_api_map_to_storage, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_header_parser(chat_api_disable_error_documents, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_type_checker(chat_api_choose_handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_check_access_ex(chat_api_cors_check_access, authz, NULL, APR_HOOK_REALLY_LAST,
                            AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_insert_filter(chat_api_cors_insert_filter, NULL, NULL, APR_HOOK_LAST);
    ap_hook_check_authn(chat_api_hide_form, NULL, NULL, APR_HOOK_REALLY_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_fixups(chat_api_show_form, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(chat_guard_fill_environment, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_child_stopping(child_stopping, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_suspend_connection(chat_handshake_suspend, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_handler(chat_echo_handle, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(chat_api_metrics_handle, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(chat_api_health_handle, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ap, status_hook, chat_api_metrics_status, NULL, NULL, APR_HOOK_MIDDLE);
    /* The handler of WebSocket handshakes before that of the REST interface, which answers 426;
     * both before mod_proxy, which may be the handler of the whole site. */
    ap_hook_handler(chat_handshake_handle, NULL, NULL, APR_HOOK_REALLY_FIRST - 1);
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
