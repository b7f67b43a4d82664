/* The order in which the threads of a child start and end, whatever could be started. */
#include "chat_unit.h"

#include <apr_strings.h>

#include <httpd.h>

#include <http_config.h>
#include <http_log.h>

#include "core/chat_metrics.h"
#include "realtime/chat_feed.h"
#include "ws/chat_loop.h"
#include "ws/chat_quota.h"
#include "ws/chat_registry.h"
#include "ws/chat_ws_command.h"
#include "ws/chat_ws_lifecycle.h"

static char steps[1024];
static const char *failing;
static int errors;

static chat_config_t config;
static void *configs[] = {&config};
static server_rec server = {.module_config = (ap_conf_vector_t *)configs};

module AP_MODULE_DECLARE_DATA chat_module = {.module_index = 0};

void ap_log_error_(const char *file, int line, int module_index, int level, apr_status_t status,
                   const server_rec *s, const char *format, ...)
{
    (void)file, (void)line, (void)module_index, (void)level, (void)status, (void)s, (void)format;
    errors++;
}

static apr_status_t step(const char *name)
{
    apr_size_t length = strlen(steps);

    apr_snprintf(steps + length, sizeof steps - length, "%s%s", length ? " " : "", name);
    return failing && strcmp(name, failing) == 0 ? APR_ENOMEM : APR_SUCCESS;
}

apr_status_t chat_registry_child_init(server_rec *s, apr_pool_t *pchild)
{
    (void)s, (void)pchild;
    return step("registry");
}

apr_status_t chat_ws_command_child_init(apr_pool_t *pchild)
{
    (void)pchild;
    return step("commands");
}

apr_status_t chat_quota_child_init(apr_pool_t *pchild)
{
    (void)pchild;
    return step("quota");
}

apr_status_t chat_loop_start(int connections_max, apr_interval_time_t heartbeat, apr_pool_t *pchild)
{
    (void)connections_max, (void)heartbeat, (void)pchild;
    return step("loop");
}

apr_status_t chat_feed_child_init(apr_pool_t *pchild)
{
    (void)pchild;
    return step("feeds");
}

void chat_loop_stop(void)
{
    step("stop-loop");
}

void chat_ws_command_join(void)
{
    step("join-commands");
}

void chat_feed_join_all(void)
{
    step("join-feeds");
}

void chat_loop_join(void)
{
    step("join-loop");
}

void chat_feed_close_all(void)
{
    step("close-feeds");
}

#define STARTED "registry commands quota loop feeds"
#define ENDED "stop-loop join-commands join-feeds join-loop close-feeds"

static void start_and_end(const char *what_fails)
{
    apr_pool_t *pchild;

    *steps = '\0';
    failing = what_fails;
    errors = 0;
    apr_pool_create(&pchild, NULL);
    chat_ws_lifecycle_child_init(&server, pchild);
    apr_pool_destroy(pchild);
}

/* Commands and feeds post to the event loop, and it still says to the feeds whose typing has ended:
 * what they have open is closed last. */
static void who_is_posted_to_ends_after_those_who_post(void **state)
{
    (void)state;
    start_and_end(NULL);
    assert_string_equal(steps, STARTED " " ENDED);
    assert_int_equal(errors, 0);
}

static void what_was_started_ends_when_the_next_thing_could_not(void **state)
{
    (void)state;
    start_and_end("feeds");
    assert_string_equal(steps, STARTED " " ENDED);
    assert_int_equal(errors, 1);
    start_and_end("quota");
    assert_string_equal(steps, "registry commands quota " ENDED);
    assert_int_equal(errors, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(who_is_posted_to_ends_after_those_who_post),
        UNIT_TEST(what_was_started_ends_when_the_next_thing_could_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
