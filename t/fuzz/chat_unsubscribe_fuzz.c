/*
 * The token of a link to end mail. What is taken is what the site would have written; a token of
 * the site is taken, and none that differs from it in one character.
 *
 * Input: the text; its first bytes also are a hash and the place of a change.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "guard/chat_unsubscribe.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

#define SECRET "0123456789abcdef0123456789abcdef"
#define CHANGE_BYTES 3

static apr_pool_t *kept; /* that of the secrets, for all inputs */
static chat_secrets_t *secrets;

/* Pools are not searched for what only they point to. */
static void destroy_kept(void)
{
    apr_pool_destroy(kept);
}

static void prepare(void)
{
    apr_initialize();
    apr_pool_create(&kept, NULL);
    atexit(destroy_kept);
    secrets = chat_token_from_bytes(SECRET, sizeof SECRET - 1, kept);
    REQUIRE(secrets);
}

static void check_any(const char *text, apr_pool_t *p)
{
    chat_unsubscribe_t subject;
    const char *begin;

    if (chat_unsubscribe_read(&subject, secrets, text, p) != APR_SUCCESS)
        return;
    begin = apr_psprintf(p, "%" APR_INT64_T_FMT ".%s.", subject.user_id, subject.address_hash);
    REQUIRE(strncmp(text, begin, strlen(begin)) == 0);
    REQUIRE(strlen(text) == strlen(begin) + CHAT_TOKEN_CHARS);
}

/* As chat.address_hash() writes it. */
static const char *hash_of(const uint8_t *data, apr_pool_t *p)
{
    char *hash = apr_pcalloc(p, CHAT_UNSUBSCRIBE_HASH_CHARS + 1);
    int i;

    for (i = 0; i < CHAT_UNSUBSCRIBE_HASH_CHARS; i++)
        hash[i] = "0123456789abcdef"[data[i] & 15];
    return hash;
}

static void check_own(const uint8_t *data, apr_pool_t *p)
{
    const char *hash = hash_of(data + CHANGE_BYTES, p);
    apr_int64_t user_id = data[0] + 1;
    chat_unsubscribe_t subject;
    char *text = apr_pstrdup(p, chat_unsubscribe_make(secrets, user_id, hash, p));
    char *at = text + data[1] % strlen(text);
    char before = *at;

    REQUIRE(chat_unsubscribe_read(&subject, secrets, text, p) == APR_SUCCESS);
    REQUIRE(subject.user_id == user_id && strcmp(subject.address_hash, hash) == 0);
    *at = (char)data[2];
    REQUIRE(*at == before || chat_unsubscribe_read(&subject, secrets, text, p) != APR_SUCCESS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p;

    if (!kept)
        prepare();
    apr_pool_create(&p, kept);
    check_any(apr_pstrmemdup(p, (const char *)data, size), p);
    if (size >= CHANGE_BYTES + CHAT_UNSUBSCRIBE_HASH_CHARS)
        check_own(data, p);
    apr_pool_destroy(p);
    return 0;
}
