#include "cache/chat_cache_entry.h"

#include <string.h>

#include "core/chat_config.h"

/* Another layout takes another number; it also keeps codes of entries and of keys apart. */
#define MAGIC_ENTRY APR_UINT64_C(0x34656863616374a2)
#define MAGIC_KEY APR_UINT64_C(0x3479656b616374a1)

typedef struct trailer_t {
    apr_uint64_t magic;
    apr_uint64_t xmin;
    apr_uint64_t epoch;
    apr_int64_t user_id;
    apr_int64_t made_at;
    apr_uint64_t answer_length;
    apr_uint64_t link_length;
    apr_uint64_t asked_length;
    chat_hash_t hash;
} trailer_t;

int chat_cache_entry_key(chat_response_cache_key_t *key, const chat_mac_t *mac, const char *asked,
                         apr_size_t length)
{
    static const apr_uint64_t magic = MAGIC_KEY;
    const chat_part_t parts[] = {{&magic, sizeof magic}, {asked, length}};
    unsigned char code[CHAT_MAC_BYTES];

    if (!chat_mac_make(code, mac, parts, CHAT_COUNT(parts)))
        return 0;
    memcpy(key->bytes, code, sizeof key->bytes);
    return 1;
}

apr_size_t chat_cache_entry_size(const chat_cache_entry_t *entry, const chat_mac_t *mac)
{
    return entry->answer_length + entry->link_length + entry->asked_length + sizeof(trailer_t) +
           (mac ? CHAT_MAC_BYTES : 0);
}

/* The magic number of the trailer is also the first part of what is authenticated. */
static int make_code(unsigned char code[CHAT_MAC_BYTES], const chat_response_cache_key_t *key,
                     const char *bytes, apr_size_t length, const chat_mac_t *mac)
{
    static const apr_uint64_t magic = MAGIC_ENTRY;
    const chat_part_t parts[] = {
        {&magic, sizeof magic}, {key->bytes, sizeof key->bytes}, {bytes, length}};

    return chat_mac_make(code, mac, parts, CHAT_COUNT(parts));
}

static char *append(char *at, const void *bytes, apr_size_t length)
{
    if (length) /* otherwise `bytes` may be NULL */
        memcpy(at, bytes, length);
    return at + length;
}

int chat_cache_entry_write(char *out, const chat_cache_entry_t *entry,
                           const chat_response_cache_key_t *key, const chat_mac_t *mac)
{
    trailer_t trailer = {.magic = MAGIC_ENTRY,
                         .xmin = entry->xmin,
                         .epoch = entry->epoch,
                         .user_id = entry->user_id,
                         .made_at = entry->made_at,
                         .answer_length = entry->answer_length,
                         .link_length = entry->link_length,
                         .asked_length = entry->asked_length,
                         .hash = entry->hash};
    unsigned char code[CHAT_MAC_BYTES];
    char *at = out;

    at = append(at, entry->answer, entry->answer_length);
    at = append(at, entry->link, entry->link_length);
    at = append(at, entry->asked, entry->asked_length);
    at = append(at, &trailer, sizeof trailer);
    if (!mac)
        return 1;
    if (!make_code(code, key, out, (apr_size_t)(at - out), mac))
        return 0;
    append(at, code, sizeof code);
    return 1;
}

/* Check the code after the entry, and take it off the length. */
static int check_code(apr_size_t *plength, const char *bytes, const chat_response_cache_key_t *key,
                      const chat_mac_t *mac)
{
    unsigned char code[CHAT_MAC_BYTES];

    if (*plength < sizeof code)
        return 0;
    *plength -= sizeof code;
    return make_code(code, key, bytes, *plength, mac) &&
           chat_mac_is_same(code, bytes + *plength, sizeof code);
}

/* Whether the lengths of the parts add up, without overflow. */
static int is_whole(const trailer_t *trailer, apr_size_t length)
{
    return trailer->magic == MAGIC_ENTRY && trailer->answer_length <= length &&
           trailer->link_length <= length - trailer->answer_length &&
           trailer->asked_length == length - trailer->answer_length - trailer->link_length;
}

apr_status_t chat_cache_entry_read(chat_cache_entry_t *entry, const char *bytes, apr_size_t length,
                                   const chat_response_cache_key_t *key, const chat_mac_t *mac)
{
    trailer_t trailer;

    memset(entry, 0, sizeof *entry);
    if ((mac && !check_code(&length, bytes, key, mac)) || length < sizeof trailer)
        return APR_EINVAL;
    length -= sizeof trailer;
    memcpy(&trailer, bytes + length, sizeof trailer);
    if (!is_whole(&trailer, length))
        return APR_EINVAL;
    entry->answer = bytes;
    entry->answer_length = (apr_size_t)trailer.answer_length;
    entry->link = bytes + entry->answer_length;
    entry->link_length = (apr_size_t)trailer.link_length;
    entry->asked = entry->link + entry->link_length;
    entry->asked_length = (apr_size_t)trailer.asked_length;
    entry->xmin = trailer.xmin;
    entry->epoch = trailer.epoch;
    entry->user_id = trailer.user_id;
    entry->made_at = trailer.made_at;
    entry->hash = trailer.hash;
    return APR_SUCCESS;
}
