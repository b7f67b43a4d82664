#include "notify/chat_notifier.h"

#include <http_config.h>

#include "core/chat_clock.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "notify/chat_mail.h"
#include "notify/chat_mail_config.h"
#include "notify/chat_notifier_servers.h"
#include "notify/chat_pusher.h"
#include "notify/chat_sweeper.h"
#include "store/chat_commit_hook.h"
#include "store/chat_store_push.h"

#define SIDES_AT_ONCE 16 /* locked in one statement, for which a message may wait */
#define POLL_US apr_time_from_sec(30)
#define MESSAGE_US                                                                                 \
    apr_time_from_sec(5) /* when a message is looked at, as in chat.wake_waiting()                 \
                          */
#define COUNT_US apr_time_from_sec(60)

/* What decides for one database. */
typedef struct notifier_t {
    chat_delivery_rules_t rules;
    chat_worker_t *decider;
    chat_worker_t *mailer; /* NULL: there is no mail */
    chat_worker_t *pusher; /* NULL: there is no push */
} notifier_t;

static struct {
    notifier_t *all[CHAT_NOTIFIER_DATABASES_MAX];
    int count; /* complete before the first request */
} notifiers;

/* ---- for metrics ---- */

/* For all children of the host, by the first that comes to it. */
static apr_status_t count(chat_listener_t *db, apr_pool_t *p)
{
    apr_uint64_t last = chat_metrics_read(CHAT_COUNTER_DELIVERIES_COUNTED_AT);
    apr_uint64_t now = (apr_uint64_t)chat_clock_now();
    chat_delivery_counts_t counts = {0};
    apr_status_t rv;

    if (now < last + (apr_uint64_t)COUNT_US ||
        !chat_metrics_replace(CHAT_COUNTER_DELIVERIES_COUNTED_AT, last, now))
        return APR_SUCCESS;
    rv = chat_store_delivery_count(&counts, db, p);
    chat_metrics_claim(CHAT_COUNTER_WAITING, (apr_uint64_t)counts.waiting);
    chat_metrics_claim(CHAT_COUNTER_MAILS_DUE, (apr_uint64_t)counts.mails_due);
    chat_metrics_claim(CHAT_COUNTER_PUSHES_DUE, (apr_uint64_t)counts.pushes_due);
    chat_metrics_claim(CHAT_COUNTER_MAILS_DEAD, (apr_uint64_t)counts.mails_dead);
    chat_metrics_claim(CHAT_COUNTER_PUSHES_DEAD, (apr_uint64_t)counts.pushes_dead);
    return rv;
}

/* ---- deciding ---- */

static apr_status_t decide(apr_interval_time_t *pwait, void *data, chat_listener_t *db,
                           apr_pool_t *p)
{
    const notifier_t *notifier = data;
    apr_int64_t wait_ms = CHAT_STORE_DELIVERY_NEVER;
    int sides = 0;
    apr_status_t rv = chat_store_delivery_wake(db, p);

    if (rv == APR_SUCCESS)
        rv = chat_store_delivery_decide(&sides, &wait_ms, db, &notifier->rules, SIDES_AT_ONCE, p);
    if (rv == APR_SUCCESS)
        rv = count(db, p);
    if (rv != APR_SUCCESS)
        return rv;
    if (sides && notifier->mailer)
        chat_worker_wake(notifier->mailer, 0);
    if (sides && notifier->pusher)
        chat_worker_wake(notifier->pusher, 0);
    *pwait = wait_ms == CHAT_STORE_DELIVERY_NEVER ? POLL_US : apr_time_from_msec(wait_ms);
    if (*pwait > POLL_US)
        *pwait = POLL_US;
    if (!sides && !*pwait)
        *pwait = CHAT_WORKER_AGAIN_US;
    return APR_SUCCESS;
}

/* Of whichever database: at worst one looks for nothing. */
static void committed(void)
{
    int i;

    for (i = 0; i < notifiers.count; i++)
        chat_worker_wake(notifiers.all[i]->decider, MESSAGE_US);
}

/* A user wants to see a push. */
static void asked_for_push(void)
{
    int i;

    for (i = 0; i < notifiers.count; i++)
        if (notifiers.all[i]->pusher)
            chat_worker_wake(notifiers.all[i]->pusher, 0);
}

/* ---- start and stop ---- */

static int has_push(server_rec *s)
{
    for (; s; s = s->next) {
        const chat_config_t *config = ap_get_module_config(s->module_config, &chat_module);

        if (config->push_key)
            return 1;
    }
    return 0;
}

apr_status_t chat_notifier_check_config(server_rec *main_server, apr_pool_t *pconf)
{
    const chat_config_t *config = ap_get_module_config(main_server->module_config, &chat_module);
    int has_mail = config->mail && config->mail->is_on;

    if ((has_mail || has_push(main_server)) &&
        chat_notifier_servers_check(main_server, pconf) != APR_SUCCESS)
        return APR_EINVAL;
    return chat_mail_config_complete(main_server, chat_notifier_servers_find(main_server, pconf),
                                     pconf);
}

void chat_notifier_post_config(void)
{
    chat_metrics_take(CHAT_COUNTER_MAIL_PAUSED_UNTIL);
}

static void set_rules(chat_delivery_rules_t *rules, const chat_mail_config_t *mail,
                      const chat_config_t *config)
{
    rules->mail_delay_s = -1;
    rules->push_delay_s = chat_config_push_delay_s(config);
    if (!mail)
        return;
    rules->mail_delay_s = mail->delay_s;
    rules->mail_silence_s = mail->repeat_s;
    rules->mail_of_members = mail->of_members;
    rules->mail_of_staff = mail->of_staff;
}

static chat_worker_t *start_mailer(server_rec *s, const chat_mail_config_t *mail,
                                   const notifier_t *notifier, const char *params,
                                   apr_pool_t *pchild)
{
    chat_mail_t *mailer = chat_mail_create(s, mail, &notifier->rules, pchild);

    return mailer ? chat_worker_start(s, "mail", params, chat_mail_turn, mailer, pchild) : NULL;
}

static chat_worker_t *start_pusher(server_rec *s, const char *params, apr_pool_t *pchild)
{
    chat_pusher_t *pusher = chat_pusher_create(s, pchild);

    return pusher ? chat_worker_start(s, "push", params, chat_pusher_turn, pusher, pchild) : NULL;
}

/* `mail`: NULL without. */
static void start(server_rec *s, const chat_mail_config_t *mail, apr_pool_t *pchild)
{
    const chat_config_t *config = ap_get_module_config(s->module_config, &chat_module);
    notifier_t *notifier = apr_pcalloc(pchild, sizeof *notifier);
    const char *params = chat_db_params_of(s, pchild);

    set_rules(&notifier->rules, mail, config);
    if (mail)
        notifier->mailer = start_mailer(s, mail, notifier, params, pchild);
    if (config->push_key)
        notifier->pusher = start_pusher(s, params, pchild);
    if (notifier->mailer || notifier->pusher)
        notifier->decider = chat_worker_start(s, "notifier", params, decide, notifier, pchild);
    if (notifier->decider)
        notifiers.all[notifiers.count++] = notifier;
}

void chat_notifier_child_init(server_rec *main_server, apr_pool_t *pchild)
{
    const chat_config_t *config = ap_get_module_config(main_server->module_config, &chat_module);
    int has_mail = config->mail && config->mail->is_on;
    apr_array_header_t *servers;
    int i;

    if (!has_mail && !has_push(main_server))
        return;
    if (chat_curl_init(pchild) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, main_server,
                     "libcurl could not be started: this child sends neither mail nor pushes");
        return;
    }
    if (has_mail)
        chat_metrics_gauge_set(CHAT_GAUGE_MAILERS, 1);
    servers = chat_notifier_servers_find(main_server, pchild);
    for (i = 0; i < servers->nelts; i++)
        start(APR_ARRAY_IDX(servers, i, server_rec *), has_mail ? config->mail : NULL, pchild);
    chat_commit_hook_register_notifier(committed);
    chat_store_push_on_test(asked_for_push);
}

void chat_notifier_stop(int is_graceful)
{
    chat_worker_stop_all(is_graceful);
}
