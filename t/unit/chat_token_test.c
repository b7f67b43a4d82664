#include "chat_unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "guard/chat_token.h"

#define FIRST "0123456789abcdef0123456789abcdef\n"
#define SECOND "fedcba9876543210fedcba9876543210\n"

static apr_status_t remove_path(void *path)
{
    if (remove(path) != 0)
        perror(path);
    return APR_SUCCESS;
}

/* A new file of this content and mode, which goes with the pool. */
static const char *make_file(const void *content, size_t length, mode_t mode, apr_pool_t *p)
{
    char *path = apr_pstrdup(p, "/tmp/chat_token_test.XXXXXX");
    int file = mkstemp(path);

    assert_true(file >= 0);
    apr_pool_cleanup_register(p, path, remove_path, apr_pool_cleanup_null);
    assert_int_equal(write(file, content, length), length);
    assert_int_equal(fchmod(file, mode), 0);
    close(file);
    return path;
}

static chat_secrets_t *load(const char *text, apr_pool_t *p)
{
    const char *path = make_file(text, strlen(text), 0600, p), *error;
    chat_secrets_t *secrets;

    assert_int_equal(chat_token_load(&secrets, &error, path, p), APR_SUCCESS);
    assert_null(error);
    assert_non_null(secrets);
    return secrets;
}

/* The sentence with which this path is refused; it must name the path. */
static const char *refusal(const char *path, apr_pool_t *p)
{
    const char *error;
    chat_secrets_t *secrets;

    assert_int_not_equal(chat_token_load(&secrets, &error, path, p), APR_SUCCESS);
    assert_null(secrets);
    assert_non_null(error);
    assert_non_null(strstr(error, path));
    return error;
}

static const char *refusal_of_text(const char *text, apr_pool_t *p)
{
    return refusal(make_file(text, strlen(text), 0600, p), p);
}

static void a_token_is_good_for_its_purpose_and_subject(void **state)
{
    chat_secrets_t *secrets = load(FIRST, *state);
    const char *token = chat_token_make(secrets, "csrf", "alice", *state);

    assert_int_equal(strlen(token), CHAT_TOKEN_CHARS);
    assert_int_equal(chat_token_check(secrets, "csrf", "alice", token), CHAT_TOKEN_GOOD);
    assert_int_equal(chat_token_check(secrets, "csrf", "bob", token), CHAT_TOKEN_BAD);
    assert_int_equal(chat_token_check(secrets, "csrf", "alic", token), CHAT_TOKEN_BAD);
    assert_int_equal(chat_token_check(secrets, "csrf", "", token), CHAT_TOKEN_BAD);
    assert_int_equal(chat_token_check(secrets, "csr", "alice", token), CHAT_TOKEN_BAD);
    assert_int_equal(chat_token_check(secrets, "unsubscribe", "alice", token), CHAT_TOKEN_BAD);
}

static void a_subject_may_be_any_text(void **state)
{
    static const char *const subjects[] = {"", "a", "J\xc3\xbcrgen", "a\001b;c=d"};
    chat_secrets_t *secrets = load(FIRST, *state);
    size_t i, j;

    for (i = 0; i < UNIT_COUNT(subjects); i++) {
        const char *token = chat_token_make(secrets, "csrf", subjects[i], *state);

        for (j = 0; j < UNIT_COUNT(subjects); j++)
            assert_int_equal(chat_token_check(secrets, "csrf", subjects[j], token),
                             i == j ? CHAT_TOKEN_GOOD : CHAT_TOKEN_BAD);
    }
}

static void no_two_tokens_are_alike(void **state)
{
    chat_secrets_t *secrets = load(FIRST, *state);
    const char *token = chat_token_make(secrets, "csrf", "alice", *state);
    int i;

    for (i = 0; i < 100; i++)
        assert_string_not_equal(chat_token_make(secrets, "csrf", "alice", *state), token);
}

static void the_same_token_is_made_again(void **state)
{
    chat_secrets_t *secrets = load(FIRST, *state);
    const char *token = chat_token_make_same(secrets, "csrf", "alice", *state);

    assert_int_equal(chat_token_check(secrets, "csrf", "alice", token), CHAT_TOKEN_GOOD);
    assert_int_equal(chat_token_check(secrets, "csrf", "bob", token), CHAT_TOKEN_BAD);
    assert_int_equal(chat_token_check(secrets, "unsubscribe", "alice", token), CHAT_TOKEN_BAD);
    assert_string_equal(chat_token_make_same(secrets, "csrf", "alice", *state), token);
    assert_string_equal(chat_token_make_same(load(FIRST, *state), "csrf", "alice", *state), token);
    assert_string_not_equal(chat_token_make_same(secrets, "csrf", "bob", *state), token);
    assert_string_not_equal(chat_token_make_same(secrets, "unsubscribe", "alice", *state), token);
    assert_null(chat_token_make_same(NULL, "csrf", "alice", *state));
    assert_null(chat_token_make_same(secrets, "csrf", NULL, *state));
}

static void a_known_token_stays_good(void **state)
{
    /* By Python: version 1, the nonce 00 to 0f, HMAC-SHA256 of "csrf", NUL, nonce, NUL, "alice". */
    static const char token[] =
        "AQABAgMEBQYHCAkKCwwNDg_v3kx_b2TkTxYlEOVdk6c6J2eDaGSjqTKCoFjRvotsyA";

    assert_int_equal(chat_token_check(load(FIRST, *state), "csrf", "alice", token),
                     CHAT_TOKEN_GOOD);
}

static void any_other_character_makes_it_bad(void **state)
{
    chat_secrets_t *secrets = load(FIRST, *state);
    const char *token = chat_token_make(secrets, "csrf", "alice", *state);
    char *changed = apr_pstrdup(*state, token);
    int i, c;

    for (i = 0; i < CHAT_TOKEN_CHARS; i++) {
        for (c = 0; c < 256; c++) {
            changed[i] = (char)c;
            assert_int_equal(chat_token_check(secrets, "csrf", "alice", changed),
                             changed[i] == token[i] ? CHAT_TOKEN_GOOD : CHAT_TOKEN_BAD);
        }
        changed[i] = token[i];
    }
}

static void any_other_length_makes_it_bad(void **state)
{
    chat_secrets_t *secrets = load(FIRST, *state);
    const char *token = chat_token_make(secrets, "csrf", "alice", *state);
    int i;

    for (i = 0; i < CHAT_TOKEN_CHARS; i++)
        assert_int_equal(chat_token_check(secrets, "csrf", "alice",
                                          apr_pstrmemdup(*state, token, (apr_size_t)i)),
                         CHAT_TOKEN_BAD);
    for (i = 1; i < 128; i++) {
        assert_int_equal(
            chat_token_check(secrets, "csrf", "alice", apr_psprintf(*state, "%s%c", token, i)),
            CHAT_TOKEN_BAD);
        assert_int_equal(
            chat_token_check(secrets, "csrf", "alice", apr_psprintf(*state, "%c%s", i, token)),
            CHAT_TOKEN_BAD);
    }
    assert_int_equal(
        chat_token_check(secrets, "csrf", "alice", apr_pstrcat(*state, token, "==", NULL)),
        CHAT_TOKEN_BAD);
}

static void an_old_secret_still_verifies(void **state)
{
    chat_secrets_t *before = load(SECOND, *state);
    chat_secrets_t *during = load(FIRST SECOND, *state);
    chat_secrets_t *after = load(FIRST, *state);
    const char *old = chat_token_make(before, "csrf", "alice", *state);
    const char *new = chat_token_make(during, "csrf", "alice", *state);

    assert_int_equal(chat_token_check(during, "csrf", "alice", old), CHAT_TOKEN_OLD);
    assert_int_equal(chat_token_check(during, "csrf", "alice", new), CHAT_TOKEN_GOOD);
    assert_int_equal(chat_token_check(after, "csrf", "alice", old), CHAT_TOKEN_BAD);
    assert_int_equal(chat_token_check(after, "csrf", "alice", new), CHAT_TOKEN_GOOD);
    assert_int_equal(chat_token_check(before, "csrf", "alice", new), CHAT_TOKEN_BAD);
}

static void comments_blanks_and_line_ends_do_not_count(void **state)
{
    chat_secrets_t *plain = load(FIRST SECOND, *state);
    chat_secrets_t *decorated = load("# the secrets of the site\r\n\r\n"
                                     "  0123456789abcdef0123456789abcdef\t\r\n"
                                     "   # the one before it\n\n"
                                     "fedcba9876543210fedcba9876543210",
                                     *state);
    const char *token = chat_token_make(plain, "csrf", "alice", *state);

    assert_int_equal(chat_token_check(decorated, "csrf", "alice", token), CHAT_TOKEN_GOOD);
    token = chat_token_make(load(SECOND, *state), "csrf", "alice", *state);
    assert_int_equal(chat_token_check(decorated, "csrf", "alice", token), CHAT_TOKEN_OLD);
}

static void nothing_is_good_without_secrets_subject_or_token(void **state)
{
    chat_secrets_t *secrets = load(FIRST, *state);
    const char *token = chat_token_make(secrets, "csrf", "", *state);

    assert_null(chat_token_make(NULL, "csrf", "alice", *state));
    assert_null(chat_token_make(secrets, "csrf", NULL, *state));
    assert_int_equal(chat_token_check(NULL, "csrf", "", token), CHAT_TOKEN_BAD);
    assert_int_equal(chat_token_check(secrets, "csrf", NULL, token), CHAT_TOKEN_BAD);
    assert_int_equal(chat_token_check(secrets, "csrf", "", NULL), CHAT_TOKEN_BAD);
    assert_int_equal(chat_token_check(secrets, "csrf", "", ""), CHAT_TOKEN_BAD);
}

static void a_file_open_to_others_is_refused(void **state)
{
    mode_t bit;

    for (bit = 01; bit <= 040; bit <<= 1) {
        const char *path = make_file(FIRST, strlen(FIRST), 0600 | bit, *state);

        assert_non_null(strstr(refusal(path, *state), "chmod 600"));
    }
    load(FIRST, *state);
}

static void what_is_no_file_is_refused(void **state)
{
    const char *path = make_file("", 0, 0600, *state);

    assert_non_null(strstr(refusal(apr_pstrcat(*state, path, ".none", NULL), *state), "umask 077"));
    assert_non_null(strstr(refusal("/tmp", *state), "regular file"));
    assert_non_null(strstr(refusal("/dev/null", *state), "regular file"));
    assert_int_equal(remove(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* must not wait for a writer */
    assert_non_null(strstr(refusal(path, *state), "regular file"));
}

static void bad_contents_are_refused(void **state)
{
    const char *nine = "";
    int i;

    for (i = 0; i < CHAT_TOKEN_SECRETS_MAX; i++)
        nine = apr_pstrcat(*state, nine, FIRST, NULL);
    load(nine, *state);
    nine = apr_pstrcat(*state, nine, SECOND, NULL);
    assert_non_null(strstr(refusal_of_text(nine, *state), "more than 8"));
    assert_non_null(strstr(refusal_of_text("", *state), "no secret"));
    assert_non_null(strstr(refusal_of_text("\n \n# only a comment\n", *state), "no secret"));
    assert_non_null(
        strstr(refusal_of_text("0123456789abcdef0123456789abcde\n", *state), "32 characters"));
    assert_non_null(strstr(refusal_of_text(FIRST "short\n", *state), "32 characters"));
    assert_non_null(
        strstr(refusal(make_file("0123456789abcdef\0" FIRST, 17 + 33, 0600, *state), *state),
               "not a text file"));
}

static void a_huge_file_is_refused(void **state)
{
    char *text = apr_palloc(*state, 100001);

    memset(text, 'x', 100000);
    text[100000] = '\0';
    assert_non_null(strstr(refusal_of_text(text, *state), "larger than"));
}

static void no_error_tells_a_secret(void **state)
{
    assert_null(strstr(refusal_of_text(FIRST "hush-hush\n", *state), "hush"));
    assert_null(strstr(refusal_of_text(FIRST "hush-hush\n", *state), "0123456789"));
}

/* What one thread does: the first that goes wrong ends it. */
static void *check_many(void *secrets)
{
    apr_pool_t *p;
    const char *token, *wrong = NULL;
    int i;

    apr_pool_create(&p, NULL);
    for (i = 0; i < 2000 && !wrong; i++) {
        apr_pool_clear(p);
        token = chat_token_make(secrets, "csrf", "alice", p);
        if (chat_token_check(secrets, "csrf", "alice", token) != CHAT_TOKEN_GOOD)
            wrong = "a good token is bad";
        else if (chat_token_check(secrets, "csrf", "bob", token) != CHAT_TOKEN_BAD)
            wrong = "a bad token is good";
    }
    apr_pool_destroy(p);
    return (void *)wrong;
}

static void many_threads_may_use_the_same_secrets(void **state)
{
    chat_secrets_t *secrets = load(FIRST SECOND, *state);
    pthread_t threads[8];
    void *wrong;
    size_t i;

    for (i = 0; i < UNIT_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, check_many, secrets), 0);
    for (i = 0; i < UNIT_COUNT(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

static void the_cost_of_a_token_is_told(void **state)
{
    chat_secrets_t *secrets = load(FIRST, *state);
    const char *token = chat_token_make(secrets, "csrf", "alice", *state);
    const int rounds = 2000;
    apr_time_t started = apr_time_now();
    int i;

    for (i = 0; i < rounds; i++)
        assert_int_equal(chat_token_check(secrets, "csrf", "alice", token), CHAT_TOKEN_GOOD);
    print_message("# a check takes %.2f us\n", (double)(apr_time_now() - started) / rounds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_token_is_good_for_its_purpose_and_subject),
        UNIT_TEST(a_subject_may_be_any_text),
        UNIT_TEST(no_two_tokens_are_alike),
        UNIT_TEST(the_same_token_is_made_again),
        UNIT_TEST(a_known_token_stays_good),
        UNIT_TEST(any_other_character_makes_it_bad),
        UNIT_TEST(any_other_length_makes_it_bad),
        UNIT_TEST(an_old_secret_still_verifies),
        UNIT_TEST(comments_blanks_and_line_ends_do_not_count),
        UNIT_TEST(nothing_is_good_without_secrets_subject_or_token),
        UNIT_TEST(a_file_open_to_others_is_refused),
        UNIT_TEST(what_is_no_file_is_refused),
        UNIT_TEST(bad_contents_are_refused),
        UNIT_TEST(a_huge_file_is_refused),
        UNIT_TEST(no_error_tells_a_secret),
        UNIT_TEST(many_threads_may_use_the_same_secrets),
        UNIT_TEST(the_cost_of_a_token_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
