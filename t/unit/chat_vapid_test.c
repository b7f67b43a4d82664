#include "chat_unit.h"

#include <stdio.h>
#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "notify/chat_vapid.h"

#define NOW apr_time_from_sec(1000000)
#define WALL apr_time_from_sec(1800000000)
#define ORIGIN "https://push.example.org"

static const char *decode(const char *text, apr_size_t length, apr_pool_t *p)
{
    return apr_pdecode_base64(p, text, (apr_ssize_t)length, APR_ENCODE_NONE, NULL);
}

/* ECDSA by OpenSSL, from the two numbers. */
static int verifies(const chat_p256_t *key, const char *text, apr_size_t length,
                    const unsigned char *signature)
{
    char curve[] = "prime256v1";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
                           OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                             (void *)chat_p256_point(key),
                                                             CHAT_P256_POINT_BYTES),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *public_key = NULL;
    ECDSA_SIG *numbers = ECDSA_SIG_new();
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    unsigned char *der = NULL;
    int bytes, is_right;

    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &public_key, EVP_PKEY_PUBLIC_KEY, params), 1);
    ECDSA_SIG_set0(numbers, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL));
    bytes = i2d_ECDSA_SIG(numbers, &der);
    EVP_DigestVerifyInit_ex(digest, NULL, "SHA256", NULL, NULL, public_key, NULL);
    is_right = EVP_DigestVerify(digest, der, (size_t)bytes, (const unsigned char *)text, length);
    OPENSSL_free(der);
    EVP_MD_CTX_free(digest);
    ECDSA_SIG_free(numbers);
    EVP_PKEY_free(public_key);
    EVP_PKEY_CTX_free(context);
    return is_right == 1;
}

static void a_token_says_who_to_whom_and_until_when(void **state)
{
    static const char before[] = "Authorization: vapid t=";
    chat_p256_t *key = chat_p256_generate(*state);
    chat_vapid_t *vapid = chat_vapid_create(key, "mailto:a@example.org", *state);
    const char *header = chat_vapid_header(vapid, ORIGIN, NOW, WALL);
    const char *token = header + strlen(before), *claims, *signature, *end;
    unsigned char numbers[CHAT_P256_SIGNATURE_BYTES + 3];
    apr_size_t length;

    assert_memory_equal(header, before, strlen(before));
    claims = strchr(token, '.') + 1;
    signature = strchr(claims, '.') + 1;
    end = strchr(signature, ',');
    assert_string_equal(end, apr_pstrcat(*state, ", k=", chat_p256_public_text(key), NULL));
    assert_string_equal(decode(token, (apr_size_t)(claims - 1 - token), *state),
                        "{\"typ\":\"JWT\",\"alg\":\"ES256\"}");
    assert_string_equal(decode(claims, (apr_size_t)(signature - 1 - claims), *state),
                        "{\"aud\":\"" ORIGIN
                        "\",\"exp\":1800043200,\"sub\":\"mailto:a@example.org\"}");
    apr_decode_base64_binary(numbers, signature, end - signature, APR_ENCODE_NONE, &length);
    assert_int_equal(length, CHAT_P256_SIGNATURE_BYTES);
    assert_true(verifies(key, token, (apr_size_t)(signature - 1 - token), numbers));
    assert_false(
        verifies(chat_p256_generate(*state), token, (apr_size_t)(signature - 1 - token), numbers));
}

static void a_token_serves_for_an_hour(void **state)
{
    chat_vapid_t *vapid =
        chat_vapid_create(chat_p256_generate(*state), "mailto:a@example.org", *state);
    const char *first = apr_pstrdup(*state, chat_vapid_header(vapid, ORIGIN, NOW, WALL));
    apr_time_t later = NOW + apr_time_from_sec(CHAT_VAPID_USED_S);

    assert_string_equal(chat_vapid_header(vapid, ORIGIN, later - 1, WALL), first);
    assert_string_not_equal(chat_vapid_header(vapid, ORIGIN, later, WALL), first);
}

static void each_service_has_its_own_and_few_are_kept(void **state)
{
    chat_vapid_t *vapid =
        chat_vapid_create(chat_p256_generate(*state), "mailto:a@example.org", *state);
    const char *first = apr_pstrdup(*state, chat_vapid_header(vapid, ORIGIN, NOW, WALL));
    int i;

    for (i = 1; i < CHAT_VAPID_ORIGINS_MAX; i++)
        assert_string_not_equal(
            chat_vapid_header(vapid, apr_psprintf(*state, ORIGIN ":%d", 1000 + i), NOW + i, WALL),
            first);
    assert_string_equal(chat_vapid_header(vapid, ORIGIN, NOW + i, WALL), first);
    chat_vapid_header(vapid, ORIGIN ":999", NOW + i, WALL); /* in the place of the oldest */
    assert_string_not_equal(chat_vapid_header(vapid, ORIGIN, NOW + i, WALL), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_token_says_who_to_whom_and_until_when),
        UNIT_TEST(a_token_serves_for_an_hour),
        UNIT_TEST(each_service_has_its_own_and_few_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
