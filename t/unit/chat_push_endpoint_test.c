#include "chat_unit.h"

#include <string.h>

#include <apr_strings.h>

#include "guard/chat_push_endpoint.h"

static apr_array_header_t *hosts;
static apr_array_header_t *exemptions;

static const char *fault_of(chat_push_endpoint_t *endpoint, const char *url, apr_pool_t *p)
{
    /* Without the NUL, so that nothing relies on it. */
    char *bytes = malloc(strlen(url) + 1);
    const char *fault;

    memcpy(bytes, url, strlen(url));
    bytes[strlen(url)] = 'x';
    fault = chat_push_endpoint_read(endpoint, bytes, strlen(url), exemptions, hosts, p);
    free(bytes);
    return fault;
}

static void add_exemption(const char *text, apr_pool_t *p)
{
    assert_null(chat_push_endpoint_read_exemption(apr_array_push(exemptions), text, p));
}

static void add_host(const char *text, apr_pool_t *p)
{
    assert_null(chat_push_endpoint_read_pattern(apr_array_push(hosts), text, p));
}

static int make_none(void **state)
{
    hosts = exemptions = NULL;
    return unit_make_pool(state);
}

static int make_lists(void **state)
{
    int rv = unit_make_pool(state);

    hosts = apr_array_make(*state, 4, sizeof(chat_push_host_t));
    exemptions = apr_array_make(*state, 4, sizeof(chat_push_host_t));
    return rv;
}

#define WITH_LISTS(name) cmocka_unit_test_setup_teardown(name, make_lists, unit_destroy_pool)
#define WITHOUT(name) cmocka_unit_test_setup_teardown(name, make_none, unit_destroy_pool)

static void the_services_of_browsers_are_read(void **state)
{
    static const struct {
        const char *url, *host;
    } cases[] = {
        {"https://fcm.googleapis.com/fcm/send/a:b", "fcm.googleapis.com"},
        {"https://updates.push.services.mozilla.com/wpush/v2/x",
         "updates.push.services.mozilla.com"},
        {"https://web.push.apple.com/QGu", "web.push.apple.com"},
        {"https://wns2-par02p.notify.windows.com/w/?token=a%3d", "wns2-par02p.notify.windows.com"},
        {"HTTPS://Push.Example.ORG:443/", "push.example.org"},
    };
    chat_push_endpoint_t endpoint;
    size_t i;

    for (i = 0; i < UNIT_COUNT(cases); i++) {
        assert_null(fault_of(&endpoint, cases[i].url, *state));
        assert_string_equal(endpoint.host, cases[i].host);
        assert_int_equal(endpoint.port, 443);
        assert_string_equal(endpoint.origin, apr_pstrcat(*state, "https://", cases[i].host, NULL));
        assert_false(endpoint.is_exempt);
    }
}

/* t/push.t has the list of what is refused; here is what only a caller in C could give. */
static void no_byte_of_the_host_may_be_another_character(void **state)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./";
    char url[] = "https://pushXservice.example.org/x";
    chat_push_endpoint_t endpoint;
    int c;

    for (c = 0; c < 256; c++) {
        url[12] = (char)c;
        if (c == 0)
            assert_non_null(
                chat_push_endpoint_read(&endpoint, url, sizeof url - 1, NULL, NULL, *state));
        else if (strchr(allowed, c) && c != '/')
            assert_null(fault_of(&endpoint, url, *state));
        else
            assert_non_null(fault_of(&endpoint, url, *state));
    }
}

static void a_cut_url_has_a_fault_until_its_path_begins(void **state)
{
    static const char url[] = "https://push.example.org/x";
    chat_push_endpoint_t endpoint;
    size_t length;

    for (length = 0; length < sizeof url - 1; length++)
        assert_int_equal(fault_of(&endpoint, apr_pstrmemdup(*state, url, length), *state) == NULL,
                         length > strlen("https://push.example.org"));
}

static void an_exemption_is_of_one_host_and_port(void **state)
{
    chat_push_endpoint_t endpoint;

    hosts = NULL;
    add_exemption("127.0.0.1:8443", *state);
    add_exemption("[::1]", *state);
    add_exemption("Relay", *state);
    assert_null(fault_of(&endpoint, "https://127.0.0.1:8443/x", *state));
    assert_true(endpoint.is_exempt);
    assert_int_equal(endpoint.port, 8443);
    assert_string_equal(endpoint.origin, "https://127.0.0.1:8443");
    assert_null(fault_of(&endpoint, "https://[::1]/x", *state));
    assert_string_equal(endpoint.host, "[::1]");
    assert_null(fault_of(&endpoint, "https://relay:443/x", *state));
    assert_non_null(fault_of(&endpoint, "https://127.0.0.1/x", *state));
    assert_non_null(fault_of(&endpoint, "https://[::1]:8443/x", *state));
    assert_non_null(fault_of(&endpoint, "https://127.0.0.1:8444/x", *state));
    assert_null(fault_of(&endpoint, "https://push.example.org/x", *state));
    assert_false(endpoint.is_exempt);
}

static void a_list_of_hosts_leaves_out_all_others(void **state)
{
    chat_push_endpoint_t endpoint;

    add_host("push.example.org", *state);
    add_host("*.Example.net", *state);
    add_exemption("127.0.0.1:8443", *state);
    assert_null(fault_of(&endpoint, "https://push.example.org/x", *state));
    assert_null(fault_of(&endpoint, "https://a.example.net/x", *state));
    assert_non_null(fault_of(&endpoint, "https://example.net/x", *state));
    assert_non_null(fault_of(&endpoint, "https://notexample.net/x", *state));
    assert_non_null(fault_of(&endpoint, "https://a.push.example.org/x", *state));
    assert_non_null(fault_of(&endpoint, "https://127.0.0.1:8443/x", *state));
    add_host("127.0.0.1", *state);
    assert_null(fault_of(&endpoint, "https://127.0.0.1:8443/x", *state));
    assert_non_null(fault_of(&endpoint, "https://127.0.0.1/x", *state));
}

static void a_contact_has_a_public_host(void **state)
{
    static const char *const good[] = {"mailto:a@example.org", "mailto:a.b+c@Mail.Example.org",
                                       "https://example.org", "https://example.org/contact?x"};
    static const char *const bad[] = {"",
                                      "mailto:",
                                      "mailto:a",
                                      "mailto:@example.org",
                                      "mailto:a@",
                                      "mailto:a@localhost",
                                      "mailto:a@b@example.org",
                                      "mailto:a\"b@example.org",
                                      "mailto:a@example.org,b@example.org",
                                      "https://",
                                      "https://localhost/",
                                      "https://127.0.0.1/",
                                      "https://example.org:8443/",
                                      "http://example.org/",
                                      "tel:1"};
    size_t i;

    for (i = 0; i < UNIT_COUNT(good); i++)
        assert_null(chat_push_endpoint_contact_fault(good[i], *state));
    for (i = 0; i < UNIT_COUNT(bad); i++)
        assert_non_null(chat_push_endpoint_contact_fault(bad[i], *state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITHOUT(the_services_of_browsers_are_read),
        WITHOUT(no_byte_of_the_host_may_be_another_character),
        WITHOUT(a_cut_url_has_a_fault_until_its_path_begins),
        WITH_LISTS(an_exemption_is_of_one_host_and_port),
        WITH_LISTS(a_list_of_hosts_leaves_out_all_others),
        WITHOUT(a_contact_has_a_public_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
