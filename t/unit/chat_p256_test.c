#include "chat_unit.h"

#include <stdio.h>
#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include <openssl/err.h>

#include "core/chat_p256.h"

/* The application server's key of RFC 8291 appendix A. */
#define RFC_PEM                                                                                    \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                             \
    "MHcCAQEEIMn1j4mBPp+Ohy5x9CqmThdXySVNzGK3LdwBC7QEPqEcoAoGCCqGSM49AwEHoUQDQgAE\n"               \
    "/jP0qw3qcZFNtVgj9ztUlI9BMG2SBzLbuaWaUyhkgiAOWXp7e8JguhwieZhYCZLpOXMALzASooro\n"               \
    "8Gu7eOXsDw==\n"                                                                               \
    "-----END EC PRIVATE KEY-----\n"
#define RFC_PUBLIC                                                                                 \
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
#define RFC_KEY_ID "-RYOphCUn-YFHCsa" /* by Python's hashlib */

static apr_status_t remove_path(void *path)
{
    if (remove(path) != 0)
        perror(path);
    return APR_SUCCESS;
}

static const char *make_file(const char *content, size_t length, apr_pool_t *p)
{
    char *path = apr_pstrdup(p, "/tmp/chat_p256_test.XXXXXX");
    int file = mkstemp(path);

    assert_true(file >= 0);
    apr_pool_cleanup_register(p, path, remove_path, apr_pool_cleanup_null);
    assert_int_equal(write(file, content, length), length);
    close(file);
    return path;
}

static chat_p256_t *load(const char *pem, apr_pool_t *p)
{
    chat_p256_t *key;
    const char *error;

    assert_int_equal(chat_p256_load(&key, &error, make_file(pem, strlen(pem), p), p), APR_SUCCESS);
    assert_null(error);
    return key;
}

static const char *refusal(const char *content, size_t length, apr_pool_t *p)
{
    const char *path = make_file(content, length, p), *error;
    chat_p256_t *key;

    assert_int_not_equal(chat_p256_load(&key, &error, path, p), APR_SUCCESS);
    assert_null(key);
    assert_non_null(strstr(error, path));
    assert_int_equal(ERR_peek_error(), 0);
    return error;
}

static void a_key_has_its_public_text_and_id(void **state)
{
    chat_p256_t *key = load(RFC_PEM, *state);

    assert_string_equal(chat_p256_public_text(key), RFC_PUBLIC);
    assert_string_equal(chat_p256_key_id(key), RFC_KEY_ID);
}

static void text_around_a_key_does_not_matter(void **state)
{
    chat_p256_t *key = load("made by hand\n\n" RFC_PEM "\nand kept\n", *state);

    assert_string_equal(chat_p256_public_text(key), RFC_PUBLIC);
}

static void what_is_not_a_key_is_refused(void **state)
{
    char cut[sizeof RFC_PEM];
    size_t length;

    refusal("", 0, *state);
    refusal("\0\0\0", 3, *state);
    for (length = 1; length < sizeof RFC_PEM - 2; length++) {
        memcpy(cut, RFC_PEM, length);
        refusal(cut, length, *state);
    }
}

/* One changed digit of the private key: it does not belong to the public one any more. */
static void a_pair_that_does_not_fit_is_refused(void **state)
{
    char *pem = apr_pstrdup(*state, RFC_PEM);
    char *digit = strstr(pem, "IMn1j4mB") + 3;

    *digit = '2';
    assert_non_null(strstr(refusal(pem, strlen(pem), *state), "is not valid"));
}

static void points_off_the_curve_are_refused(void **state)
{
    unsigned char point[CHAT_P256_POINT_BYTES + 3], wrong[CHAT_P256_POINT_BYTES];
    apr_size_t length;
    uint64_t seed = unit_random_start();
    int i, bit;

    (void)state;
    assert_int_equal(
        apr_decode_base64_binary(point, RFC_PUBLIC, APR_ENCODE_STRING, APR_ENCODE_NONE, &length),
        APR_SUCCESS);
    assert_int_equal(length, CHAT_P256_POINT_BYTES);
    assert_true(chat_p256_is_point(point));
    for (bit = 0; bit < 8 * CHAT_P256_POINT_BYTES; bit++) {
        memcpy(wrong, point, sizeof wrong);
        wrong[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_false(chat_p256_is_point(wrong));
    }
    memset(wrong, 0, sizeof wrong);
    assert_false(chat_p256_is_point(wrong));
    wrong[0] = 4;
    assert_false(chat_p256_is_point(wrong));
    memset(wrong + 1, 0xff, sizeof wrong - 1);
    assert_false(chat_p256_is_point(wrong));
    for (i = 0; i < 200; i++) {
        for (bit = 1; bit < CHAT_P256_POINT_BYTES; bit++)
            wrong[bit] = (unsigned char)unit_random(&seed, 256);
        assert_false(chat_p256_is_point(wrong));
    }
    assert_int_equal(ERR_peek_error(), 0); /* mod_ssl would take it for its own */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_key_has_its_public_text_and_id), UNIT_TEST(text_around_a_key_does_not_matter),
        UNIT_TEST(what_is_not_a_key_is_refused),     UNIT_TEST(a_pair_that_does_not_fit_is_refused),
        UNIT_TEST(points_off_the_curve_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
