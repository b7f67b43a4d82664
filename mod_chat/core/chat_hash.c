#include "core/chat_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

chat_hash_t chat_hash(const void *bytes, apr_size_t length)
{
    XXH128_hash_t hash = XXH3_128bits(bytes, length);

    return (chat_hash_t){hash.high64, hash.low64};
}
