/**
 * @file chat_push_endpoint.h
 * Which URLs a push subscription may have.
 *
 * Users choose these URLs, and httpd sends requests to them: so only https to the port 443 of a
 * host whose name is public, unless ChatPushAllow makes an exception. What a name resolves to is
 * not known here, and may change: that is checked when a connection is made. The grammar of the
 * host is so strict that no two readers of URLs can disagree about it. Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_PUSH_ENDPOINT_H
#define MOD_CHAT_CHAT_PUSH_ENDPOINT_H
#include <apr_pools.h>
#include <apr_tables.h>

#define CHAT_PUSH_ENDPOINT_BYTES_MAX 2048

/** An argument of ChatPushAllow or ChatPushHosts. */
typedef struct chat_push_host_t {
    const char *name; /**< in lower case; an IPv6 address in brackets */
    int port;
    int is_suffix; /**< "*.example.org", whose name is ".example.org" */
} chat_push_host_t;

/** A URL, read. */
typedef struct chat_push_endpoint_t {
    const char *host; /**< in lower case, without the port */
    int port;
    const char *origin; /**< RFC 6454: "https://push.example.org", with the port if it is not 443 */
    int is_exempt;      /**< by ChatPushAllow, from what is required of all others */
} chat_push_endpoint_t;

/** Read an argument of ChatPushAllow, `host` or `host:port`. NULL, or what is wrong with it. */
const char *chat_push_endpoint_read_exemption(chat_push_host_t *host, const char *text,
                                              apr_pool_t *p);

/** The same for ChatPushHosts: `host` or `*.suffix`. */
const char *chat_push_endpoint_read_pattern(chat_push_host_t *host, const char *text,
                                            apr_pool_t *p);

/**
 * Read a URL of `length` bytes. `exemptions` and `patterns` are of chat_push_host_t; NULL: none,
 * and any host. NULL, or what is wrong with it.
 */
const char *chat_push_endpoint_read(chat_push_endpoint_t *endpoint, const char *url,
                                    apr_size_t length, const apr_array_header_t *exemptions,
                                    const apr_array_header_t *patterns, apr_pool_t *p);

/** What is wrong with a contact for push services (RFC 8292 section 2.1): it must be mailto: or
 * https: with a public host name. NULL: nothing. */
const char *chat_push_endpoint_contact_fault(const char *contact, apr_pool_t *p);
#endif
