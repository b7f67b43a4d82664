#include "guard/chat_token.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <apr_encode.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "core/chat_config.h"
#include "core/chat_mac.h"
#include "core/chat_private_file.h"

#define VERSION 1 /* the first byte of a token; change it with the layout */
#define NONCE_BYTES 16
#define HMAC_BYTES CHAT_MAC_BYTES
#define TOKEN_BYTES (1 + NONCE_BYTES + HMAC_BYTES)

struct chat_secrets_t {
    chat_mac_t *macs[CHAT_TOKEN_SECRETS_MAX];
    int count;
};

static apr_status_t add_secret(chat_secrets_t *secrets, const char **perror, const char *path,
                               const char *secret, apr_size_t length, apr_pool_t *p)
{
    if (length < CHAT_TOKEN_SECRET_CHARS_MIN) {
        *perror = apr_psprintf(p,
                               "a secret in %s is shorter than %d characters; make one with: "
                               "openssl rand -hex 32",
                               path, CHAT_TOKEN_SECRET_CHARS_MIN);
        return APR_EINVAL;
    }
    if (secrets->count == CHAT_TOKEN_SECRETS_MAX) {
        *perror = apr_psprintf(p, "%s contains more than %d secrets; remove the oldest", path,
                               CHAT_TOKEN_SECRETS_MAX);
        return APR_EINVAL;
    }
    secrets->macs[secrets->count] = chat_mac_create(secret, length, p);
    if (!secrets->macs[secrets->count]) {
        *perror =
            apr_psprintf(p, "OpenSSL cannot create an HMAC-SHA256 with a secret from %s", path);
        return APR_EGENERAL;
    }
    secrets->count++;
    return APR_SUCCESS;
}

chat_secrets_t *chat_token_from_bytes(const void *bytes, apr_size_t length, apr_pool_t *p)
{
    chat_secrets_t *secrets = apr_pcalloc(p, sizeof *secrets);
    const char *error;

    return add_secret(secrets, &error, "memory", bytes, length, p) == APR_SUCCESS ? secrets : NULL;
}

static apr_status_t read_secrets(chat_secrets_t *secrets, const char **perror, const char *path,
                                 const char *text, apr_size_t length, apr_pool_t *p)
{
    const char *at = text, *end = text + length, *line, *stop, *newline;
    apr_status_t rv;

    if (memchr(text, '\0', length)) {
        *perror =
            apr_psprintf(p, "%s is not a text file; it must contain one secret per line", path);
        return APR_EINVAL;
    }
    for (; at < end; at = newline + 1) {
        newline = memchr(at, '\n', (apr_size_t)(end - at));
        if (!newline)
            newline = end;
        for (line = at; line < newline && apr_isspace(*line); line++)
            ;
        for (stop = newline; stop > line && apr_isspace(stop[-1]); stop--)
            ;
        if (line == stop || *line == '#')
            continue;
        rv = add_secret(secrets, perror, path, line, (apr_size_t)(stop - line), p);
        if (rv != APR_SUCCESS)
            return rv;
    }
    if (secrets->count > 0)
        return APR_SUCCESS;
    *perror = apr_psprintf(p, "%s contains no secret; add one with: openssl rand -hex 32 >%s", path,
                           path);
    return APR_EINVAL;
}

apr_status_t chat_token_load(chat_secrets_t **psecrets, const char **perror, const char *path,
                             apr_pool_t *p)
{
    static const chat_private_file_t what = {"one secret per line", "secrets",
                                             "openssl rand -hex 32"};
    chat_secrets_t *secrets = apr_pcalloc(p, sizeof *secrets);
    char text[CHAT_PRIVATE_FILE_BYTES_MAX];
    apr_size_t length;
    apr_status_t rv = chat_private_file_read(text, &length, perror, path, &what, p);

    *psecrets = NULL;
    if (rv == APR_SUCCESS)
        rv = read_secrets(secrets, perror, path, text, length, p);
    OPENSSL_cleanse(text, sizeof(text));
    if (rv == APR_SUCCESS)
        *psecrets = secrets;
    return rv;
}

/* The nonce has a fixed length, and a purpose contains no NUL, so the input is unambiguous. */
static int make_hmac(unsigned char out[HMAC_BYTES], const chat_mac_t *mac, const char *purpose,
                     const unsigned char nonce[NONCE_BYTES], const char *subject)
{
    const chat_part_t parts[] = {
        {purpose, strlen(purpose) + 1}, {nonce, NONCE_BYTES}, {"", 1}, {subject, strlen(subject)}};

    return chat_mac_make(out, mac, parts, CHAT_COUNT(parts));
}

static unsigned char drawn[NONCE_BYTES - sizeof(apr_uint64_t)];
static int is_drawn;

static void draw(void)
{
    is_drawn = RAND_bytes(drawn, sizeof drawn) == 1;
}

/* A random part, generated once for each process, and a counter. OpenSSL needs more time for random
 * bytes than for the rest, and a nonce that can be guessed is of no use without the key. */
static int make_nonce(unsigned char nonce[NONCE_BYTES])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static _Atomic apr_uint64_t counted;
    apr_uint64_t count = atomic_fetch_add(&counted, 1);

    pthread_once(&once, draw);
    memcpy(nonce, drawn, sizeof drawn);
    memcpy(nonce + sizeof drawn, &count, sizeof count);
    return is_drawn;
}

static void encode(char text[CHAT_TOKEN_CHARS + 1], const unsigned char token[TOKEN_BYTES])
{
    apr_encode_base64_binary(text, token, TOKEN_BYTES, APR_ENCODE_BASE64URL, NULL);
}

/* `token` has its nonce. */
static const char *sign(unsigned char token[TOKEN_BYTES], const chat_mac_t *mac,
                        const char *purpose, const char *subject, apr_pool_t *p)
{
    char *text;

    token[0] = VERSION;
    if (!make_hmac(token + 1 + NONCE_BYTES, mac, purpose, token + 1, subject))
        return NULL;
    text = apr_palloc(p, CHAT_TOKEN_CHARS + 1);
    encode(text, token);
    return text;
}

const char *chat_token_make(const chat_secrets_t *secrets, const char *purpose, const char *subject,
                            apr_pool_t *p)
{
    unsigned char token[TOKEN_BYTES];

    if (!secrets || !subject || !make_nonce(token + 1))
        return NULL;
    return sign(token, secrets->macs[0], purpose, subject, p);
}

/* An HMAC of the same subject for a purpose that no token has. */
static int derive_nonce(unsigned char nonce[NONCE_BYTES], const chat_mac_t *mac,
                        const char *purpose, const char *subject, apr_pool_t *p)
{
    static const unsigned char zeros[NONCE_BYTES] = {0};
    unsigned char derived[HMAC_BYTES];

    if (!make_hmac(derived, mac, apr_pstrcat(p, "nonce ", purpose, NULL), zeros, subject))
        return 0;
    memcpy(nonce, derived, NONCE_BYTES);
    return 1;
}

const char *chat_token_make_same(const chat_secrets_t *secrets, const char *purpose,
                                 const char *subject, apr_pool_t *p)
{
    unsigned char token[TOKEN_BYTES];

    if (!secrets || !subject || !derive_nonce(token + 1, secrets->macs[0], purpose, subject, p))
        return NULL;
    return sign(token, secrets->macs[0], purpose, subject, p);
}

/* Only the canonical encoding is valid; the decoder also accepts padding, +, / and spare bits. */
static int decode(unsigned char token[TOKEN_BYTES], const char *text)
{
    char canonical[CHAT_TOKEN_CHARS + 1];

    memset(token, 0, TOKEN_BYTES);
    if (strnlen(text, CHAT_TOKEN_CHARS + 1) != CHAT_TOKEN_CHARS ||
        apr_decode_base64_binary(token, text, CHAT_TOKEN_CHARS, APR_ENCODE_NONE, NULL) !=
            APR_SUCCESS)
        return 0;
    encode(canonical, token);
    return strcmp(canonical, text) == 0 && token[0] == VERSION;
}

chat_token_t chat_token_check(const chat_secrets_t *secrets, const char *purpose,
                              const char *subject, const char *token)
{
    unsigned char given[TOKEN_BYTES], made[HMAC_BYTES];
    int i;

    if (!secrets || !subject || !token || !decode(given, token))
        return CHAT_TOKEN_BAD;
    for (i = 0; i < secrets->count; i++) {
        if (make_hmac(made, secrets->macs[i], purpose, given + 1, subject) &&
            chat_mac_is_same(made, given + 1 + NONCE_BYTES, HMAC_BYTES))
            return i == 0 ? CHAT_TOKEN_GOOD : CHAT_TOKEN_OLD;
    }
    return CHAT_TOKEN_BAD;
}

chat_mac_t *chat_token_derive(const chat_secrets_t *secrets, const char *purpose, apr_pool_t *p)
{
    static const char derived[] = "key"; /* tokens do not use this purpose */
    const chat_part_t parts[] = {{derived, sizeof derived}, {purpose, strlen(purpose)}};
    unsigned char key[CHAT_MAC_BYTES];
    chat_mac_t *mac = NULL;

    if (secrets && chat_mac_make(key, secrets->macs[0], parts, CHAT_COUNT(parts)))
        mac = chat_mac_create(key, sizeof key, p);
    OPENSSL_cleanse(key, sizeof key);
    return mac;
}
