/*
 * The last result of a server is one atomic word in shared memory: the state of the database, the
 * version of its schema, and the time. A second word is a lock with a timeout, held by the request
 * that queries the database, so that a database that does not answer occupies only one connection
 * of the pool. If the process that holds it dies, it expires.
 */
#include "api/chat_api_health.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include <apr_shm.h>
#include <apr_strings.h>

#include <http_protocol.h>
#include <http_request.h>

#include "core/chat_clock.h"
#include "core/chat_json_member.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "db/chat_db.h"

#define FRESH_MS 1000     /* the result is used without a query */
#define USABLE_MS 3000    /* the result is used while another request queries */
#define PATIENCE_MS 250   /* the wait for a connection of the pool, or for the other request */
#define GIVEN_UP_MS 15000 /* the lock expires; longer than any timeout of a query */
#define POLL_MS 10
#define BODY_BYTES_EXPECTED 256
#define SCHEMA_MAX 0xffff

/* The states of the database. */
typedef enum { UNKNOWN, FINE, BUSY, AWAY, NO_SCHEMA, REFUSED } state_t;

static const char *const state_words[] = {
    [UNKNOWN] = "away", [FINE] = "ok",          [BUSY] = "busy",
    [AWAY] = "away",    [NO_SCHEMA] = "schema", [REFUSED] = "refused",
};

typedef struct finding_t {
    int64_t at_ms; /* 44 bits are stored */
    int schema;    /* 0: unknown */
    state_t state;
} finding_t;

/* One server's, in shared memory. */
typedef struct record_t {
    _Atomic uint64_t finding;       /* 0: no result yet */
    _Atomic int64_t query_since_ms; /* when the running query began; 0: there is none */
} record_t;

static struct {
    server_rec *main_server;
    record_t *records; /* in the order of the servers */
} health;

/* ---- the last result ---- */

static int64_t now_ms(void)
{
    return (int64_t)apr_time_as_msec(chat_clock_now());
}

static finding_t read_finding(record_t *record)
{
    uint64_t word = atomic_load(&record->finding);
    finding_t finding = {.at_ms = (int64_t)(word >> 20),
                         .schema = (int)(word >> 4 & SCHEMA_MAX),
                         .state = (state_t)(word & 0xf)};

    return finding;
}

static void write_finding(record_t *record, const finding_t *finding)
{
    int schema = finding->schema < SCHEMA_MAX ? finding->schema : SCHEMA_MAX;

    atomic_store(&record->finding,
                 (uint64_t)finding->at_ms << 20 | (uint64_t)schema << 4 | (uint64_t)finding->state);
}

static int is_younger(const finding_t *finding, int64_t age_ms)
{
    return finding->state != UNKNOWN && now_ms() - finding->at_ms < age_ms;
}

static record_t *record_of(const server_rec *server)
{
    record_t *record = health.records;
    const server_rec *s;

    for (s = health.main_server; s && s != server; s = s->next)
        record++;
    return record;
}

/* ---- querying the database ---- */

static state_t state_of(apr_status_t rv)
{
    switch (rv) {
    case APR_SUCCESS:
        return FINE;
    case CHAT_DB_BUSY:
    case CHAT_DB_FULL:
        return BUSY;
    case CHAT_DB_SCHEMA:
        return NO_SCHEMA;
    case CHAT_DB_REFUSED:
    case CHAT_DB_UNFIT:
        return REFUSED;
    default:
        return AWAY;
    }
}

/* Log each change once, from the child that has found it. */
static void log_change(request_rec *r, state_t before, state_t now, const char *cause)
{
    if (before == now || (before == UNKNOWN && now == FINE))
        return;
    if (now == FINE)
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "health: the database is available again");
    else
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "health: database %s: %s", state_words[now],
                      cause);
}

typedef struct schema_t {
    int version;
} schema_t;

static const chat_column_t schema_columns[] = {CHAT_COLUMN(schema_t, version)};
static const chat_record_t schema_record = CHAT_RECORD(schema_columns);
static const chat_query_t schema_query = {CHAT_SQL_SCHEMA_VERSION, {&schema_record}};

/* A connection may be older than a migration, so the version is queried each time. */
static apr_status_t read_schema(int *pversion, const char **pcause, chat_db_t *db, apr_pool_t *p)
{
    chat_rows_t *rows;
    schema_t schema = {0};
    apr_status_t rv = chat_db_select(&rows, db, &schema_query, NULL, 0);

    *pversion = 0;
    *pcause = chat_db_cause(db);
    if (rv != APR_SUCCESS)
        return rv;
    if (chat_rows_next(rows))
        chat_rows_read(&schema, rows, &schema_record);
    *pversion = schema.version;
    if (*pversion >= chat_sql_schema_min && *pversion <= chat_sql_schema_max)
        return APR_SUCCESS;
    *pcause = apr_psprintf(p,
                           "its schema has version %d, this module supports %d to %d; run "
                           "chat-migrate",
                           *pversion, chat_sql_schema_min, chat_sql_schema_max);
    return CHAT_DB_SCHEMA;
}

/* The pool may be busy because the database does not answer: "away" stays until it does. */
static void ask_database(finding_t *finding, request_rec *r)
{
    chat_db_t *db = chat_db_create(r->server, r, apr_time_from_msec(PATIENCE_MS), r->pool);
    state_t before = finding->state;
    const char *cause;
    apr_status_t rv = read_schema(&finding->schema, &cause, db, r->pool);

    if (rv != CHAT_DB_BUSY || before != AWAY)
        finding->state = state_of(rv);
    finding->at_ms = now_ms();
    apr_table_setn(r->notes, "chat-statements", apr_itoa(r->pool, chat_db_statements(db)));
    log_change(r, before, finding->state, cause);
}

static int take_turn(record_t *record, int64_t *psince)
{
    int64_t since = atomic_load(&record->query_since_ms);

    *psince = now_ms();
    if (since && *psince - since < GIVEN_UP_MS)
        return 0;
    return atomic_compare_exchange_strong(&record->query_since_ms, &since, *psince);
}

static void end_turn(record_t *record, int64_t since)
{
    atomic_compare_exchange_strong(&record->query_since_ms, &since, 0);
}

/* Whether another request queries the database, and has begun to a short time ago. */
static int is_result_expected(record_t *record)
{
    int64_t since = atomic_load(&record->query_since_ms);

    return since && now_ms() - since < PATIENCE_MS;
}

/* Another request queries the database: wait for its result for a short time. */
static finding_t await_finding(record_t *record)
{
    int is_expected = is_result_expected(record);
    finding_t finding =
        read_finding(record); /* after the lock, which is released after the result */

    while (is_expected && !is_younger(&finding, USABLE_MS)) {
        apr_sleep(apr_time_from_msec(POLL_MS));
        is_expected = is_result_expected(record);
        finding = read_finding(record);
    }
    if (finding.state == FINE && !is_younger(&finding, USABLE_MS))
        finding.state = BUSY;
    return finding;
}

static finding_t find(request_rec *r)
{
    record_t *record = record_of(r->server);
    finding_t finding = read_finding(record);
    int64_t since;

    if (is_younger(&finding, FRESH_MS))
        return finding;
    if (!take_turn(record, &since))
        return await_finding(record);
    finding = read_finding(record); /* another request may have finished just now */
    if (!is_younger(&finding, FRESH_MS)) {
        ask_database(&finding, r);
        write_finding(record, &finding);
    }
    end_turn(record, since);
    return finding;
}

/* ---- the answer ---- */

static int is_served(state_t state)
{
    return state == FINE || state == BUSY;
}

static const char *feed_word(const apr_int64_t *now)
{
    if (now[CHAT_GAUGE_FEEDS_AWAY])
        return "away";
    return now[CHAT_GAUGE_FEEDS] ? "ok" : "idle";
}

static const char *loop_word(const apr_int64_t *now)
{
    if (now[CHAT_GAUGE_LOOPS_FAILED])
        return "failed";
    return now[CHAT_GAUGE_LOOPS] ? "ok" : "off";
}

static int is_mail_paused(void)
{
    return chat_metrics_read(CHAT_COUNTER_MAIL_PAUSED_UNTIL) != 0;
}

static const char *notifier_word(const apr_int64_t *now)
{
    if (now[CHAT_GAUGE_WORKERS_AWAY])
        return "away";
    if (is_mail_paused())
        return "paused";
    return now[CHAT_GAUGE_WORKERS] ? "ok" : "idle";
}

static const char *mail_word(const apr_int64_t *now)
{
    if (!now[CHAT_GAUGE_MAILERS])
        return "off";
    return is_mail_paused() ? "failing" : "ok";
}

/* How long ago the index had all messages last, in seconds; null: there is no search here. */
static void write_search_lag(chat_json_t *json, const chat_config_t *config)
{
    apr_uint64_t at = config->search_slot < 0
                          ? 0
                          : chat_metrics_read(CHAT_COUNTER_INDEXED_AT + config->search_slot);
    apr_interval_time_t lag = chat_clock_now() - (apr_time_t)at;

    if (at)
        chat_json_member_integer(json, "search_lag_s", lag > 0 ? apr_time_sec(lag) : 0);
    else
        chat_json_member_null(json, "search_lag_s");
}

static const char *status_word(state_t database, const apr_int64_t *now)
{
    if (!is_served(database))
        return "unavailable";
    return database == BUSY || now[CHAT_GAUGE_FEEDS_AWAY] || now[CHAT_GAUGE_LOOPS_FAILED]
               ? "degraded"
               : "ok";
}

static const char *write_body(apr_size_t *length, const finding_t *finding,
                              const chat_config_t *config, apr_pool_t *p)
{
    chat_json_t *json = chat_json_create(BODY_BYTES_EXPECTED, p);
    apr_int64_t now[CHAT_GAUGE_COUNT];

    chat_metrics_gauge_totals(now);
    chat_json_object_begin(json);
    chat_json_member_string(json, "status", status_word(finding->state, now));
    chat_json_member_string(json, "database", state_words[finding->state]);
    chat_json_member_id(json, "schema", finding->schema);
    chat_json_member_string(json, "feed", feed_word(now));
    chat_json_member_integer(json, "sockets", now[CHAT_GAUGE_SOCKETS]);
    chat_json_member_string(json, "hub", loop_word(now));
    chat_json_member_string(json, "notifier", notifier_word(now));
    chat_json_member_string(json, "mail", mail_word(now));
    write_search_lag(json, config);
    chat_json_object_end(json);
    return chat_json_bytes(json, length);
}

int chat_api_health_handle(request_rec *r)
{
    finding_t finding;
    const char *body;
    apr_size_t length;

    if (!r->handler || strcmp(r->handler, "chat-health") != 0)
        return DECLINED;
    if (r->method_number != M_GET) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
        return HTTP_METHOD_NOT_ALLOWED;
    }
    finding = find(r);
    body = write_body(&length, &finding,
                      ap_get_module_config(r->server->module_config, &chat_module), r->pool);
    ap_set_content_type(r, "application/json");
    ap_set_content_length(r, (apr_off_t)length);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    if (!is_served(finding.state)) {
        r->status = HTTP_SERVICE_UNAVAILABLE; /* and OK below, or httpd would add its own page */
        apr_table_setn(r->err_headers_out, "Retry-After", "1");
    }
    ap_rwrite(body, (int)length, r);
    return OK;
}

/* ---- start ---- */

apr_status_t chat_api_health_post_config(server_rec *main_server, apr_pool_t *pconf)
{
    apr_size_t bytes = 0;
    const server_rec *s;
    apr_shm_t *shm;
    apr_status_t rv;

    for (s = main_server; s; s = s->next)
        bytes += sizeof *health.records;
    rv = apr_shm_create(&shm, bytes, NULL, pconf);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, main_server,
                     "cannot create shared memory for the health of the database");
        return rv;
    }
    health.main_server = main_server;
    health.records = apr_shm_baseaddr_get(shm);
    memset((void *)health.records, 0, bytes);
    return APR_SUCCESS;
}
