/* A database that has come back serves all who wait for it, by one look. */
#include "chat_unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include <apr_strings.h>

#include "db/chat_backend.h"
#include "db/chat_breaker.h"

#define WAITERS 12
#define PATIENCE apr_time_from_sec(60) /* of a request; no test takes as long */

/* What libpq takes for a server: "authenticated", then "ready for queries". */
static const char welcome[] = "R\0\0\0\10\0\0\0\0Z\0\0\0\5I";

static struct {
    int fd;
    atomic_int looks; /* connections that it has taken */
    atomic_int waiting;
    atomic_int admitted;
} server;

/* Of the file of that name, which needs httpd. */
const char *chat_backend_error(const struct pg_result *result, const struct pg_conn *pq,
                               apr_pool_t *p)
{
    (void)result;
    (void)pq;
    (void)p;
    return "the test's";
}

/* It lets the first one wait until the others wait for that one. */
static void *serve(void *unused)
{
    int fd;

    while ((fd = accept(server.fd, NULL, NULL)) >= 0) {
        char startup[4096];

        atomic_fetch_add(&server.looks, 1);
        while (atomic_load(&server.waiting) < WAITERS)
            usleep(1000);
        if (read(fd, startup, sizeof startup) > 0 &&
            write(fd, welcome, sizeof welcome - 1) == sizeof welcome - 1)
            while (read(fd, startup, sizeof startup) > 0)
                ;
        close(fd);
    }
    return unused;
}

static chat_breaker_t *away(apr_pool_t *p)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    chat_breaker_t *breaker;

    server.fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server.fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server.fd, WAITERS), 0);
    assert_int_equal(getsockname(server.fd, (struct sockaddr *)&address, &size), 0);
    atomic_store(&server.looks, 0);
    atomic_store(&server.waiting, 0);
    atomic_store(&server.admitted, 0);
    breaker = chat_breaker_create(apr_psprintf(p,
                                               "host=127.0.0.1 port=%d user=u dbname=d "
                                               "sslmode=disable gssencmode=disable",
                                               ntohs(address.sin_port)),
                                  p);
    assert_non_null(breaker);
    assert_true(chat_breaker_note_away(breaker));
    assert_false(chat_breaker_note_away(breaker));
    return breaker;
}

static void *wait_for_it(void *breaker)
{
    apr_pool_t *p;
    const char *cause = NULL;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    atomic_fetch_add(&server.waiting, 1);
    atomic_fetch_add(&server.admitted, chat_breaker_admits(breaker, 0, PATIENCE, &cause, p));
    apr_pool_destroy(p);
    return NULL;
}

static void end(pthread_t thread)
{
    shutdown(server.fd, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(server.fd);
}

static void one_look_admits_all_who_wait(void **state)
{
    chat_breaker_t *breaker = away(*state);
    pthread_t waiters[WAITERS], served;
    apr_time_t since = chat_breaker_away_since(breaker);

    pthread_create(&served, NULL, serve, NULL);
    for (int i = 0; i < WAITERS; i++)
        pthread_create(&waiters[i], NULL, wait_for_it, breaker);
    for (int i = 0; i < WAITERS; i++)
        pthread_join(waiters[i], NULL);
    assert_int_equal(atomic_load(&server.admitted), WAITERS);
    assert_int_equal(atomic_load(&server.looks), 1);
    assert_true(since && chat_breaker_away_since(breaker) == since); /* until somebody connects */
    assert_true(chat_breaker_note_there(breaker));
    assert_false(chat_breaker_note_there(breaker));
    assert_true(chat_breaker_away_since(breaker) == 0);
    end(served);
}

static void after_a_failure_it_is_looked_for_anew(void **state)
{
    chat_breaker_t *breaker = away(*state);
    pthread_t served;

    atomic_store(&server.waiting, WAITERS);
    pthread_create(&served, NULL, serve, NULL);
    wait_for_it(breaker);
    wait_for_it(breaker);
    assert_int_equal(atomic_load(&server.looks), 1);
    chat_breaker_note_away(breaker);
    wait_for_it(breaker);
    assert_int_equal(atomic_load(&server.looks), 2);
    assert_int_equal(atomic_load(&server.admitted), 3);
    end(served);
}

static void nobody_is_there(void **state)
{
    chat_breaker_t *breaker = away(*state);
    const char *cause = NULL;

    close(server.fd);
    assert_false(chat_breaker_admits(breaker, 0, 0, &cause, *state));
    assert_string_equal(cause, "the test's");
    assert_false(chat_breaker_admits(breaker, 1, 0, &cause, *state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(one_look_admits_all_who_wait),
        UNIT_TEST(after_a_failure_it_is_looked_for_anew),
        UNIT_TEST(nobody_is_there),
    };

    return cmocka_run_group_tests_name("chat_breaker", tests, NULL, NULL);
}
