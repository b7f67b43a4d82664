/*
 * The registry without httpd, event loop and feeds: connections only have an owner, and what a
 * session would send is counted here.
 */
#include "chat_unit.h"

#include <apr_strings.h>

#include <httpd.h>

#include <http_config.h>
#include <http_log.h>

#include "realtime/chat_encode.h"
#include "ws/chat_loop.h"
#include "ws/chat_registry.h"
#include "ws/chat_ws_session.h"

#define SESSIONS 3000
#define USERS 40 /* so that most have many, and some none */
#define DATABASES 2
#define STEPS 20000
#define FEW 4

typedef struct counted_t {
    chat_ws_session_t session;
    chat_conn_t conn;
    int is_open;
    int greeted;
    int resynced;
    int delivered;
    int sent;
    int ended;
} counted_t;

static chat_publisher_sink_t *sink;
static chat_config_t config;
static counted_t *all;
static int of_user;    /* what the quota counts */
static int of_address; /* likewise */
static int has_begun;
static int listeners;
static int closed; /* with which code */

/* ---- instead of httpd ---- */

module AP_MODULE_DECLARE_DATA chat_module = {.module_index = 0};

void ap_log_cerror_(const char *file, int line, int module_index, int level, apr_status_t status,
                    const conn_rec *c, const char *format, ...)
{
    (void)file, (void)line, (void)module_index, (void)level, (void)status, (void)c, (void)format;
}

static struct ap_logconf quiet = {.level = APLOG_EMERG};
static conn_rec client = {.log = &quiet};

/* ---- instead of the event loop and the connection ---- */

void chat_loop_post(chat_task_t *task)
{
    task->run(task);
}

void chat_loop_mark_dirty(chat_conn_t *conn)
{
    (void)conn;
}

void chat_conn_close(chat_conn_t *conn, int code)
{
    conn->state = CHAT_CONN_CLOSING;
    closed = code;
}

/* ---- instead of the feed ---- */

struct chat_publisher_t {
    apr_uint64_t database;
};

static chat_publisher_t publishers[DATABASES] = {{.database = 7}, {.database = 8}};

void chat_publisher_set_sink(chat_publisher_sink_t *new_sink)
{
    sink = new_sink;
}

apr_uint64_t chat_publisher_database(const chat_publisher_t *publisher)
{
    return publisher->database;
}

void chat_publisher_add_session(chat_publisher_t *publisher, apr_int64_t user_id)
{
    (void)publisher, (void)user_id;
    listeners++;
}

void chat_publisher_remove_session(chat_publisher_t *publisher, apr_int64_t user_id)
{
    (void)publisher, (void)user_id;
    listeners--;
}

int chat_publisher_has_started(const chat_publisher_t *publisher)
{
    (void)publisher;
    return has_begun;
}

const char *chat_publisher_epoch(const chat_publisher_t *publisher)
{
    (void)publisher;
    return "now";
}

void chat_publisher_taken(chat_publisher_t *publisher, const chat_batch_t *batch)
{
    (void)publisher, (void)batch;
}

void chat_batch_destroy(chat_batch_t *batch)
{
    free(batch);
}

chat_shared_buf_t *chat_encode_resync(json_object *ref, const char *epoch, apr_pool_t *p)
{
    (void)ref, (void)epoch, (void)p;
    return chat_shared_buf_raw("resync", 6);
}

void chat_quota_count(int *pof_user, int *pof_address, chat_quota_entry_t entry)
{
    (void)entry;
    *pof_user = of_user;
    *pof_address = of_address;
}

/* ---- instead of the session ---- */

void chat_ws_session_destroy(chat_ws_session_t *session)
{
    (void)session;
}

void chat_ws_session_greet(chat_ws_session_t *session, apr_pool_t *p)
{
    (void)p;
    session->is_greeted = 1;
    ((counted_t *)session)->greeted++;
}

void chat_ws_session_resync(chat_ws_session_t *session, chat_shared_buf_t *resync)
{
    assert_non_null(resync);
    ((counted_t *)session)->resynced++;
}

void chat_ws_session_deliver(chat_ws_session_t *session, const chat_ws_session_event_t *event)
{
    assert_non_null(event->buf);
    ((counted_t *)session)->delivered++;
}

void chat_ws_session_send(chat_ws_session_t *session, chat_shared_buf_t *buf)
{
    assert_non_null(buf);
    ((counted_t *)session)->sent++;
}

void chat_ws_session_on_message(chat_conn_t *conn, chat_opcode_t opcode, const char *bytes,
                                apr_size_t length)
{
    (void)conn, (void)opcode, (void)bytes, (void)length;
}

void chat_ws_session_on_drain(chat_conn_t *conn)
{
    (void)conn;
}

void chat_ws_session_on_tick(chat_conn_t *conn, apr_time_t now)
{
    (void)conn, (void)now;
}

void chat_ws_session_end(chat_ws_session_t *session)
{
    ((counted_t *)session)->ended++;
}

/* ---- what the tests do ---- */

static int make(void **state)
{
    void *configs[] = {&config};
    server_rec server = {.module_config = (ap_conf_vector_t *)configs};

    if (unit_make_pool(state) != 0)
        return -1;
    all = calloc(SESSIONS, sizeof *all);
    config.sockets_per_user_max = config.sockets_per_address_max = 0;
    has_begun = listeners = closed = 0;
    return chat_registry_child_init(&server, *state) == APR_SUCCESS ? 0 : -1;
}

static int destroy(void **state)
{
    free(all);
    return unit_destroy_pool(state);
}

#define REGISTRY_TEST(name) cmocka_unit_test_setup_teardown(name, make, destroy)

static void open_session(counted_t *one, int database, apr_int64_t user_id)
{
    memset(one, 0, sizeof *one);
    one->conn.owner = &one->session;
    one->conn.c = &client;
    one->session.publisher = &publishers[database];
    one->session.key.database = publishers[database].database;
    one->session.key.user_id = one->session.identity.user_id = user_id;
    apr_cpystrn(one->session.identity.epoch, "now", sizeof one->session.identity.epoch);
    one->is_open = 1;
    chat_registry_role.on_open(&one->conn);
}

static void end_session(counted_t *one)
{
    chat_registry_role.on_end(&one->conn);
    one->is_open = 0;
}

static void close_all(void)
{
    int i;

    for (i = 0; i < SESSIONS; i++)
        if (all[i].is_open)
            end_session(&all[i]);
}

/* A notice with one delivery: `buffer` NULL is the end of the user's sessions. */
static void publish(int database, apr_int64_t user_id, chat_shared_buf_t *buf, int is_unordered)
{
    chat_batch_t *batch = calloc(1, sizeof *batch);
    chat_batch_item_t *item = calloc(1, sizeof *item + sizeof item->recipients[0]);

    batch->publisher = &publishers[database];
    batch->first = item;
    item->count = 1;
    item->is_unordered = is_unordered;
    item->recipients[0].user_id = user_id;
    item->recipients[0].buf = buf;
    assert_int_equal(sink(batch), APR_SUCCESS);
    free(item);
}

static void begin(int database)
{
    chat_batch_t *batch = calloc(1, sizeof *batch);

    batch->publisher = &publishers[database];
    batch->is_start = 1;
    has_begun = 1;
    assert_int_equal(sink(batch), APR_SUCCESS);
}

static void check_user(int database, apr_int64_t user_id, chat_shared_buf_t *buf)
{
    int i;

    for (i = 0; i < SESSIONS; i++)
        all[i].delivered = 0;
    publish(database, user_id, buf, 0);
    for (i = 0; i < SESSIONS; i++)
        assert_int_equal(all[i].delivered, all[i].is_open &&
                                               all[i].session.publisher == &publishers[database] &&
                                               all[i].session.identity.user_id == user_id);
}

/* ---- tests ---- */

static void an_event_reaches_each_session_of_its_user_once(void **state)
{
    chat_shared_buf_t *buf = chat_shared_buf_raw("event", 5);
    uint64_t random = unit_random_start();
    int i;

    (void)state;
    has_begun = 1;
    for (i = 0; i < STEPS; i++) {
        counted_t *one = &all[unit_random(&random, SESSIONS)];

        if (one->is_open)
            end_session(one);
        else
            open_session(one, (int)unit_random(&random, DATABASES),
                         1 + (apr_int64_t)unit_random(&random, USERS));
        if (i % 50 == 0)
            check_user((int)unit_random(&random, DATABASES),
                       1 + (apr_int64_t)unit_random(&random, USERS), buf);
    }
    close_all();
    for (i = 1; i <= USERS; i++) {
        check_user(0, i, buf);
        check_user(1, i, buf);
    }
    assert_int_equal(listeners, 0);
    chat_shared_buf_unref(buf);
}

static void the_order_in_which_sessions_of_a_user_end_does_not_matter(void **state)
{
    chat_shared_buf_t *buf = chat_shared_buf_raw("event", 5);
    int first, second, i;

    (void)state;
    has_begun = 1;
    for (first = 0; first < FEW; first++)
        for (second = 0; second < FEW; second++) {
            for (i = 0; i < FEW; i++)
                open_session(&all[i], 0, 3);
            end_session(&all[first]);
            check_user(0, 3, buf);
            if (second != first)
                end_session(&all[second]);
            open_session(&all[FEW], 0, 3);
            check_user(0, 3, buf);
            close_all();
            check_user(0, 3, buf);
        }
    chat_shared_buf_unref(buf);
}

static void a_session_is_greeted_when_the_feed_has_begun(void **state)
{
    (void)state;
    open_session(&all[0], 0, 1);
    open_session(&all[1], 1, 1);
    assert_int_equal(all[0].greeted, 0);
    begin(0);
    assert_int_equal(all[0].greeted, 1);
    assert_int_equal(all[1].greeted, 0);
    open_session(&all[2], 0, 1);
    assert_int_equal(all[2].greeted, 1);
    begin(0);
    assert_int_equal(all[0].resynced, 1);
    assert_int_equal(all[0].greeted, 1);
    close_all();
}

static void an_event_before_the_greeting_is_not_sent(void **state)
{
    chat_shared_buf_t *buf = chat_shared_buf_raw("event", 5);

    (void)state;
    open_session(&all[0], 0, 1);
    publish(0, 1, buf, 0);
    publish(0, 1, buf, 1);
    assert_int_equal(all[0].delivered + all[0].sent, 0);
    begin(0);
    publish(0, 1, buf, 0);
    assert_int_equal(all[0].delivered, 1);
    publish(0, 1, buf, 1);
    assert_int_equal(all[0].sent, 1);
    close_all();
    chat_shared_buf_unref(buf);
}

static void a_session_of_another_epoch_is_closed(void **state)
{
    (void)state;
    open_session(&all[0], 0, 1);
    apr_cpystrn(all[0].session.identity.epoch, "then", sizeof all[0].session.identity.epoch);
    begin(0);
    assert_int_equal(all[0].greeted, 0);
    assert_int_equal(closed, CHAT_CLOSE_GOING_AWAY);
    close_all();
}

static void who_may_not_be_here_any_more_is_closed(void **state)
{
    (void)state;
    has_begun = 1;
    open_session(&all[0], 0, 1);
    publish(0, 2, NULL, 0);
    assert_int_equal(closed, 0);
    publish(0, 1, NULL, 0);
    assert_int_equal(closed, CHAT_CLOSE_POLICY);
    close_all();
}

static void a_session_above_a_limit_is_closed(void **state)
{
    (void)state;
    has_begun = 1;
    config.sockets_per_user_max = 2;
    config.sockets_per_address_max = 3;
    of_user = 2;
    of_address = 3;
    open_session(&all[0], 0, 1);
    assert_int_equal(closed, 0);
    of_user = 3;
    open_session(&all[1], 0, 1);
    assert_int_equal(closed, CHAT_CLOSE_TRY_LATER);
    assert_int_equal(all[1].greeted, 0);
    closed = 0;
    of_user = 1;
    of_address = 4;
    open_session(&all[2], 0, 1);
    assert_int_equal(closed, CHAT_CLOSE_TRY_LATER);
    close_all();
}

static void what_ends_before_it_opens_was_not_registered(void **state)
{
    (void)state;
    all[0].conn.owner = &all[0].session;
    chat_registry_role.on_end(&all[0].conn);
    assert_int_equal(all[0].ended, 0);
    assert_int_equal(listeners, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGISTRY_TEST(an_event_reaches_each_session_of_its_user_once),
        REGISTRY_TEST(the_order_in_which_sessions_of_a_user_end_does_not_matter),
        REGISTRY_TEST(a_session_is_greeted_when_the_feed_has_begun),
        REGISTRY_TEST(an_event_before_the_greeting_is_not_sent),
        REGISTRY_TEST(a_session_of_another_epoch_is_closed),
        REGISTRY_TEST(who_may_not_be_here_any_more_is_closed),
        REGISTRY_TEST(a_session_above_a_limit_is_closed),
        REGISTRY_TEST(what_ends_before_it_opens_was_not_registered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
