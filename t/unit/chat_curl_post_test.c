#include "chat_unit.h"

#include <string.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <apr_strings.h>

#include "notify/chat_curl.h"

static int never(void)
{
    return 0;
}

static int now(void)
{
    return 1;
}

static chat_curl_t *make_curl(int (*must_stop)(void), apr_pool_t *p)
{
    assert_int_equal(chat_curl_init(p), APR_SUCCESS);
    return chat_curl_create(must_stop, p);
}

static void post_to(chat_curl_answer_t *answer, chat_curl_t *curl, const char *url,
                    int may_be_private, apr_pool_t *p)
{
    chat_curl_post_t post = {.url = url, .body = "x", .length = 1};

    post.may_be_private = may_be_private;
    post.headers = apr_array_make(p, 1, sizeof(const char *));
    chat_curl_post(answer, curl, &post);
    assert_int_equal(answer->status, 0);
}

/* A port of this machine where somebody listens, and never answers. */
static int listen_somewhere(int *pport)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 16), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    *pport = ntohs(address.sin_port);
    return listener;
}

static void nobody_has_come(int listener)
{
    assert_int_equal(accept(listener, NULL, NULL), -1);
    close(listener);
}

/* However it is written, and although somebody listens there. */
static void no_spelling_leads_to_a_private_address(void **state)
{
    static const char *const hosts[] = {
        "127.0.0.1",
        "localhost",
        "[::1]",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "127.1",
        "169.254.169.254",
        "10.0.0.1",
        "100.64.1.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[fd00::1]",
        "[fe80::1]",
        "0.0.0.0",
        "[::]",
        "192.168.1.1",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::1]",
    };
    chat_curl_t *curl = make_curl(never, *state);
    chat_curl_answer_t answer;
    int port, listener = listen_somewhere(&port);
    size_t i;

    for (i = 0; i < UNIT_COUNT(hosts); i++) {
        const char *url = apr_psprintf(*state, "https://%s:%d/x", hosts[i], port);

        post_to(&answer, curl, url, 0, *state);
        if (!strstr(answer.reason, "no public address"))
            fail_msg("%s: %s", hosts[i], answer.reason);
    }
    nobody_has_come(listener);
}

/* A proxy would make the connection in our place. */
static void no_proxy_of_the_environment_is_used(void **state)
{
    chat_curl_t *curl = make_curl(never, *state);
    chat_curl_answer_t answer;
    int port, listener = listen_somewhere(&port);
    const char *proxy = apr_psprintf(*state, "http://127.0.0.1:%d", port);

    setenv("https_proxy", proxy, 1);
    setenv("ALL_PROXY", proxy, 1);
    post_to(&answer, curl, "https://127.0.0.1:1/x", 1, *state); /* where nobody listens */
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
    nobody_has_come(listener);
}

static void only_https_is_spoken(void **state)
{
    static const char *const urls[] = {"http://127.0.0.1:9/x", "file:///etc/passwd",
                                       "smtp://127.0.0.1:9/", "gopher://127.0.0.1:9/x"};
    chat_curl_t *curl = make_curl(never, *state);
    chat_curl_answer_t answer;
    size_t i;

    for (i = 0; i < UNIT_COUNT(urls); i++) {
        post_to(&answer, curl, urls[i], 1, *state);
        assert_non_null(strstr(answer.reason, "libcurl 1)")); /* CURLE_UNSUPPORTED_PROTOCOL */
    }
}

static void an_exemption_may_be_private(void **state)
{
    chat_curl_t *curl = make_curl(never, *state);
    chat_curl_answer_t answer;

    post_to(&answer, curl, "https://127.0.0.1:1/x", 1, *state); /* where nobody listens */
    assert_null(strstr(answer.reason, "no public address"));
    assert_false(answer.is_stopped);
}

static void who_must_stop_does(void **state)
{
    chat_curl_answer_t answer;
    int port, listener = listen_somewhere(&port);

    post_to(&answer, make_curl(now, *state), apr_psprintf(*state, "https://127.0.0.1:%d/x", port),
            1, *state);
    assert_true(answer.is_stopped);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(no_spelling_leads_to_a_private_address),
        UNIT_TEST(no_proxy_of_the_environment_is_used),
        UNIT_TEST(only_https_is_spoken),
        UNIT_TEST(an_exemption_may_be_private),
        UNIT_TEST(who_must_stop_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
