/*
 * A push subscription as a browser sends it. What is taken has a URL that a reader written in
 * another way finds public, a key that is a point on the curve, and fields written in one way,
 * which are taken again as they are.
 *
 * Input: the JSON.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <apr_encode.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "core/chat_p256.h"
#include "guard/chat_push_endpoint.h"
#include "service/chat_push_draft.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

/* The key of RFC 8291 appendix A. */
static const char pem[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIMn1j4mBPp+Ohy5x9CqmThdXySVNzGK3LdwBC7QEPqEcoAoGCCqGSM49AwEHoUQDQgAE\n"
    "/jP0qw3qcZFNtVgj9ztUlI9BMG2SBzLbuaWaUyhkgiAOWXp7e8JguhwieZhYCZLpOXMALzASooro\n"
    "8Gu7eOXsDw==\n"
    "-----END EC PRIVATE KEY-----\n";

static chat_config_t config;
static apr_pool_t *kept; /* the key's, for all inputs */

/* Pools are not searched for what only they point to. */
static void destroy_kept(void)
{
    apr_pool_destroy(kept);
}

static chat_p256_t *load_key(apr_pool_t *p)
{
    char path[] = "/tmp/chat_push_draft_fuzz.XXXXXX";
    int file = mkstemp(path);
    chat_p256_t *key;
    const char *error;

    REQUIRE(file >= 0 && write(file, pem, sizeof pem - 1) == sizeof pem - 1);
    close(file);
    REQUIRE(chat_p256_load(&key, &error, path, p) == APR_SUCCESS);
    REQUIRE(remove(path) == 0);
    return key;
}

/* An exception, so that both ways are taken. */
static void prepare(void)
{
    apr_initialize();
    apr_pool_create(&kept, NULL);
    atexit(destroy_kept);
    config.push_key = load_key(kept);
    config.push_exemptions = apr_array_make(kept, 1, sizeof(chat_push_host_t));
    REQUIRE(!chat_push_endpoint_read_exemption(apr_array_push(config.push_exemptions),
                                               "127.0.0.1:8443", kept));
}

/* A port may begin with zeros. */
static int is_exception(const char *authority)
{
    const char *port = authority + strlen("127.0.0.1:");

    return strncmp(authority, "127.0.0.1:", strlen("127.0.0.1:")) == 0 &&
           strncmp(port + strspn(port, "0"), "8443/", 5) == 0;
}

static void check_url(const char *url)
{
    const char *authority = url + strlen("https://"), *at;
    size_t length = strcspn(authority, "/"), dots = 0;

    REQUIRE(strlen(url) <= CHAT_PUSH_ENDPOINT_BYTES_MAX);
    REQUIRE(strncasecmp(url, "https://", strlen("https://")) == 0 && authority[length] == '/');
    for (at = url; *at; at++)
        REQUIRE(*at > ' ' && *at < 0x7f && *at != '\\' && *at != '#');
    if (is_exception(authority))
        return;
    for (at = authority; at < authority + length && *at != ':'; at++) {
        REQUIRE((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                (*at >= '0' && *at <= '9') || *at == '.' || *at == '-');
        dots += *at == '.';
    }
    REQUIRE(dots > 0 && at[-1] != '.');
    while (at[-1] != '.')
        at--;
    REQUIRE((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z'); /* so it is not an address */
    at = memchr(authority, ':', length);
    REQUIRE(!at || strncmp(at, ":443/", 5) == 0 || strncmp(at, ":0", 2) == 0);
}

static void check_key(const char *text, apr_size_t bytes, apr_pool_t *p)
{
    unsigned char decoded[128];
    apr_size_t length;

    REQUIRE(strlen(text) < 100 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy"
                                               "z0123456789-_") == strlen(text));
    REQUIRE(apr_decode_base64_binary(decoded, text, APR_ENCODE_STRING, APR_ENCODE_NONE, &length) ==
            APR_SUCCESS);
    REQUIRE(length == bytes);
    REQUIRE(strcmp(apr_pencode_base64_binary(p, decoded, length, APR_ENCODE_BASE64URL, NULL),
                   text) == 0);
    REQUIRE(bytes != CHAT_P256_POINT_BYTES || chat_p256_is_point(decoded));
}

/* What was taken, written as JSON, is taken as the same. */
static void check_again(const chat_push_draft_t *draft, apr_pool_t *p)
{
    chat_push_draft_t again;
    chat_json_t *json = chat_json_create(1024, p);
    json_object *object;
    const char *bytes;
    apr_size_t length;

    chat_json_object_begin(json);
    chat_json_key(json, "endpoint");
    chat_json_string(json, draft->endpoint);
    chat_json_key(json, "keys");
    chat_json_object_begin(json);
    chat_json_key(json, "p256dh");
    chat_json_string(json, draft->p256dh);
    chat_json_key(json, "auth");
    chat_json_string(json, draft->auth);
    chat_json_object_end(json);
    chat_json_key(json, "key_id");
    chat_json_string(json, draft->key_id);
    chat_json_object_end(json);
    bytes = chat_json_bytes(json, &length);
    REQUIRE(!chat_json_read(&object, bytes, length, p));
    REQUIRE(!chat_push_draft_read(&again, object, &config, p));
    REQUIRE(strcmp(again.endpoint, draft->endpoint) == 0 &&
            strcmp(again.p256dh, draft->p256dh) == 0 && strcmp(again.auth, draft->auth) == 0 &&
            strcmp(again.key_id, draft->key_id) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    chat_push_draft_t draft;
    json_object *object;
    chat_problem_t *problem;
    const char *endpoint;
    apr_pool_t *p;

    if (!kept)
        prepare();
    apr_pool_create(&p, kept);
    if (!chat_json_read(&object, (const char *)data, size, p)) {
        problem = chat_push_draft_read(&draft, object, &config, p);
        REQUIRE(!problem || (problem->http_status == 400 && problem->errors->nelts == 1 &&
                             strcmp(problem->code, "subscription") == 0));
        if (!problem) {
            check_url(draft.endpoint);
            check_key(draft.p256dh, CHAT_P256_POINT_BYTES, p);
            check_key(draft.auth, 16, p);
            REQUIRE(strcmp(draft.key_id, chat_p256_key_id(config.push_key)) == 0);
            check_again(&draft, p);
            REQUIRE(!chat_push_draft_read_endpoint(&endpoint, object, p));
            REQUIRE(strcmp(endpoint, draft.endpoint) == 0);
        }
    }
    apr_pool_destroy(p);
    return 0;
}
