#include "core/chat_sha256.h"

#include <apr_escape.h>
#include <apr_strings.h>

#include <openssl/evp.h>

struct chat_sha256_t {
    EVP_MD_CTX *context;
    apr_pool_t *pool;
};

static apr_status_t free_context(void *context)
{
    EVP_MD_CTX_free(context);
    return APR_SUCCESS;
}

chat_sha256_t *chat_sha256_create(apr_pool_t *p)
{
    chat_sha256_t *sha256 = apr_palloc(p, sizeof *sha256);

    sha256->pool = p;
    sha256->context = EVP_MD_CTX_new();
    if (!sha256->context)
        return NULL;
    apr_pool_cleanup_register(p, sha256->context, free_context, apr_pool_cleanup_null);
    return EVP_DigestInit_ex(sha256->context, EVP_sha256(), NULL) == 1 ? sha256 : NULL;
}

apr_status_t chat_sha256_add(chat_sha256_t *sha256, const void *bytes, apr_size_t count)
{
    return EVP_DigestUpdate(sha256->context, bytes, count) == 1 ? APR_SUCCESS : APR_EGENERAL;
}

const char *chat_sha256_take(chat_sha256_t *sha256)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int bytes;

    if (EVP_DigestFinal_ex(sha256->context, hash, &bytes) != 1 || bytes != CHAT_SHA256_BYTES ||
        EVP_DigestInit_ex(sha256->context, EVP_sha256(), NULL) != 1)
        return NULL;
    return apr_pescape_hex(sha256->pool, hash, bytes, 0);
}
