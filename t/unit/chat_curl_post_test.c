#include "chat_unit.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <apr_strings.h>

#include "notify/chat_curl.h"

#define AT_ONCE 4
#define LONG apr_time_from_sec(60)

static int handlers; /* that were registered */

int on_exit(void (*handler)(int, void *), void *data)
{
    (void)handler;
    (void)data;
    handlers++;
    return 0;
}

static chat_curl_posts_t *make_posts(apr_pool_t *p)
{
    chat_curl_posts_t *posts;

    assert_int_equal(chat_curl_init(p), APR_SUCCESS);
    posts = chat_curl_posts_create(AT_ONCE, p);
    assert_non_null(posts);
    return posts;
}

static apr_status_t begin(chat_curl_posts_t *posts, const char *url, int may_be_private, void *data,
                          apr_pool_t *p)
{
    chat_curl_post_t post = {.url = url, .body = "x", .length = 1};

    post.may_be_private = may_be_private;
    post.headers = apr_array_make(p, 1, sizeof(const char *));
    return chat_curl_posts_begin(posts, &post, data);
}

static void *wait_for_one(chat_curl_answer_t *answer, chat_curl_posts_t *posts)
{
    void *data;

    do
        data = chat_curl_posts_next(answer, posts, LONG);
    while (!data);
    return data;
}

static void post_to(chat_curl_answer_t *answer, chat_curl_posts_t *posts, const char *url,
                    int may_be_private, apr_pool_t *p)
{
    int data;

    assert_int_equal(begin(posts, url, may_be_private, &data, p), APR_SUCCESS);
    assert_ptr_equal(wait_for_one(answer, posts), &data);
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

/* libcurl's thread may be asking a name server still, so the process runs no exit handlers. */
static void one_that_is_stopped_before_it_has_an_address_leaves_a_thread(void **state)
{
    chat_curl_posts_t *posts = make_posts(*state);
    int data;

    assert_int_equal(begin(posts, "https://chat.invalid/x", 0, &data, *state), APR_SUCCESS);
    assert_int_equal(handlers, 0);
    chat_curl_posts_stop(posts);
    assert_int_equal(handlers, 1);
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
    chat_curl_posts_t *posts = make_posts(*state);
    chat_curl_answer_t answer;
    int port, listener = listen_somewhere(&port);
    size_t i;

    for (i = 0; i < UNIT_COUNT(hosts); i++) {
        const char *url = apr_psprintf(*state, "https://%s:%d/x", hosts[i], port);

        post_to(&answer, posts, url, 0, *state);
        if (!strstr(answer.reason, "no public address"))
            fail_msg("%s: %s", hosts[i], answer.reason);
    }
    nobody_has_come(listener);
}

/* A proxy would make the connection in our place. */
static void no_proxy_of_the_environment_is_used(void **state)
{
    chat_curl_posts_t *posts = make_posts(*state);
    chat_curl_answer_t answer;
    int port, listener = listen_somewhere(&port);
    const char *proxy = apr_psprintf(*state, "http://127.0.0.1:%d", port);

    setenv("https_proxy", proxy, 1);
    setenv("ALL_PROXY", proxy, 1);
    post_to(&answer, posts, "https://127.0.0.1:1/x", 1, *state); /* where nobody listens */
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
    nobody_has_come(listener);
}

static void only_https_is_spoken(void **state)
{
    static const char *const urls[] = {"http://127.0.0.1:9/x", "file:///etc/passwd",
                                       "smtp://127.0.0.1:9/", "gopher://127.0.0.1:9/x"};
    chat_curl_posts_t *posts = make_posts(*state);
    chat_curl_answer_t answer;
    size_t i;

    for (i = 0; i < UNIT_COUNT(urls); i++) {
        post_to(&answer, posts, urls[i], 1, *state);
        assert_non_null(strstr(answer.reason, "libcurl 1)")); /* CURLE_UNSUPPORTED_PROTOCOL */
    }
}

static void an_exemption_may_be_private(void **state)
{
    chat_curl_posts_t *posts = make_posts(*state);
    chat_curl_answer_t answer;

    post_to(&answer, posts, "https://127.0.0.1:1/x", 1, *state); /* where nobody listens */
    assert_null(strstr(answer.reason, "no public address"));
}

/* What waits for an answer does not hold up the others; and it can be given up. */
static void several_run_at_once(void **state)
{
    chat_curl_posts_t *posts = make_posts(*state);
    int port, listener = listen_somewhere(&port), i, ended = 0, data[AT_ONCE];
    const char *silent = apr_psprintf(*state, "https://127.0.0.1:%d/x", port);
    chat_curl_answer_t answer;

    for (i = 0; i < AT_ONCE - 1; i++)
        assert_int_equal(begin(posts, silent, 1, &data[i], *state), APR_SUCCESS);
    assert_int_equal(chat_curl_posts_room(posts), 1);
    assert_int_equal(begin(posts, "https://127.0.0.1:1/x", 1, &data[i], *state), APR_SUCCESS);
    assert_int_equal(begin(posts, silent, 1, &data[0], *state), APR_ENOSPC);
    while (wait_for_one(&answer, posts) != &data[i])
        ended++; /* only if this machine does nothing for seconds */
    assert_true(ended < AT_ONCE - 1);
    chat_curl_posts_stop(posts);
    assert_int_equal(chat_curl_posts_room(posts), AT_ONCE);
    assert_null(chat_curl_posts_next(&answer, posts, LONG));
    post_to(&answer, posts, "https://127.0.0.1:1/x", 1, *state);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(one_that_is_stopped_before_it_has_an_address_leaves_a_thread),
        UNIT_TEST(no_spelling_leads_to_a_private_address),
        UNIT_TEST(no_proxy_of_the_environment_is_used),
        UNIT_TEST(only_https_is_spoken),
        UNIT_TEST(an_exemption_may_be_private),
        UNIT_TEST(several_run_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
