#include "core/chat_p256.h"

#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include "core/chat_private_file.h"

#define CURVE "prime256v1" /* OpenSSL's name of it */
#define COORDINATE_BYTES 32
#define UNCOMPRESSED 4 /* the first byte of a point: SEC 1 section 2.3.3 */
#define POINT_CHARS 87 /* in base64url */
#define KEY_ID_BYTES 12
#define HASH_BYTES 32
#define DER_BYTES_MAX 72 /* of a signature: two numbers of 33 bytes, and what is around them */

struct chat_p256_t {
    EVP_PKEY *pair;
    unsigned char point[CHAT_P256_POINT_BYTES];
    char text[POINT_CHARS + 1];
    char id[CHAT_P256_KEY_ID_CHARS + 1];
};

static apr_status_t free_pair(void *pair)
{
    EVP_PKEY_free(pair); /* wipes the private key, too */
    return APR_SUCCESS;
}

/* ---- points ---- */

/* One coordinate of the public key, from the left filled with zeros. */
static int get_coordinate(unsigned char *out, const EVP_PKEY *pair, const char *name)
{
    BIGNUM *number = NULL;
    int is_done = EVP_PKEY_get_bn_param(pair, name, &number) == 1 &&
                  BN_bn2binpad(number, out, COORDINATE_BYTES) == COORDINATE_BYTES;

    BN_free(number);
    return is_done;
}

/* A PEM file may have the point in compressed form, so the coordinates are asked for. */
static int get_point(unsigned char point[CHAT_P256_POINT_BYTES], const EVP_PKEY *pair)
{
    point[0] = UNCOMPRESSED;
    return get_coordinate(point + 1, pair, OSSL_PKEY_PARAM_EC_PUB_X) &&
           get_coordinate(point + 1 + COORDINATE_BYTES, pair, OSSL_PKEY_PARAM_EC_PUB_Y);
}

/* A public key; NULL: the bytes are not a point on the curve. */
static EVP_PKEY *public_key(const unsigned char *point)
{
    char curve[] = CURVE;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
                           OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point,
                                                             CHAT_P256_POINT_BYTES),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

int chat_p256_is_point(const unsigned char *bytes)
{
    EVP_PKEY *key;

    if (bytes[0] != UNCOMPRESSED)
        return 0;
    ERR_set_mark(); /* mod_ssl takes errors that are left in this thread for its own */
    key = public_key(bytes);
    ERR_pop_to_mark();
    EVP_PKEY_free(key);
    return key != NULL;
}

/* ---- key pairs ---- */

static int is_on_curve(const EVP_PKEY *pair)
{
    char name[64];

    return EVP_PKEY_is_a(pair, "EC") &&
           EVP_PKEY_get_group_name(pair, name, sizeof name, NULL) == 1 && strcmp(name, CURVE) == 0;
}

static int is_pair(EVP_PKEY *pair)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);
    int is_valid = context && EVP_PKEY_check(context) == 1;

    EVP_PKEY_CTX_free(context);
    return is_valid;
}

/* Take ownership of a pair; NULL: OpenSSL failed. */
static chat_p256_t *own(EVP_PKEY *pair, apr_pool_t *p)
{
    chat_p256_t *key = apr_pcalloc(p, sizeof *key);
    unsigned char hash[HASH_BYTES];

    key->pair = pair;
    apr_pool_cleanup_register(p, pair, free_pair, apr_pool_cleanup_null);
    if (!get_point(key->point, pair) ||
        !EVP_Q_digest(NULL, "SHA256", NULL, key->point, sizeof key->point, hash, NULL))
        return NULL;
    apr_encode_base64_binary(key->text, key->point, sizeof key->point, APR_ENCODE_BASE64URL, NULL);
    apr_encode_base64_binary(key->id, hash, KEY_ID_BYTES, APR_ENCODE_BASE64URL, NULL);
    return key;
}

/* OpenSSL would ask for it at the terminal. */
static int no_password(char *out, int size, int is_writing, void *data)
{
    (void)out, (void)size, (void)is_writing, (void)data;
    return -1;
}

static EVP_PKEY *parse(const char *text, apr_size_t length)
{
    BIO *bio = BIO_new_mem_buf(text, (int)length);
    EVP_PKEY *pair = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;

    BIO_free(bio);
    return pair;
}

#define CREATION "openssl ecparam -name prime256v1 -genkey -noout"

static const char *find_fault(EVP_PKEY *pair, const char *path, apr_pool_t *p)
{
    if (!pair)
        return apr_psprintf(p,
                            "%s contains no private key in PEM, or one with a password; create one "
                            "with: (umask 077; " CREATION " >%s)",
                            path, path);
    if (!is_on_curve(pair))
        return apr_psprintf(p,
                            "the key in %s is not on the curve P-256; create one with: "
                            "(umask 077; " CREATION " >%s)",
                            path, path);
    return is_pair(pair) ? NULL : apr_psprintf(p, "the key in %s is not valid", path);
}

static apr_status_t take(chat_p256_t **pkey, const char **perror, const char *path,
                         const char *text, apr_size_t length, apr_pool_t *p)
{
    EVP_PKEY *pair;

    ERR_set_mark();
    pair = parse(text, length);
    *perror = find_fault(pair, path, p);
    ERR_pop_to_mark();
    if (*perror) {
        EVP_PKEY_free(pair);
        return APR_EINVAL;
    }
    *pkey = own(pair, p);
    if (*pkey)
        return APR_SUCCESS;
    *perror = apr_psprintf(p, "OpenSSL cannot use the key in %s", path);
    return APR_EGENERAL;
}

apr_status_t chat_p256_load(chat_p256_t **pkey, const char **perror, const char *path,
                            apr_pool_t *p)
{
    static const chat_private_file_t what = {"one private key in PEM", "key", CREATION};
    char text[CHAT_PRIVATE_FILE_BYTES_MAX];
    apr_size_t length;
    apr_status_t rv = chat_private_file_read(text, &length, perror, path, &what, p);

    *pkey = NULL;
    if (rv == APR_SUCCESS)
        rv = take(pkey, perror, path, text, length, p);
    OPENSSL_cleanse(text, sizeof text);
    return rv;
}

chat_p256_t *chat_p256_generate(apr_pool_t *p)
{
    EVP_PKEY *pair = EVP_EC_gen(CURVE);

    return pair ? own(pair, p) : NULL;
}

const unsigned char *chat_p256_point(const chat_p256_t *key)
{
    return key->point;
}

const char *chat_p256_public_text(const chat_p256_t *key)
{
    return key->text;
}

const char *chat_p256_key_id(const chat_p256_t *key)
{
    return key->id;
}

/* ---- their use ---- */

int chat_p256_agree(unsigned char secret[CHAT_P256_SECRET_BYTES], const chat_p256_t *key,
                    const unsigned char *point)
{
    size_t length = CHAT_P256_SECRET_BYTES;
    EVP_PKEY_CTX *context;
    EVP_PKEY *other;
    int is_done;

    ERR_set_mark();
    other = public_key(point);
    context = other ? EVP_PKEY_CTX_new_from_pkey(NULL, key->pair, NULL) : NULL;
    is_done = context && EVP_PKEY_derive_init(context) == 1 &&
              EVP_PKEY_derive_set_peer(context, other) == 1 &&
              EVP_PKEY_derive(context, secret, &length) == 1 && length == CHAT_P256_SECRET_BYTES;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(other);
    ERR_pop_to_mark();
    return is_done;
}

/* OpenSSL writes a signature as DER. */
static int write_numbers(unsigned char signature[CHAT_P256_SIGNATURE_BYTES],
                         const unsigned char *der, size_t length)
{
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &der, (long)length);
    int is_done =
        numbers &&
        BN_bn2binpad(ECDSA_SIG_get0_r(numbers), signature, COORDINATE_BYTES) == COORDINATE_BYTES &&
        BN_bn2binpad(ECDSA_SIG_get0_s(numbers), signature + COORDINATE_BYTES, COORDINATE_BYTES) ==
            COORDINATE_BYTES;

    ECDSA_SIG_free(numbers);
    return is_done;
}

int chat_p256_sign(unsigned char signature[CHAT_P256_SIGNATURE_BYTES], const chat_p256_t *key,
                   const char *text, apr_size_t length)
{
    unsigned char der[DER_BYTES_MAX];
    size_t bytes = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int is_done =
        context &&
        EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key->pair, NULL) == 1 &&
        EVP_DigestSign(context, der, &bytes, (const unsigned char *)text, length) == 1 &&
        write_numbers(signature, der, bytes);

    EVP_MD_CTX_free(context);
    return is_done;
}
