#include "chat_unit.h"

#include <stdio.h>
#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include "core/chat_webpush.h"

/* RFC 8291 section 5 and appendix A. */
#define RFC_PEM                                                                                    \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                             \
    "MHcCAQEEIMn1j4mBPp+Ohy5x9CqmThdXySVNzGK3LdwBC7QEPqEcoAoGCCqGSM49AwEHoUQDQgAE\n"               \
    "/jP0qw3qcZFNtVgj9ztUlI9BMG2SBzLbuaWaUyhkgiAOWXp7e8JguhwieZhYCZLpOXMALzASooro\n"               \
    "8Gu7eOXsDw==\n"                                                                               \
    "-----END EC PRIVATE KEY-----\n"
#define RFC_P256DH                                                                                 \
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define RFC_AUTH "BTBZMqHH6r4Tts7J_aSIgg"
#define RFC_SALT "DGv6ra1nlYgDCS1FRnbzlw"
#define RFC_TEXT "When I grow up, I want to be a watermelon"
#define RFC_BODY                                                                                   \
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS" \
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu" \
    "lcy4a-fN"
#define OVERHEAD_BYTES (16 + 4 + 1 + 65 + 16)

static chat_p256_t *load_sender(apr_pool_t *p)
{
    char path[] = "/tmp/chat_webpush_test.XXXXXX";
    int file = mkstemp(path);
    chat_p256_t *key;
    const char *error;

    assert_true(file >= 0);
    assert_int_equal(write(file, RFC_PEM, sizeof RFC_PEM - 1), sizeof RFC_PEM - 1);
    close(file);
    assert_int_equal(chat_p256_load(&key, &error, path, p), APR_SUCCESS);
    assert_int_equal(remove(path), 0);
    return key;
}

static void the_example_of_the_rfc_comes_out(void **state)
{
    unsigned char body[CHAT_WEBPUSH_BODY_BYTES_MAX], salt[CHAT_WEBPUSH_SALT_BYTES + 3];
    chat_webpush_keys_t keys;
    apr_size_t length;

    assert_int_equal(chat_webpush_read_keys(&keys, RFC_P256DH, RFC_AUTH), APR_SUCCESS);
    apr_decode_base64_binary(salt, RFC_SALT, APR_ENCODE_STRING, APR_ENCODE_NONE, NULL);
    assert_int_equal(chat_webpush_encrypt_with(body, &length, &keys, RFC_TEXT, strlen(RFC_TEXT),
                                               strlen(RFC_TEXT) + 1, load_sender(*state), salt),
                     APR_SUCCESS);
    assert_string_equal(
        apr_pencode_base64_binary(*state, body, (apr_ssize_t)length, APR_ENCODE_BASE64URL, NULL),
        RFC_BODY);
}

static void lengths_are_steps_up_to_what_services_must_take(void **state)
{
    static char text[CHAT_WEBPUSH_TEXT_BYTES_MAX + 1];
    unsigned char body[CHAT_WEBPUSH_BODY_BYTES_MAX];
    chat_webpush_keys_t keys;
    apr_size_t length, bytes, step;

    chat_webpush_read_keys(&keys, RFC_P256DH, RFC_AUTH);
    for (length = 0; length <= CHAT_WEBPUSH_TEXT_BYTES_MAX; length += length % 256 > 2 ? 127 : 1) {
        assert_int_equal(chat_webpush_encrypt(body, &bytes, &keys, text, length, *state),
                         APR_SUCCESS);
        assert_true(bytes <= sizeof body);
        step = bytes - OVERHEAD_BYTES;
        assert_true(step > length);
        assert_true(step % 256 == 0 || step == CHAT_WEBPUSH_TEXT_BYTES_MAX + 1);
        assert_true(step - length <= 256);
    }
    length = CHAT_WEBPUSH_TEXT_BYTES_MAX;
    assert_int_equal(chat_webpush_encrypt(body, &bytes, &keys, text, length, *state), APR_SUCCESS);
    assert_int_equal(bytes, CHAT_WEBPUSH_BODY_BYTES_MAX);
    assert_int_equal(chat_webpush_encrypt(body, &bytes, &keys, text, length + 1, *state),
                     APR_EINVAL);
    assert_int_equal(bytes, 0);
}

static void no_two_messages_are_alike(void **state)
{
    unsigned char one[CHAT_WEBPUSH_BODY_BYTES_MAX], other[CHAT_WEBPUSH_BODY_BYTES_MAX];
    chat_webpush_keys_t keys;
    apr_size_t length;

    chat_webpush_read_keys(&keys, RFC_P256DH, RFC_AUTH);
    assert_int_equal(chat_webpush_encrypt(one, &length, &keys, "x", 1, *state), APR_SUCCESS);
    assert_int_equal(chat_webpush_encrypt(other, &length, &keys, "x", 1, *state), APR_SUCCESS);
    assert_memory_not_equal(one, other, 16);           /* the salt */
    assert_memory_not_equal(one + 21, other + 21, 65); /* the key */
    assert_memory_not_equal(one + 86, other + 86, 16); /* and so the text */
    assert_int_equal(length, OVERHEAD_BYTES + 256);
}

static void other_keys_are_refused(void **state)
{
    unsigned char body[CHAT_WEBPUSH_BODY_BYTES_MAX];
    chat_webpush_keys_t keys;
    apr_size_t length;

    assert_int_equal(chat_webpush_read_keys(&keys, RFC_AUTH, RFC_AUTH), APR_EINVAL);
    assert_int_equal(chat_webpush_read_keys(&keys, RFC_P256DH, RFC_P256DH), APR_EINVAL);
    assert_int_equal(chat_webpush_read_keys(&keys, RFC_P256DH, ""), APR_EINVAL);
    assert_int_equal(chat_webpush_read_keys(&keys, RFC_P256DH RFC_P256DH, RFC_AUTH), APR_EINVAL);
    assert_int_equal(chat_webpush_read_keys(&keys, "!", RFC_AUTH), APR_EINVAL);
    chat_webpush_read_keys(&keys, RFC_P256DH, RFC_AUTH);
    keys.point[40] ^= 1;
    assert_int_equal(chat_webpush_encrypt(body, &length, &keys, "x", 1, *state), APR_EINVAL);
    assert_int_equal(length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_example_of_the_rfc_comes_out),
        UNIT_TEST(lengths_are_steps_up_to_what_services_must_take),
        UNIT_TEST(no_two_messages_are_alike),
        UNIT_TEST(other_keys_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
