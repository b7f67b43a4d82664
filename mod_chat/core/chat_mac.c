#include "core/chat_mac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

struct chat_mac_t {
    EVP_MAC_CTX *keyed; /* initialised with the key, which takes longer than the rest; copied for
                           each use */
};

static apr_status_t free_keyed(void *keyed)
{
    EVP_MAC_CTX_free(keyed); /* wipes the key, too */
    return APR_SUCCESS;
}

chat_mac_t *chat_mac_create(const void *key, apr_size_t length, apr_pool_t *p)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *keyed = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    chat_mac_t *mac = apr_palloc(p, sizeof *mac);

    EVP_MAC_free(hmac); /* the context has a reference */
    if (!keyed)
        return NULL;
    apr_pool_cleanup_register(p, keyed, free_keyed, apr_pool_cleanup_null);
    mac->keyed = keyed;
    return EVP_MAC_init(keyed, key, length, params) == 1 ? mac : NULL;
}

int chat_mac_make(unsigned char out[CHAT_MAC_BYTES], const chat_mac_t *mac,
                  const chat_part_t *parts, int count)
{
    EVP_MAC_CTX *hmac = EVP_MAC_CTX_dup(mac->keyed);
    size_t length = 0;
    int is_made = hmac != NULL;
    int i;

    for (i = 0; i < count && is_made; i++)
        is_made = EVP_MAC_update(hmac, parts[i].bytes, parts[i].length);
    is_made =
        is_made && EVP_MAC_final(hmac, out, &length, CHAT_MAC_BYTES) && length == CHAT_MAC_BYTES;
    EVP_MAC_CTX_free(hmac);
    return is_made;
}

int chat_mac_is_same(const void *one, const void *other, apr_size_t length)
{
    return CRYPTO_memcmp(one, other, length) == 0;
}
