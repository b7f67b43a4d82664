#include "notify/chat_vapid.h"

#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include "core/chat_json_member.h"

#define TOKEN_BYTES_EXPECTED 512

typedef struct token_t {
    apr_pool_t *pool; /* of the rest; NULL: there is none */
    const char *origin;
    const char *header;
    apr_time_t made_at;
} token_t;

struct chat_vapid_t {
    const chat_p256_t *key;
    const char *contact;
    apr_pool_t *pool;
    token_t tokens[CHAT_VAPID_ORIGINS_MAX];
};

chat_vapid_t *chat_vapid_create(const chat_p256_t *key, const char *contact, apr_pool_t *p)
{
    chat_vapid_t *vapid = apr_pcalloc(p, sizeof *vapid);

    vapid->key = key;
    vapid->contact = contact;
    vapid->pool = p;
    return vapid;
}

static const char *encode(const void *bytes, apr_size_t length, apr_pool_t *p)
{
    return apr_pencode_base64_binary(p, bytes, (apr_ssize_t)length, APR_ENCODE_BASE64URL, NULL);
}

/* RFC 8292 section 2. */
static const char *claims_of(const chat_vapid_t *vapid, const char *origin, apr_time_t wall,
                             apr_pool_t *p)
{
    chat_json_t *json = chat_json_create(TOKEN_BYTES_EXPECTED, p);
    apr_size_t length;
    const char *bytes;

    chat_json_object_begin(json);
    chat_json_member_string(json, "aud", origin);
    chat_json_member_integer(json, "exp", apr_time_sec(wall) + CHAT_VAPID_VALID_S);
    chat_json_member_string(json, "sub", vapid->contact);
    chat_json_object_end(json);
    bytes = chat_json_bytes(json, &length);
    return encode(bytes, length, p);
}

/* A JSON Web Token in its compact form (RFC 7515 section 7.1), in the header of RFC 8292 section 3.
 */
static const char *make_header(const chat_vapid_t *vapid, const char *origin, apr_time_t wall,
                               apr_pool_t *p)
{
    static const char type[] = "{\"typ\":\"JWT\",\"alg\":\"ES256\"}";
    unsigned char signature[CHAT_P256_SIGNATURE_BYTES];
    const char *text = apr_pstrcat(p, encode(type, sizeof type - 1, p), ".",
                                   claims_of(vapid, origin, wall, p), NULL);

    if (!chat_p256_sign(signature, vapid->key, text, strlen(text)))
        return NULL;
    return apr_pstrcat(p, "Authorization: vapid t=", text, ".",
                       encode(signature, sizeof signature, p),
                       ", k=", chat_p256_public_text(vapid->key), NULL);
}

/* That of the origin, otherwise a free one or the oldest, which is emptied. */
static token_t *place_of(chat_vapid_t *vapid, const char *origin)
{
    token_t *oldest = &vapid->tokens[0];
    int i;

    for (i = 0; i < CHAT_VAPID_ORIGINS_MAX; i++) {
        token_t *token = &vapid->tokens[i];

        if (token->pool && strcmp(token->origin, origin) == 0)
            return token;
        if (!token->pool || (oldest->pool && token->made_at < oldest->made_at))
            oldest = token;
    }
    return oldest;
}

const char *chat_vapid_header(chat_vapid_t *vapid, const char *origin, apr_time_t now,
                              apr_time_t wall)
{
    token_t *token = place_of(vapid, origin);

    if (token->pool && strcmp(token->origin, origin) == 0 &&
        now - token->made_at < apr_time_from_sec(CHAT_VAPID_USED_S))
        return token->header;
    if (token->pool)
        apr_pool_clear(token->pool);
    else if (apr_pool_create(&token->pool, vapid->pool) != APR_SUCCESS)
        return NULL;
    token->origin = apr_pstrdup(token->pool, origin);
    token->header = make_header(vapid, origin, wall, token->pool);
    token->made_at = token->header ? now : 0; /* otherwise it is tried again */
    return token->header;
}
