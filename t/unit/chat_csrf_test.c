#include "chat_unit.h"

#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "guard/chat_csrf.h"

#define SELF "https://chat.example"
#define BROWSER "name=value" /* a cookie that says no more than that there is a browser */

/* Secrets from a file with these lines. */
static chat_secrets_t *make_secrets(const char *lines, apr_pool_t *p)
{
    char path[] = "/tmp/chat_csrf_test.XXXXXX";
    int file = mkstemp(path);
    const char *error;
    chat_secrets_t *secrets;

    assert_true(file >= 0);
    assert_int_equal(write(file, lines, strlen(lines)), strlen(lines));
    close(file);
    assert_int_equal(chat_token_load(&secrets, &error, path, p), APR_SUCCESS);
    assert_int_equal(remove(path), 0);
    return secrets;
}

static chat_secrets_t *new_secrets(apr_pool_t *p)
{
    return make_secrets("0123456789abcdef0123456789abcdef\n"
                        "fedcba9876543210fedcba9876543210\n",
                        p);
}

static chat_secrets_t *old_secrets(apr_pool_t *p)
{
    return make_secrets("fedcba9876543210fedcba9876543210\n", p);
}

static apr_array_header_t *trusted(apr_pool_t *p)
{
    apr_array_header_t *origins = apr_array_make(p, 2, sizeof(const char *));

    APR_ARRAY_PUSH(origins, const char *) = "https://www.example";
    APR_ARRAY_PUSH(origins, const char *) = "http://app.example:8080";
    return origins;
}

/* The word of the refusal, or "" when the request may pass. */
static const char *word(const chat_problem_t *problem)
{
    if (!problem)
        return "";
    assert_int_equal(problem->http_status, 403);
    assert_non_null(problem->detail);
    return problem->code;
}

static const char *check(chat_csrf_mode_t mode, chat_csrf_request_t request, apr_pool_t *p)
{
    request.self_origin = request.self_origin ? request.self_origin : SELF;
    request.username = request.username ? request.username : "alice";
    request.method = request.method ? request.method : "POST";
    return word(chat_csrf_check(mode, new_secrets(p), trusted(p), &request, p));
}

static const char *token_for(const char *username, apr_pool_t *p)
{
    return chat_token_make(new_secrets(p), "csrf", username, p);
}

static void a_safe_method_passes(void **state)
{
    static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "TRACE"};
    size_t i;

    for (i = 0; i < UNIT_COUNT(methods); i++)
        assert_string_equal(check(CHAT_CSRF_TOKEN,
                                  (chat_csrf_request_t){.method = methods[i],
                                                        .sec_fetch_site = "cross-site",
                                                        .origin = "https://evil.example"},
                                  *state),
                            "");
}

static void every_other_method_is_checked(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE", "get",
                                          "GETX", "GE",  "",      "CONNECT"};
    chat_csrf_request_t request = {.origin = "https://evil.example", .self_origin = SELF};
    size_t i;

    for (i = 0; i < UNIT_COUNT(methods); i++)
        assert_string_equal(
            check(CHAT_CSRF_ORIGIN,
                  (chat_csrf_request_t){.method = methods[i], .origin = "https://evil.example"},
                  *state),
            "csrf_origin");
    assert_string_equal(word(chat_csrf_check(CHAT_CSRF_ORIGIN, NULL, NULL, &request, *state)),
                        "csrf_origin");
}

/* What each source gives in origin mode, which has the first step only. */
static void the_source_decides(void **state)
{
    static const struct {
        const char *sec_fetch_site, *origin, *result;
    } cases[] = {
        {"same-origin", NULL, ""},
        {"same-origin", SELF, ""},
        {"same-origin", "null", ""}, /* a page cannot set Sec-Fetch-Site */
        {"none", NULL, ""},
        {"same-site", NULL, "csrf_origin"},
        {"same-site", SELF, "csrf_origin"},
        {"same-site", "https://www.example", ""},
        {"cross-site", NULL, "csrf_origin"},
        {"cross-site", SELF, "csrf_origin"}, /* by way of a redirect from elsewhere */
        {"cross-site", "https://www.example", ""},
        {"cross-site", "https://evil.example", "csrf_origin"},
        {"cross-site", "null", "csrf_origin"},
        {"", NULL, "csrf_origin"},
        {"Same-Origin", NULL, "csrf_origin"},
        {"same-origin, cross-site", NULL, "csrf_origin"},
        {NULL, NULL, ""},
        {NULL, SELF, ""},
        {NULL, "HTTPS://CHAT.Example:443", ""},
        {NULL, "https://www.example", ""},
        {NULL, "http://app.example:8080", ""},
        {NULL, "http://app.example", "csrf_origin"},
        {NULL, "http://chat.example", "csrf_origin"},
        {NULL, "https://chat.example:8443", "csrf_origin"},
        {NULL, "https://chat.example.evil.example", "csrf_origin"},
        {NULL, "https://evilchat.example", "csrf_origin"},
        {NULL, "https://chat.example@evil.example", "csrf_origin"},
        {NULL, "https://evil.example/https://chat.example", "csrf_origin"},
        {NULL, SELF " " SELF, "csrf_origin"},
        {NULL, SELF ", " SELF, "csrf_origin"},
        {NULL, SELF "/", "csrf_origin"},
        {NULL, "null", "csrf_origin"},
        {NULL, "", "csrf_origin"},
    };
    size_t i;

    for (i = 0; i < UNIT_COUNT(cases); i++)
        assert_string_equal(check(CHAT_CSRF_ORIGIN,
                                  (chat_csrf_request_t){.sec_fetch_site = cases[i].sec_fetch_site,
                                                        .origin = cases[i].origin},
                                  *state),
                            cases[i].result);
}

static void a_page_that_is_not_trusted_is_refused_whatever_else_it_has(void **state)
{
    const char *token = token_for("alice", *state);
    chat_csrf_mode_t mode;

    for (mode = CHAT_CSRF_UNSET; mode <= CHAT_CSRF_ORIGIN; mode++)
        assert_string_equal(check(mode,
                                  (chat_csrf_request_t){.origin = "https://evil.example",
                                                        .authorization = "Bearer abc",
                                                        .token = token},
                                  *state),
                            "csrf_origin");
}

static void a_browser_needs_the_token(void **state)
{
    static const chat_csrf_request_t browsers[] = {
        {.cookie = BROWSER},
        {.cookie = ""},
        {.origin = SELF},
        {.sec_fetch_site = "same-origin"},
        {.origin = "https://www.example", .sec_fetch_site = "same-site"},
        {.cookie = BROWSER, .authorization = "Basic YTph"},
        {.origin = SELF, .authorization = "Basic YTph"},
    };
    const char *mine = token_for("alice", *state), *theirs = token_for("bob", *state);
    size_t i;

    for (i = 0; i < UNIT_COUNT(browsers); i++) {
        chat_csrf_request_t request = browsers[i];

        assert_string_equal(check(CHAT_CSRF_TOKEN, request, *state), "csrf_token");
        assert_string_equal(check(CHAT_CSRF_UNSET, request, *state), "csrf_token");
        assert_string_equal(check(CHAT_CSRF_ORIGIN, request, *state), "");
        assert_string_equal(check(CHAT_CSRF_OFF, request, *state), "");
        request.token = "";
        assert_string_equal(check(CHAT_CSRF_TOKEN, request, *state), "csrf_token");
        request.token = theirs;
        assert_string_equal(check(CHAT_CSRF_TOKEN, request, *state), "csrf_token");
        request.token = mine;
        assert_string_equal(check(CHAT_CSRF_TOKEN, request, *state), "");
        assert_string_equal(check(CHAT_CSRF_UNSET, request, *state), "");
    }
}

static void the_cookie_alone_is_no_token(void **state)
{
    const char *cookie = apr_pstrcat(*state, "chat_csrf=", token_for("alice", *state), NULL);

    assert_string_equal(check(CHAT_CSRF_TOKEN, (chat_csrf_request_t){.cookie = cookie}, *state),
                        "csrf_token");
}

static void a_token_for_another_purpose_is_none(void **state)
{
    assert_string_equal(
        check(CHAT_CSRF_TOKEN,
              (chat_csrf_request_t){
                  .cookie = BROWSER,
                  .token = chat_token_make(new_secrets(*state), "unsubscribe", "alice", *state)},
              *state),
        "csrf_token");
}

static void a_token_of_an_old_secret_is_accepted(void **state)
{
    assert_string_equal(
        check(CHAT_CSRF_TOKEN,
              (chat_csrf_request_t){
                  .cookie = BROWSER,
                  .token = chat_token_make(old_secrets(*state), "csrf", "alice", *state)},
              *state),
        "");
}

static void a_bearer_needs_no_token(void **state)
{
    static const struct {
        const char *authorization, *result;
    } cases[] = {
        {"Bearer abc", ""},
        {"bearer abc", ""},
        {"BEARER   abc", ""},
        {"Bearer", "csrf_token"},
        {"Bearer ", "csrf_token"},
        {"Bearer   ", "csrf_token"},
        {"Bearerabc", "csrf_token"},
        {"Basic abc", "csrf_token"},
        {"", "csrf_token"},
        {" Bearer a", "csrf_token"},
        {"Basic Bearer", "csrf_token"},
    };
    size_t i;

    for (i = 0; i < UNIT_COUNT(cases); i++)
        assert_string_equal(
            check(CHAT_CSRF_TOKEN,
                  (chat_csrf_request_t){.cookie = BROWSER, .authorization = cases[i].authorization},
                  *state),
            cases[i].result);
}

static void what_is_no_browser_passes(void **state)
{
    assert_string_equal(check(CHAT_CSRF_TOKEN, (chat_csrf_request_t){.method = "POST"}, *state),
                        "");
    assert_string_equal(check(CHAT_CSRF_TOKEN,
                              (chat_csrf_request_t){.authorization = "Basic YTph", .token = "x"},
                              *state),
                        "");
}

static void without_secrets_or_user_no_token_is_good(void **state)
{
    chat_csrf_request_t request = {
        .method = "POST", .cookie = BROWSER, .self_origin = SELF, .token = token_for("", *state)};

    assert_string_equal(
        word(chat_csrf_check(CHAT_CSRF_TOKEN, new_secrets(*state), NULL, &request, *state)),
        "csrf_token");
    request.username = "";
    assert_string_equal(word(chat_csrf_check(CHAT_CSRF_TOKEN, NULL, NULL, &request, *state)),
                        "csrf_token");
}

static void without_an_own_origin_none_is_ours(void **state)
{
    chat_csrf_request_t request = {.method = "POST", .origin = SELF};

    assert_string_equal(
        word(chat_csrf_check(CHAT_CSRF_ORIGIN, NULL, trusted(*state), &request, *state)),
        "csrf_origin");
    request.self_origin = "null";
    request.origin = "null";
    assert_string_equal(
        word(chat_csrf_check(CHAT_CSRF_ORIGIN, NULL, trusted(*state), &request, *state)),
        "csrf_origin");
}

static void off_lets_everything_pass(void **state)
{
    assert_string_equal(check(CHAT_CSRF_OFF,
                              (chat_csrf_request_t){.sec_fetch_site = "cross-site",
                                                    .origin = "https://evil.example",
                                                    .cookie = BROWSER},
                              *state),
                        "");
}

static void a_handshake_must_come_from_here(void **state)
{
    static const struct {
        const char *sec_fetch_site, *origin, *result;
    } cases[] = {
        {NULL, NULL, ""},
        {"cross-site", NULL, ""},
        {NULL, SELF, ""},
        {"cross-site", SELF, ""},
        {NULL, "https://www.example", ""},
        {NULL, "https://evil.example", "csrf_origin"},
        {"same-origin", "https://evil.example", "csrf_origin"},
        {"none", "null", "csrf_origin"},
        {NULL, "wss://chat.example", "csrf_origin"},
        {NULL, "", "csrf_origin"},
    };
    size_t i;

    for (i = 0; i < UNIT_COUNT(cases); i++) {
        chat_csrf_request_t request = {.method = "GET",
                                       .sec_fetch_site = cases[i].sec_fetch_site,
                                       .origin = cases[i].origin,
                                       .self_origin = SELF};

        assert_string_equal(word(chat_csrf_check_origin(trusted(*state), &request, *state)),
                            cases[i].result);
    }
}

static void an_origin_has_one_form(void **state)
{
    static const struct {
        const char *text, *normal;
    } cases[] = {
        {"https://chat.example", "https://chat.example"},
        {"HTTPS://Chat.EXAMPLE", "https://chat.example"},
        {"https://chat.example:443", "https://chat.example"},
        {"https://chat.example:80", "https://chat.example:80"},
        {"http://chat.example:80", "http://chat.example"},
        {"http://chat.example:443", "http://chat.example:443"},
        {"https://chat.example:8443", "https://chat.example:8443"},
        {"https://chat.example:65535", "https://chat.example:65535"},
        {"http://localhost:1", "http://localhost:1"},
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
        {"https://my_host-1.example.", "https://my_host-1.example."},
        {"https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"},
        {"http://[::1]:8080", "http://[::1]:8080"},
        {"https://[2001:DB8:0:0:0:0:0:1]:443", "https://[2001:db8::1]"},
    };
    size_t i;

    for (i = 0; i < UNIT_COUNT(cases); i++) {
        assert_string_equal(chat_csrf_normal_origin(cases[i].text, *state), cases[i].normal);
        assert_string_equal(chat_csrf_normal_origin(cases[i].normal, *state), cases[i].normal);
    }
}

static void what_is_no_origin_has_no_form(void **state)
{
    static const char *const texts[] = {
        "",
        "null",
        "*",
        "chat.example",
        "//chat.example",
        "https:",
        "https:/",
        "https://",
        "https:///",
        "https://:443",
        "https://.",
        "https://.example",
        "https://a..example",
        "https://*.example",
        "https://chat.example/",
        "https://chat.example/path",
        "https://chat.example?",
        "https://chat.example#",
        "https://chat.example ",
        " https://chat.example",
        "https://chat.example\t",
        "https://chat example",
        "https://user@chat.example",
        "https://user:pw@chat.example",
        "https://chat.example:",
        "https://chat.example:0",
        "https://chat.example:0443",
        "https://chat.example:65536",
        "https://chat.example:99999",
        "https://chat.example:443443",
        "https://chat.example:4294967739",
        "https://chat.example:+443",
        "https://chat.example:-1",
        "https://chat.example:44x",
        "https://chat.example:443:443",
        "https://chat.example%2f",
        "https://chat.example\\",
        "https://m\xc3\xbcnchen.example",
        "ftp://chat.example",
        "ws://chat.example",
        "wss://chat.example",
        "httpss://chat.example",
        "file://",
        "data:text/html,x",
        "https://[::1",
        "https://[]",
        "https://[::1]x",
        "https://[::1%25eth0]",
        "https://[1.2.3.4]",
        "https://::1",
        "https://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]",
    };
    size_t i;

    for (i = 0; i < UNIT_COUNT(texts); i++) {
        if (chat_csrf_normal_origin(texts[i], *state))
            fail_msg("taken for an origin: %s", texts[i]);
    }
    assert_null(chat_csrf_normal_origin(NULL, *state));
}

static void a_host_name_has_a_longest_length(void **state)
{
    char name[8 + 256 + 1] = "https://";

    memset(name + 8, 'a', 255);
    assert_non_null(chat_csrf_normal_origin(name, *state));
    memset(name + 8, 'a', 256);
    assert_null(chat_csrf_normal_origin(name, *state));
}

static const char *cookie_to_set(const char *cookie, apr_pool_t *p)
{
    chat_csrf_request_t request = {.cookie = cookie, .username = "alice"};

    return chat_csrf_cookie_to_set(CHAT_CSRF_TOKEN, new_secrets(p), &request, NULL, 0, p);
}

static void the_cookie_is_readable_and_holds_a_good_token(void **state)
{
    chat_csrf_request_t request = {.username = "alice"};
    chat_secrets_t *secrets = new_secrets(*state);
    const char *cookie, *end;
    int is_tls;

    for (is_tls = 0; is_tls <= 1; is_tls++) {
        cookie = chat_csrf_cookie_to_set(CHAT_CSRF_UNSET, secrets, &request, NULL, is_tls, *state);
        assert_int_equal(strncmp(cookie, "chat_csrf=", 10), 0);
        end = cookie + 10 + CHAT_TOKEN_CHARS;
        assert_string_equal(end,
                            is_tls ? "; Path=/; SameSite=Lax; Secure" : "; Path=/; SameSite=Lax");
        assert_int_equal(chat_token_check(secrets, "csrf", "alice",
                                          apr_pstrmemdup(*state, cookie + 10, CHAT_TOKEN_CHARS)),
                         CHAT_TOKEN_GOOD);
    }
}

static void a_good_cookie_is_left_alone(void **state)
{
    const char *token = token_for("alice", *state);
    const char *const formats[] = {"chat_csrf=%s",
                                   "a=b; chat_csrf=%s",
                                   "chat_csrf=%s; a=b",
                                   "a=b;chat_csrf=%s;c",
                                   ";;; chat_csrf=%s ;;",
                                   "\tchat_csrf=%s\t",
                                   "chat_csrf=; chat_csrf=%s",
                                   "chat_csrf=%s; chat_csrf=other"};
    size_t i;

    for (i = 0; i < UNIT_COUNT(formats); i++)
        assert_null(cookie_to_set(
            apr_pstrcat(*state, apr_psprintf(*state, formats[i], token), NULL), *state));
}

static void any_other_cookie_is_replaced(void **state)
{
    const char *token = token_for("alice", *state);
    const char *const formats[] = {"",
                                   "chat_csrf",
                                   "chat_csrf=",
                                   "chat_csrf=x",
                                   "chat_csrf=\"%s\"",
                                   "CSRFTOKEN=%s",
                                   "xchat_csrf=%s",
                                   "chat_csrf =%s",
                                   "chat_csrf= %s",
                                   "chat_csrf=%sx",
                                   "a=chat_csrf=%s",
                                   "a=b, chat_csrf=%s",
                                   "$chat_csrf=%s"};
    size_t i;

    for (i = 0; i < UNIT_COUNT(formats); i++)
        assert_non_null(cookie_to_set(apr_psprintf(*state, formats[i], token), *state));
    assert_non_null(cookie_to_set(NULL, *state));
}

static void the_cookie_of_another_user_or_an_old_secret_is_replaced(void **state)
{
    const char *old = chat_token_make(old_secrets(*state), "csrf", "alice", *state);

    assert_non_null(
        cookie_to_set(apr_pstrcat(*state, "chat_csrf=", token_for("bob", *state), NULL), *state));
    assert_non_null(cookie_to_set(apr_pstrcat(*state, "chat_csrf=", old, NULL), *state));
}

static void only_so_many_cookies_are_tried(void **state)
{
    const char *theirs = apr_pstrcat(*state, "chat_csrf=", token_for("bob", *state), ";", NULL);
    const char *mine = apr_pstrcat(*state, "chat_csrf=", token_for("alice", *state), NULL);
    const char *cookies = "";
    int i;

    for (i = 0; i < 7; i++)
        cookies = apr_pstrcat(*state, cookies, theirs, NULL);
    assert_null(cookie_to_set(apr_pstrcat(*state, cookies, mine, NULL), *state));
    assert_non_null(cookie_to_set(apr_pstrcat(*state, cookies, theirs, mine, NULL), *state));
}

static void a_long_cookie_header_takes_no_time(void **state)
{
    const apr_size_t length = 1000000;
    char *cookies = apr_palloc(*state, length + 1);
    apr_time_t started;
    apr_size_t i;

    for (i = 0; i < length; i++)
        cookies[i] = "chat_csrf=;"[i % 11];
    cookies[length] = '\0';
    started = apr_time_now();
    assert_non_null(cookie_to_set(cookies, *state));
    print_message("# a Cookie field of %d bytes takes %d us\n", (int)length,
                  (int)(apr_time_now() - started));
}

static void no_cookie_is_set_where_none_is_used(void **state)
{
    chat_csrf_request_t request = {.username = "alice"}, nobody = {.username = NULL};
    chat_secrets_t *secrets = new_secrets(*state);

    assert_null(chat_csrf_cookie_to_set(CHAT_CSRF_ORIGIN, secrets, &request, NULL, 0, *state));
    assert_null(chat_csrf_cookie_to_set(CHAT_CSRF_OFF, secrets, &request, NULL, 0, *state));
    assert_null(chat_csrf_cookie_to_set(CHAT_CSRF_TOKEN, NULL, &request, NULL, 0, *state));
    assert_null(chat_csrf_cookie_to_set(CHAT_CSRF_TOKEN, secrets, &nobody, NULL, 0, *state));
}

static void the_cost_of_a_check_is_told(void **state)
{
    chat_secrets_t *secrets = new_secrets(*state);
    apr_array_header_t *origins = trusted(*state);
    const char *token = token_for("alice", *state);
    chat_csrf_request_t request = {.method = "POST",
                                   .sec_fetch_site = "same-origin",
                                   .origin = SELF,
                                   .cookie = apr_pstrcat(*state, "chat_csrf=", token, NULL),
                                   .token = token,
                                   .self_origin = SELF,
                                   .username = "alice"};
    const int rounds = 2000;
    apr_time_t started = apr_time_now();
    int i;

    for (i = 0; i < rounds; i++) {
        assert_null(chat_csrf_check(CHAT_CSRF_TOKEN, secrets, origins, &request, *state));
        assert_null(chat_csrf_cookie_to_set(CHAT_CSRF_TOKEN, secrets, &request, NULL, 1, *state));
    }
    print_message("# check and cookie take %.2f us\n", (double)(apr_time_now() - started) / rounds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_safe_method_passes),
        UNIT_TEST(every_other_method_is_checked),
        UNIT_TEST(the_source_decides),
        UNIT_TEST(a_page_that_is_not_trusted_is_refused_whatever_else_it_has),
        UNIT_TEST(a_browser_needs_the_token),
        UNIT_TEST(the_cookie_alone_is_no_token),
        UNIT_TEST(a_token_for_another_purpose_is_none),
        UNIT_TEST(a_token_of_an_old_secret_is_accepted),
        UNIT_TEST(a_bearer_needs_no_token),
        UNIT_TEST(what_is_no_browser_passes),
        UNIT_TEST(without_secrets_or_user_no_token_is_good),
        UNIT_TEST(without_an_own_origin_none_is_ours),
        UNIT_TEST(off_lets_everything_pass),
        UNIT_TEST(a_handshake_must_come_from_here),
        UNIT_TEST(an_origin_has_one_form),
        UNIT_TEST(what_is_no_origin_has_no_form),
        UNIT_TEST(a_host_name_has_a_longest_length),
        UNIT_TEST(the_cookie_is_readable_and_holds_a_good_token),
        UNIT_TEST(a_good_cookie_is_left_alone),
        UNIT_TEST(any_other_cookie_is_replaced),
        UNIT_TEST(the_cookie_of_another_user_or_an_old_secret_is_replaced),
        UNIT_TEST(only_so_many_cookies_are_tried),
        UNIT_TEST(a_long_cookie_header_takes_no_time),
        UNIT_TEST(no_cookie_is_set_where_none_is_used),
        UNIT_TEST(the_cost_of_a_check_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
