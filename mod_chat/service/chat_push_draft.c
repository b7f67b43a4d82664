#include "service/chat_push_draft.h"

#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include "core/chat_p256.h"
#include "guard/chat_push_endpoint.h"

#define AUTH_BYTES 16 /* RFC 8291 section 3.2 */
#define KEY_BYTES_MAX CHAT_P256_POINT_BYTES
#define KEY_CHARS_MAX 88 /* of KEY_BYTES_MAX in base64, with padding */

static chat_problem_t *fault(const char *field, const char *detail, apr_pool_t *p)
{
    chat_problem_t *problem = chat_problem_field(p, field, detail);

    problem->code = "subscription";
    problem->detail = "This push subscription cannot be used.";
    return problem;
}

chat_problem_t *chat_push_draft_read_endpoint(const char **pendpoint, json_object *object,
                                              apr_pool_t *p)
{
    apr_size_t length;
    chat_problem_t *problem = chat_json_read_string(pendpoint, &length, object, "endpoint", p);

    if (!problem && length > CHAT_PUSH_ENDPOINT_BYTES_MAX)
        problem = chat_problem_field(p, "endpoint", "is too long");
    return problem;
}

/* Decode base64url, as browsers write it, or base64, to exactly `bytes` bytes; and write it in one
 * way. NULL: it is not that. */
static const char *normal_key(unsigned char *out, const char *text, apr_size_t length,
                              apr_size_t bytes, apr_pool_t *p)
{
    unsigned char decoded[KEY_BYTES_MAX + 3];
    apr_size_t count;

    if (length == 0 || length > KEY_CHARS_MAX ||
        apr_decode_base64_binary(NULL, text, (apr_ssize_t)length, APR_ENCODE_NONE, &count) !=
            APR_SUCCESS ||
        count > sizeof decoded ||
        apr_decode_base64_binary(decoded, text, (apr_ssize_t)length, APR_ENCODE_NONE, &count) !=
            APR_SUCCESS ||
        count != bytes)
        return NULL;
    memcpy(out, decoded, bytes);
    return apr_pencode_base64_binary(p, decoded, bytes, APR_ENCODE_BASE64URL, NULL);
}

/* A member of `keys`. */
static chat_problem_t *read_key(const char **pkey, unsigned char *out, json_object *keys,
                                const char *name, apr_size_t bytes, apr_pool_t *p)
{
    const char *field = apr_pstrcat(p, "keys.", name, NULL);
    const char *text;
    apr_size_t length;

    *pkey = NULL;
    if (chat_json_read_string(&text, &length, keys, name, p))
        return fault(field, "must be a string", p);
    *pkey = normal_key(out, text, length, bytes, p);
    return *pkey
               ? NULL
               : fault(field,
                       apr_psprintf(p, "must be %" APR_SIZE_T_FMT " bytes in base64url", bytes), p);
}

static chat_problem_t *read_keys(chat_push_draft_t *draft, json_object *object, apr_pool_t *p)
{
    unsigned char point[CHAT_P256_POINT_BYTES], auth[AUTH_BYTES];
    json_object *keys = chat_json_read_member(object, "keys");
    chat_problem_t *problem;

    if (chat_json_read_count(object, "keys") < 0)
        return fault("keys", "must be an object", p);
    problem = read_key(&draft->p256dh, point, keys, "p256dh", sizeof point, p);
    if (!problem && !chat_p256_is_point(point))
        problem = fault("keys.p256dh", "must be a point on the curve P-256", p);
    if (!problem)
        problem = read_key(&draft->auth, auth, keys, "auth", sizeof auth, p);
    return problem;
}

static chat_problem_t *read_url(chat_push_draft_t *draft, json_object *object,
                                const chat_config_t *config, apr_pool_t *p)
{
    chat_push_endpoint_t endpoint;
    const char *detail;
    apr_size_t length;

    if (chat_json_read_string(&draft->endpoint, &length, object, "endpoint", p))
        return fault("endpoint", "must be a string", p);
    detail = chat_push_endpoint_read(&endpoint, draft->endpoint, length, config->push_exemptions,
                                     config->push_hosts, p);
    return detail ? fault("endpoint", detail, p) : NULL;
}

/* Without it the key is the present one, as a client is asked to fetch that each time. */
static chat_problem_t *read_key_id(chat_push_draft_t *draft, json_object *object,
                                   const chat_config_t *config, apr_pool_t *p)
{
    const char *text;
    apr_size_t length;

    draft->key_id = chat_p256_key_id(config->push_key);
    if (chat_json_read_optional_string(&text, &length, object, "key_id", p) ||
        (text && strcmp(text, draft->key_id) != 0))
        return fault("key_id",
                     "is not that of the present key: fetch push/key/ and subscribe again", p);
    return NULL;
}

chat_problem_t *chat_push_draft_read(chat_push_draft_t *draft, json_object *object,
                                     const chat_config_t *config, apr_pool_t *p)
{
    chat_problem_t *problem = read_url(draft, object, config, p);

    if (!problem)
        problem = read_keys(draft, object, p);
    if (!problem)
        problem = read_key_id(draft, object, config, p);
    return problem;
}
