#include "core/chat_hash.h"

#include <string.h>

#include <apr_siphash.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define CODES 6

/* Not set: XXH3 with its built-in secret. */
static struct {
    unsigned char secret[CODES * CHAT_MAC_BYTES]; /* XXH3 requires at least 136 bytes */
    unsigned char high[APR_SIPHASH_KSIZE];
    unsigned char low[APR_SIPHASH_KSIZE];
    int is_set;
} keys;

_Static_assert(sizeof keys.secret >= XXH3_SECRET_SIZE_MIN, "the secret is long enough");

/* So that the values of XXH3 itself are not disclosed. */
static chat_hash_t mix(XXH128_hash_t hash)
{
    apr_uint64_t words[2] = {hash.high64, hash.low64};

    return (chat_hash_t){apr_siphash24(words, sizeof words, keys.high),
                         apr_siphash24(words, sizeof words, keys.low)};
}

chat_hash_t chat_hash(const void *bytes, apr_size_t length)
{
    XXH128_hash_t hash;

    if (keys.is_set)
        return mix(XXH3_128bits_withSecret(bytes, length, keys.secret, sizeof keys.secret));
    hash = XXH3_128bits(bytes, length);
    return (chat_hash_t){hash.high64, hash.low64};
}

apr_uint64_t chat_hash_64(const void *bytes, apr_size_t length)
{
    return XXH3_64bits(bytes, length);
}

chat_hash_t chat_hash_answer(const void *bytes, apr_size_t length, const char *epoch)
{
    chat_hash_t hash = chat_hash(bytes, length);
    chat_hash_t salt = {0, 0};

    if (epoch)
        salt = chat_hash(epoch, strlen(epoch));
    return (chat_hash_t){hash.high ^ salt.high, hash.low ^ salt.low};
}

static int derive(unsigned char out[CHAT_MAC_BYTES], const chat_mac_t *mac, unsigned char number)
{
    const chat_part_t part = {&number, sizeof number};

    return chat_mac_make(out, mac, &part, 1);
}

apr_status_t chat_hash_use(const chat_mac_t *mac)
{
    unsigned char code[CHAT_MAC_BYTES];
    unsigned char i;

    keys.is_set = 0;
    if (!mac)
        return APR_SUCCESS;
    for (i = 0; i < CODES; i++)
        if (!derive(keys.secret + i * sizeof code, mac, i))
            return APR_ENOMEM;
    if (!derive(code, mac, CODES))
        return APR_ENOMEM;
    memcpy(keys.high, code, sizeof keys.high);
    memcpy(keys.low, code + sizeof keys.high, sizeof keys.low);
    keys.is_set = 1;
    return APR_SUCCESS;
}
