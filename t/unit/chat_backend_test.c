/* A connection that has something to read, or to be answered, is not used for another statement. */
#include "chat_unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <apr_strings.h>

#include <httpd.h>

#include <http_config.h>
#include <http_log.h>

#include <postgresql/libpq-fe.h>

#include "db/chat_backend.h"

/* What libpq takes for a server: "authenticated", then "ready for queries". */
static const char welcome[] = "R\0\0\0\10\0\0\0\0Z\0\0\0\5I";
/* The answer to "select": a row without columns, "complete", "ready". */
static const char row[] = "T\0\0\0\6\0\0D\0\0\0\6\0\0";
static const char complete[] = "C\0\0\0\15SELECT 1\0Z\0\0\0\5I";
/* What comes without a question: a setting that has changed; "terminating". */
static const char setting[] = "S\0\0\0\22TimeZone\0UTC\0\0";
static const char terminating[] = "E\0\0\0\20SFATAL\0C57P01\0\0";

server_rec *ap_server_conf;
module AP_MODULE_DECLARE_DATA chat_module = {.module_index = 0};

void ap_log_error_(const char *file, int line, int module_index, int level, apr_status_t status,
                   const server_rec *s, const char *format, ...)
{
    (void)file, (void)line, (void)module_index, (void)level, (void)status, (void)s, (void)format;
}

static int server; /* the other end */

static void say(const char *message, size_t length)
{
    assert_int_equal(write(server, message, length), length);
}

#define SAY(message) say(message, sizeof(message) - 1)

/* Until libpq has what the server has said before. */
static void await(PGconn *pq)
{
    struct pollfd fd = {.fd = PQsocket(pq), .events = POLLIN};

    assert_int_equal(poll(&fd, 1, -1), 1);
}

static PGconn *connect_to(int listening, in_port_t port, apr_pool_t *p)
{
    PGconn *pq = PQconnectStart(apr_psprintf(
        p, "host=127.0.0.1 port=%d user=u dbname=d sslmode=disable gssencmode=disable", port));
    char startup[4096];

    server = accept(listening, NULL, NULL);
    while (PQconnectPoll(pq) != PGRES_POLLING_READING)
        assert_int_not_equal(PQstatus(pq), CONNECTION_BAD);
    assert_true(read(server, startup, sizeof startup) > 0);
    SAY(welcome);
    while (PQconnectPoll(pq) != PGRES_POLLING_OK)
        assert_int_not_equal(PQstatus(pq), CONNECTION_BAD);
    PQsetnonblocking(pq, 1);
    return pq;
}

static PGconn *connected(apr_pool_t *p)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    PGconn *pq;

    assert_int_equal(bind(listening, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &size), 0);
    pq = connect_to(listening, ntohs(address.sin_port), p);
    close(listening);
    return pq;
}

static void end(PGconn *pq)
{
    PQfinish(pq);
    close(server);
}

static void an_idle_connection_is_used_again(void **state)
{
    PGconn *pq = connected(*state);

    assert_false(chat_backend_is_stale(pq));
    SAY(setting);
    await(pq);
    assert_false(chat_backend_is_stale(pq));
    end(pq);
}

static void one_that_is_to_be_answered_is_not(void **state)
{
    PGconn *pq = connected(*state);

    assert_true(PQsendQuery(pq, "select"));
    assert_true(chat_backend_is_stale(pq));
    SAY(row);
    await(pq);
    assert_true(chat_backend_is_stale(pq));
    end(pq);
}

/* libpq would give the rest as the result of the next statement. */
static void one_whose_rows_were_not_read_to_the_end_is_not(void **state)
{
    PGconn *pq = connected(*state);
    PGresult *result;

    assert_true(PQsendQuery(pq, "select"));
    assert_true(PQsetSingleRowMode(pq));
    SAY(row);
    SAY(complete);
    result = PQgetResult(pq);
    assert_int_equal(PQresultStatus(result), PGRES_SINGLE_TUPLE);
    PQclear(result);
    assert_true(chat_backend_is_stale(pq));
    while ((result = PQgetResult(pq)))
        PQclear(result);
    assert_false(chat_backend_is_stale(pq));
    end(pq);
}

static void one_that_the_server_closes_is_not(void **state)
{
    PGconn *pq = connected(*state);

    SAY(terminating);
    shutdown(server, SHUT_RDWR);
    await(pq);
    assert_true(chat_backend_is_stale(pq));
    end(pq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(an_idle_connection_is_used_again),
        UNIT_TEST(one_that_is_to_be_answered_is_not),
        UNIT_TEST(one_whose_rows_were_not_read_to_the_end_is_not),
        UNIT_TEST(one_that_the_server_closes_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
