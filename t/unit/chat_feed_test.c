/*
 * How feeds start and end, without a database: what a turn does is left out, threads are made or
 * refused here, and descriptors are counted.
 */
#include "chat_unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include <apr_thread_proc.h>

#include <httpd.h>

#include <http_config.h>
#include <http_log.h>

#include "core/chat_clock.h"
#include "db/chat_listener.h"
#include "realtime/chat_feed.h"
#include "realtime/chat_poller.h"
#include "realtime/chat_typing_relay.h"
#include "store/chat_commit_hook.h"
#include "store/chat_store_event.h"
#include "store/chat_store_prune.h"

#define COMMITS 500
#define MINUTE apr_time_from_sec(60)

static apr_time_t now = MINUTE;
static int is_refused; /* no thread can be made */
static int tries;
static int errors; /* lines of this level in the log */
static int said;
static atomic_int turns;
static int wake_fd = -1; /* of the feed made last */
static const chat_commit_hook_t *hook;

/* ---- instead of httpd, APR's threads and the clock ---- */

module AP_MODULE_DECLARE_DATA chat_module = {.module_index = 0};

void ap_log_error_(const char *file, int line, int module_index, int level, apr_status_t status,
                   const server_rec *s, const char *format, ...)
{
    (void)file, (void)line, (void)module_index, (void)status, (void)s, (void)format;
    errors += (level & APLOG_LEVELMASK) <= APLOG_ERR;
}

apr_time_t chat_clock_now(void)
{
    return now;
}

static pthread_t thread;
static apr_thread_start_t function;
static void *argument;

static void *run(void *data)
{
    (void)data;
    return function(NULL, argument);
}

apr_status_t apr_thread_create(apr_thread_t **pthread, apr_threadattr_t *attributes,
                               apr_thread_start_t start, void *data, apr_pool_t *p)
{
    (void)attributes, (void)p;
    *pthread = NULL;
    tries++;
    if (is_refused)
        return APR_EAGAIN;
    function = start;
    argument = data;
    return pthread_create(&thread, NULL, run, NULL);
}

apr_status_t apr_thread_join(apr_status_t *prv, apr_thread_t *joined)
{
    (void)joined;
    *prv = APR_SUCCESS;
    return pthread_join(thread, NULL);
}

apr_status_t apr_thread_exit(apr_thread_t *exiting, apr_status_t rv)
{
    (void)exiting;
    return rv;
}

/* ---- instead of the database ---- */

static chat_config_t config;
static void *configs[] = {&config};
static server_rec server = {.module_config = (ap_conf_vector_t *)configs};

apr_uint64_t chat_db_identity(chat_db_t *db)
{
    (void)db;
    return 7;
}

server_rec *chat_db_server(const chat_db_t *db)
{
    (void)db;
    return &server;
}

const char *chat_db_params(chat_db_t *db)
{
    (void)db;
    return "";
}

void chat_db_note_there(server_rec *s)
{
    (void)s;
}

void chat_commit_hook_register(const chat_commit_hook_t *registered)
{
    hook = registered;
}

chat_listener_t *chat_listener_create(const char *params, const char *name,
                                      const chat_listener_stop_t *stop, apr_pool_t *p)
{
    (void)params, (void)name, (void)stop, (void)p;
    return NULL;
}

void chat_listener_close(chat_listener_t *listener)
{
    (void)listener;
}

int chat_listener_is_connected(const chat_listener_t *listener)
{
    (void)listener;
    return 1;
}

int chat_listener_is_pooled(const chat_listener_t *listener)
{
    (void)listener;
    return 0;
}

apr_status_t chat_listener_connect(chat_listener_t *listener, const char *const *channels)
{
    (void)listener, (void)channels;
    return APR_SUCCESS;
}

apr_status_t chat_listener_wait(chat_listener_t *listener, int fd, apr_interval_time_t wait)
{
    struct pollfd fds = {.fd = fd, .events = POLLIN};

    (void)listener, (void)wait;
    poll(&fds, 1, -1);
    atomic_fetch_add(&turns, 1);
    return APR_SUCCESS;
}

int chat_listener_next(chat_listener_notify_t *heard, chat_listener_t *listener)
{
    (void)heard, (void)listener;
    return 0;
}

const char *chat_listener_cause(const chat_listener_t *listener)
{
    (void)listener;
    return "";
}

apr_status_t chat_store_event_notify(chat_listener_t *listener, const char *channel,
                                     const char *payload, apr_pool_t *p)
{
    (void)listener, (void)channel, (void)payload, (void)p;
    return APR_SUCCESS;
}

apr_status_t chat_store_prune(int *pmay_have_more, chat_listener_t *listener, apr_pool_t *p)
{
    (void)listener, (void)p;
    *pmay_have_more = 0;
    return APR_SUCCESS;
}

/* ---- instead of what a turn does ---- */

static int something;

chat_publisher_t *chat_publisher_create(apr_uint64_t database, int fd, apr_pool_t *p)
{
    (void)database, (void)p;
    wake_fd = fd;
    return (chat_publisher_t *)&something;
}

apr_uint64_t chat_publisher_database(const chat_publisher_t *publisher)
{
    (void)publisher;
    return 7;
}

const chat_presence_t *chat_publisher_presence(const chat_publisher_t *publisher)
{
    (void)publisher;
    return NULL;
}

void chat_publisher_ask_for_start(chat_publisher_t *publisher)
{
    (void)publisher;
}

int chat_presence_has_any(const chat_presence_t *presence)
{
    (void)presence;
    return 0;
}

chat_poller_t *chat_poller_create(server_rec *s, chat_listener_t *listener,
                                  chat_publisher_t *publisher, chat_typing_relay_t *relay,
                                  apr_pool_t *p)
{
    (void)s, (void)listener, (void)publisher, (void)relay, (void)p;
    return (chat_poller_t *)&something;
}

int chat_poller_is_current(const chat_poller_t *poller)
{
    (void)poller;
    return 0;
}

apr_status_t chat_poller_start(chat_poller_t *poller, apr_pool_t *p)
{
    (void)poller, (void)p;
    return APR_SUCCESS;
}

apr_status_t chat_poller_poll(chat_poller_t *poller, apr_pool_t *p)
{
    (void)poller, (void)p;
    return APR_SUCCESS;
}

apr_status_t chat_poller_publish_notifications(chat_poller_t *poller)
{
    (void)poller;
    return APR_SUCCESS;
}

apr_time_t chat_poller_polled_at(const chat_poller_t *poller)
{
    (void)poller;
    return now;
}

void chat_poller_stop(chat_poller_t *poller)
{
    (void)poller;
}

void chat_poller_reset(chat_poller_t *poller)
{
    (void)poller;
}

chat_typing_relay_t *chat_typing_relay_create(server_rec *s, chat_listener_t *listener,
                                              chat_publisher_t *publisher, apr_pool_t *p)
{
    (void)s, (void)listener, (void)publisher, (void)p;
    return (chat_typing_relay_t *)&something;
}

void chat_typing_relay_add(chat_typing_relay_t *relay, const chat_typing_change_t *typed)
{
    (void)relay, (void)typed;
    said++;
}

apr_status_t chat_typing_relay_notify(chat_typing_relay_t *relay, apr_time_t time, apr_pool_t *p)
{
    (void)relay, (void)time, (void)p;
    return APR_SUCCESS;
}

void chat_typing_relay_receive(chat_typing_relay_t *relay, const char *payload, apr_pool_t *p)
{
    (void)relay, (void)payload, (void)p;
}

apr_status_t chat_typing_relay_publish(chat_typing_relay_t *relay, apr_pool_t *p)
{
    (void)relay, (void)p;
    return APR_SUCCESS;
}

int chat_typing_relay_has_received(const chat_typing_relay_t *relay)
{
    (void)relay;
    return 0;
}

void chat_typing_relay_drop_received(chat_typing_relay_t *relay)
{
    (void)relay;
}

void chat_typing_relay_reset(chat_typing_relay_t *relay)
{
    (void)relay;
}

apr_time_t chat_typing_relay_deadline(chat_typing_relay_t *relay, apr_time_t latest)
{
    (void)relay;
    return latest;
}

/* ---- tests, in this order: a process has its feeds once ---- */

static int count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void a_feed_that_cannot_start_leaves_nothing_and_is_not_tried_at_each_commit(void **state)
{
    int before = count_descriptors();
    int i;

    (void)state;
    is_refused = 1;
    for (i = 0; i < COMMITS; i++)
        hook->committed(NULL);
    assert_int_equal(tries, 1);
    assert_int_equal(errors, 1);
    assert_int_equal(count_descriptors(), before);
    assert_null(chat_feed_outlet(NULL));
    for (i = 0; i < COMMITS; i++) {
        now += MINUTE;
        hook->committed(NULL);
    }
    assert_int_equal(tries, 1 + COMMITS);
    assert_int_equal(count_descriptors(), before);
}

static void it_starts_when_it_can(void **state)
{
    (void)state;
    is_refused = 0;
    now += MINUTE;
    assert_non_null(chat_feed_outlet(NULL));
    assert_int_equal(tries, 2 + COMMITS);
    hook->committed(NULL);
    while (!atomic_load(&turns))
        usleep(1000);
}

/* Sessions that end with the child still say so to the feed, on the event loop's thread, which ends
 * after the feeds. */
static void its_descriptor_is_open_until_the_event_loop_has_ended(void **state)
{
    struct pollfd fds = {.events = POLLIN};

    (void)state;
    chat_feed_join_all();
    assert_true(fcntl(wake_fd, F_GETFD) >= 0);
    chat_feed_note_typing((chat_publisher_t *)&something, &(chat_typing_change_t){.user_id = 1});
    assert_int_equal(said, 1);
    fds.fd = wake_fd;
    assert_int_equal(poll(&fds, 1, 0), 1);
    assert_int_equal(fds.revents, POLLIN);
    chat_feed_close_all();
    assert_int_equal(fcntl(wake_fd, F_GETFD), -1);
}

static int make(void **state)
{
    if (unit_make_pool(state) != 0)
        return -1;
    return chat_feed_child_init(*state) == APR_SUCCESS ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_feed_that_cannot_start_leaves_nothing_and_is_not_tried_at_each_commit),
        cmocka_unit_test(it_starts_when_it_can),
        cmocka_unit_test(its_descriptor_is_open_until_the_event_loop_has_ended),
    };

    return cmocka_run_group_tests(tests, make, unit_destroy_pool);
}
