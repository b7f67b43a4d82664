#include "guard/chat_push_endpoint.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_config.h"
#include "core/chat_number.h"

#define SCHEME "https://"
#define SCHEME_BYTES (sizeof SCHEME - 1)
#define PORT_DEFAULT 443
#define PORT_MAX 65535
#define NAME_BYTES_MAX 253 /* RFC 1035 section 2.3.4, without the last dot */
#define LABEL_BYTES_MAX 63
#define CONTACT_BYTES_MAX 256
#define ADDRESS_BYTES_MAX 47 /* of IPv6, with brackets */

/* Names below these are not in the public DNS, or lead to this network. */
static const char *const private_suffixes[] = {
    ".alt", ".arpa",  ".corp",        ".example", ".home",  ".internal", ".intranet",  ".invalid",
    ".lan", ".local", ".localdomain", ".mail",    ".onion", ".private",  ".localhost", ".test",
};

static int ends_with(const char *text, const char *suffix)
{
    apr_size_t length = strlen(text), bytes = strlen(suffix);

    return length > bytes && strcmp(text + length - bytes, suffix) == 0;
}

/* Letters, digits and inner hyphens (RFC 1123 section 2.1). Returns the length; 0: not a label. */
static apr_size_t label_bytes(const char *text)
{
    apr_size_t bytes = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return bytes > LABEL_BYTES_MAX || text[0] == '-' || (bytes && text[bytes - 1] == '-') ? 0
                                                                                          : bytes;
}

/* Names of labels; the last one begins with a letter, or resolvers may take it for an address. */
static int is_name(const char *name, int labels_min)
{
    const char *label = name;
    int labels = 0;

    if (strlen(name) > NAME_BYTES_MAX)
        return 0;
    for (;;) {
        apr_size_t bytes = label_bytes(label);

        labels++;
        if (bytes == 0)
            return 0;
        if (label[bytes] == '\0')
            return labels >= labels_min && label[0] >= 'a';
        if (label[bytes] != '.')
            return 0;
        label += bytes + 1;
    }
}

/* Whether a name, in lower case, has several labels, is not an address, and is not one of those
 * that no public host has (RFC 6761, RFC 6762, RFC 8375). */
static int is_public_name(const char *name)
{
    int i;

    if (!is_name(name, 2))
        return 0;
    for (i = 0; i < CHAT_COUNT(private_suffixes); i++)
        if (ends_with(name, private_suffixes[i]))
            return 0;
    return 1;
}

/* "127.0.0.1" or "[::1]", for exemptions: what it means is the administrator's concern. */
static int looks_like_address(const char *text)
{
    apr_size_t length = strlen(text);

    if (length == 0 || length > ADDRESS_BYTES_MAX)
        return 0;
    if (text[0] == '[')
        return text[length - 1] == ']' && length > 3 &&
               strspn(text + 1, "0123456789abcdef:.") == length - 2;
    return strspn(text, "0123456789.") == length;
}

static void to_lower_case(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
}

/* Divide "host" or "host:port", in lower case, which an IPv6 address may be the host of. */
static int read_authority(const char **phost, int *pport, const char *text, apr_size_t length,
                          apr_pool_t *p)
{
    char *host = apr_pstrmemdup(p, text, length);
    char *colon = strrchr(host, ':');
    apr_int64_t port = PORT_DEFAULT;

    if (colon && strchr(colon, ']')) /* in the address */
        colon = NULL;
    if (colon) {
        *colon = '\0';
        if (chat_number_read(&port, colon + 1) != APR_SUCCESS || port < 1 || port > PORT_MAX)
            return 0;
    }
    to_lower_case(host);
    *phost = host;
    *pport = (int)port;
    return is_name(host, 1) || looks_like_address(host);
}

const char *chat_push_endpoint_read_exemption(chat_push_host_t *host, const char *text,
                                              apr_pool_t *p)
{
    memset(host, 0, sizeof *host);
    if (!read_authority(&host->name, &host->port, text, strlen(text), p))
        return apr_psprintf(p, "\"%s\" is not a host or host:port", text);
    return NULL;
}

const char *chat_push_endpoint_read_pattern(chat_push_host_t *host, const char *text, apr_pool_t *p)
{
    const char *name = text;

    memset(host, 0, sizeof *host);
    host->is_suffix = strncmp(text, "*.", 2) == 0;
    if (host->is_suffix)
        name += 2;
    if (!read_authority(&host->name, &host->port, name, strlen(name), p) || strchr(name, ':') ||
        (host->is_suffix && !is_name(host->name, 2)))
        return apr_psprintf(p, "\"%s\" is not a host or *.suffix of at least two labels", text);
    if (host->is_suffix)
        host->name = apr_pstrcat(p, ".", host->name, NULL);
    return NULL;
}

static int is_exempt(const chat_push_endpoint_t *endpoint, const apr_array_header_t *exemptions)
{
    int i;

    for (i = 0; exemptions && i < exemptions->nelts; i++) {
        const chat_push_host_t *host = &APR_ARRAY_IDX(exemptions, i, chat_push_host_t);

        if (host->port == endpoint->port && strcmp(host->name, endpoint->host) == 0)
            return 1;
    }
    return 0;
}

static int fits(const chat_push_endpoint_t *endpoint, const apr_array_header_t *patterns)
{
    int i;

    for (i = 0; patterns && i < patterns->nelts; i++) {
        const chat_push_host_t *host = &APR_ARRAY_IDX(patterns, i, chat_push_host_t);

        if (host->is_suffix ? ends_with(endpoint->host, host->name)
                            : strcmp(host->name, endpoint->host) == 0)
            return 1;
    }
    return !patterns;
}

/* The characters of a URL (RFC 3986 section 2), without those of a fragment, and without quotes and
 * brackets that readers of URLs treat differently. */
static int has_plain_characters(const char *url, apr_size_t length)
{
    apr_size_t i;

    for (i = 0; i < length; i++)
        if ((unsigned char)url[i] <= ' ' || (unsigned char)url[i] >= 0x7f ||
            strchr("\"#<>\\`", url[i]))
            return 0;
    return 1;
}

const char *chat_push_endpoint_read(chat_push_endpoint_t *endpoint, const char *url,
                                    apr_size_t length, const apr_array_header_t *exemptions,
                                    const apr_array_header_t *patterns, apr_pool_t *p)
{
    const char *authority = url + SCHEME_BYTES;
    const char *slash;

    memset(endpoint, 0, sizeof *endpoint);
    if (length > CHAT_PUSH_ENDPOINT_BYTES_MAX)
        return "is too long";
    if (length < SCHEME_BYTES || strncasecmp(url, SCHEME, SCHEME_BYTES) != 0)
        return "must be an https URL";
    if (!has_plain_characters(url, length))
        return "has characters that are not allowed in a URL";
    slash = memchr(authority, '/', length - SCHEME_BYTES);
    if (!slash)
        return "must have a path";
    if (memchr(authority, '@', (apr_size_t)(slash - authority)))
        return "must not have a user name";
    if (!read_authority(&endpoint->host, &endpoint->port, authority,
                        (apr_size_t)(slash - authority), p))
        return "has no valid host";
    endpoint->origin = endpoint->port == PORT_DEFAULT
                           ? apr_pstrcat(p, SCHEME, endpoint->host, NULL)
                           : apr_psprintf(p, SCHEME "%s:%d", endpoint->host, endpoint->port);
    endpoint->is_exempt = is_exempt(endpoint, exemptions);
    if (!fits(endpoint, patterns))
        return "is not of a push service that this site uses";
    if (endpoint->is_exempt)
        return NULL;
    if (!is_public_name(endpoint->host))
        return "must have a public host name";
    return endpoint->port == PORT_DEFAULT ? NULL : "must have the port 443";
}

/* The name in "mailto:name@host" or "https://host/page"; NULL: it is neither. */
static char *host_of_contact(const char *contact, apr_pool_t *p)
{
    static const char mailto[] = "mailto:";
    const char *host;

    if (strncmp(contact, mailto, sizeof mailto - 1) == 0) {
        const char *at = strchr(contact, '@');

        return at && at > contact + sizeof mailto - 1 ? apr_pstrdup(p, at + 1) : NULL;
    }
    if (strncmp(contact, SCHEME, SCHEME_BYTES) != 0)
        return NULL;
    host = contact + SCHEME_BYTES;
    return apr_pstrmemdup(p, host, strcspn(host, "/?"));
}

const char *chat_push_endpoint_contact_fault(const char *contact, apr_pool_t *p)
{
    apr_size_t length = strlen(contact);
    char *host = host_of_contact(contact, p);

    if (!host || length > CONTACT_BYTES_MAX || !has_plain_characters(contact, length))
        return "must be mailto:<address> or https://<page>";
    to_lower_case(host);
    return is_public_name(host) ? NULL
                                : "must have a public host name, as push services refuse others";
}
