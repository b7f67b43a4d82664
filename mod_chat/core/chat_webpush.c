#include "core/chat_webpush.h"

#include <string.h>

#include <apr_encode.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#define KEY_BYTES 16 /* of AES-128 */
#define NONCE_BYTES 12
#define TAG_BYTES 16
#define IKM_BYTES 32
#define LAST_RECORD 2 /* the byte after the text: RFC 8188 section 2 */

/* Salt, record size, length of the key id, and the key id: RFC 8188 section 2.1. */
#define HEADER_BYTES (CHAT_WEBPUSH_SALT_BYTES + 4 + 1 + CHAT_P256_POINT_BYTES)
#define PADDED_BYTES_MAX (CHAT_WEBPUSH_TEXT_BYTES_MAX + 1)
#define AUTH_CHARS_MAX 24

_Static_assert(HEADER_BYTES + PADDED_BYTES_MAX + TAG_BYTES == CHAT_WEBPUSH_BODY_BYTES_MAX,
               "a message of the maximum length fills one record");

static apr_status_t decode(unsigned char *out, apr_size_t bytes, const char *text)
{
    unsigned char decoded[CHAT_P256_POINT_BYTES + 3];
    apr_size_t length;

    if (apr_decode_base64_binary(NULL, text, APR_ENCODE_STRING, APR_ENCODE_NONE, &length) !=
            APR_SUCCESS ||
        length > sizeof decoded ||
        apr_decode_base64_binary(decoded, text, APR_ENCODE_STRING, APR_ENCODE_NONE, &length) !=
            APR_SUCCESS ||
        length != bytes)
        return APR_EINVAL;
    memcpy(out, decoded, bytes);
    return APR_SUCCESS;
}

apr_status_t chat_webpush_read_keys(chat_webpush_keys_t *keys, const char *p256dh, const char *auth)
{
    apr_status_t rv = decode(keys->point, sizeof keys->point, p256dh);

    return rv == APR_SUCCESS ? decode(keys->auth, sizeof keys->auth, auth) : rv;
}

/* HKDF with SHA-256 (RFC 5869), both steps. */
static int derive(unsigned char *out, apr_size_t bytes, const unsigned char *salt,
                  const unsigned char *secret, const void *info, apr_size_t info_bytes)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, IKM_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt,
                                          CHAT_WEBPUSH_SALT_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_bytes),
        OSSL_PARAM_construct_end()};
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = hkdf ? EVP_KDF_CTX_new(hkdf) : NULL;
    int is_done = context && EVP_KDF_derive(context, out, bytes, params) == 1;

    EVP_KDF_CTX_free(context);
    EVP_KDF_free(hkdf);
    return is_done;
}

/* RFC 8291 section 3.4: the key and the nonce of the only record. */
static apr_status_t derive_keys(unsigned char key[KEY_BYTES], unsigned char nonce[NONCE_BYTES],
                                const chat_webpush_keys_t *keys, const chat_p256_t *sender,
                                const unsigned char salt[CHAT_WEBPUSH_SALT_BYTES])
{
    static const char key_info[] = "Content-Encoding: aes128gcm"; /* with their NUL */
    static const char nonce_info[] = "Content-Encoding: nonce";
    static const char prefix[] = "WebPush: info";
    unsigned char info[sizeof prefix + 2 * CHAT_P256_POINT_BYTES];
    unsigned char shared[CHAT_P256_SECRET_BYTES], ikm[IKM_BYTES];
    apr_status_t rv = APR_EINVAL;

    memcpy(info, prefix, sizeof prefix);
    memcpy(info + sizeof prefix, keys->point, CHAT_P256_POINT_BYTES);
    memcpy(info + sizeof prefix + CHAT_P256_POINT_BYTES, chat_p256_point(sender),
           CHAT_P256_POINT_BYTES);
    if (chat_p256_agree(shared, sender, keys->point))
        rv = derive(ikm, sizeof ikm, keys->auth, shared, info, sizeof info) &&
                     derive(key, KEY_BYTES, salt, ikm, key_info, sizeof key_info) &&
                     derive(nonce, NONCE_BYTES, salt, ikm, nonce_info, sizeof nonce_info)
                 ? APR_SUCCESS
                 : APR_EGENERAL;
    OPENSSL_cleanse(shared, sizeof shared);
    OPENSSL_cleanse(ikm, sizeof ikm);
    return rv;
}

static int seal(unsigned char *out, const unsigned char *padded, apr_size_t length,
                const unsigned char key[KEY_BYTES], const unsigned char nonce[NONCE_BYTES])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int count = 0, rest = 0;
    int is_done = context &&
                  EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, key, nonce) == 1 &&
                  EVP_EncryptUpdate(context, out, &count, padded, (int)length) == 1 &&
                  EVP_EncryptFinal_ex(context, out + count, &rest) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, out + length) == 1;

    EVP_CIPHER_CTX_free(context);
    return is_done && (apr_size_t)(count + rest) == length;
}

static unsigned char *write_header(unsigned char *out, const chat_p256_t *sender,
                                   const unsigned char salt[CHAT_WEBPUSH_SALT_BYTES])
{
    static const unsigned char sizes[] = {0, 0, CHAT_WEBPUSH_BODY_BYTES_MAX >> 8,
                                          CHAT_WEBPUSH_BODY_BYTES_MAX & 0xff,
                                          CHAT_P256_POINT_BYTES};

    memcpy(out, salt, CHAT_WEBPUSH_SALT_BYTES);
    out += CHAT_WEBPUSH_SALT_BYTES;
    memcpy(out, sizes, sizeof sizes);
    out += sizeof sizes;
    memcpy(out, chat_p256_point(sender), CHAT_P256_POINT_BYTES);
    return out + CHAT_P256_POINT_BYTES;
}

apr_status_t chat_webpush_encrypt_with(unsigned char *body, apr_size_t *plength,
                                       const chat_webpush_keys_t *keys, const char *text,
                                       apr_size_t length, apr_size_t padded_length,
                                       const chat_p256_t *sender,
                                       const unsigned char salt[CHAT_WEBPUSH_SALT_BYTES])
{
    unsigned char padded[PADDED_BYTES_MAX] = {0};
    unsigned char key[KEY_BYTES], nonce[NONCE_BYTES];
    apr_status_t rv;

    *plength = 0;
    if (length >= padded_length || padded_length > sizeof padded)
        return APR_EINVAL;
    memcpy(padded, text, length);
    padded[length] = LAST_RECORD;
    rv = derive_keys(key, nonce, keys, sender, salt);
    if (rv == APR_SUCCESS &&
        !seal(write_header(body, sender, salt), padded, padded_length, key, nonce))
        rv = APR_EGENERAL;
    if (rv == APR_SUCCESS)
        *plength = HEADER_BYTES + padded_length + TAG_BYTES;
    OPENSSL_cleanse(padded, sizeof padded);
    OPENSSL_cleanse(key, sizeof key);
    return rv;
}

/* Up to the next step, with the byte after the text. */
static apr_size_t padded_length_of(apr_size_t length)
{
    apr_size_t steps = length / CHAT_WEBPUSH_STEP_BYTES + 1;
    apr_size_t padded = steps * CHAT_WEBPUSH_STEP_BYTES;

    return padded < PADDED_BYTES_MAX ? padded : PADDED_BYTES_MAX;
}

apr_status_t chat_webpush_encrypt(unsigned char *body, apr_size_t *plength,
                                  const chat_webpush_keys_t *keys, const char *text,
                                  apr_size_t length, apr_pool_t *p)
{
    unsigned char salt[CHAT_WEBPUSH_SALT_BYTES];
    chat_p256_t *sender = chat_p256_generate(p);

    *plength = 0;
    if (!sender || RAND_bytes(salt, sizeof salt) != 1)
        return APR_EGENERAL;
    return chat_webpush_encrypt_with(body, plength, keys, text, length, padded_length_of(length),
                                     sender, salt);
}
