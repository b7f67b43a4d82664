#include "guard/chat_csrf.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#define PURPOSE "csrf"
#define HOST_CHARS_MAX 255 /* RFC 1035 section 2.3.4 */
#define PORT_CHARS_MAX 5
#define PORT_MAX 65535
#define COOKIES_TRIED_MAX 8 /* in one request; each needs an HMAC with every secret */

/* Whether it is an ASCII letter or digit, independent of the locale. */
static int is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Skip "http://" or "https://": returns the scheme in lower case, or NULL. */
static const char *take_scheme(const char **pat)
{
    static const char *const schemes[] = {"http://", "https://"};
    apr_size_t i, length;

    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        length = strlen(schemes[i]);
        if (strncasecmp(*pat, schemes[i], length) == 0) {
            *pat += length;
            return schemes[i];
        }
    }
    return NULL;
}

/* Skip an IPv6 address in brackets: returns it in the form of inet_ntop, or NULL. */
static const char *take_address(const char **pat, apr_pool_t *p)
{
    const char *start = *pat + 1, *end = strchr(start, ']');
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (!end || (apr_size_t)(end - start) >= sizeof(text))
        return NULL;
    apr_cpystrn(text, start, (apr_size_t)(end - start) + 1);
    if (inet_pton(AF_INET6, text, &address) != 1 ||
        !inet_ntop(AF_INET6, &address, text, sizeof(text)))
        return NULL;
    *pat = end + 1;
    return apr_pstrcat(p, "[", text, "]", NULL);
}

/* Skip a host name: returns it in lower case, or NULL. International names are sent as xn--. */
static const char *take_name(const char **pat, apr_pool_t *p)
{
    const char *at = *pat;
    char *name, *c;

    while (is_alphanumeric(*at) || *at == '-' || *at == '_' ||
           (*at == '.' && at > *pat && at[-1] != '.'))
        at++;
    if (at == *pat || at - *pat > HOST_CHARS_MAX)
        return NULL;
    name = apr_pstrmemdup(p, *pat, (apr_size_t)(at - *pat));
    for (c = name; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    *pat = at;
    return name;
}

/* Read ":8443" up to the end of the text: the port, 0 without one, -1 if it is invalid. */
static int read_port(const char *text)
{
    int port = 0, i;

    if (*text == '\0')
        return 0;
    if (text[0] != ':' || text[1] == '0')
        return -1;
    for (i = 1; text[i] >= '0' && text[i] <= '9' && i <= PORT_CHARS_MAX; i++)
        port = port * 10 + (text[i] - '0');
    return text[i] == '\0' && port > 0 && port <= PORT_MAX ? port : -1;
}

const char *chat_csrf_normal_origin(const char *text, apr_pool_t *p)
{
    const char *scheme, *host;
    int port;

    scheme = text ? take_scheme(&text) : NULL;
    if (!scheme)
        return NULL;
    host = *text == '[' ? take_address(&text, p) : take_name(&text, p);
    if (!host)
        return NULL;
    port = read_port(text);
    if (port < 0)
        return NULL;
    if (port == 0 || port == (strcmp(scheme, "https://") == 0 ? 443 : 80))
        return apr_pstrcat(p, scheme, host, NULL);
    return apr_psprintf(p, "%s%s:%d", scheme, host, port);
}

static int is_trusted(const apr_array_header_t *trusted_origins, const char *origin)
{
    int i;

    for (i = 0; trusted_origins && i < trusted_origins->nelts; i++)
        if (strcmp(APR_ARRAY_IDX(trusted_origins, i, const char *), origin) == 0)
            return 1;
    return 0;
}

const char *chat_csrf_trusted_origin(const apr_array_header_t *trusted_origins, const char *origin,
                                     apr_pool_t *p)
{
    const char *normal = trusted_origins && origin ? chat_csrf_normal_origin(origin, p) : NULL;

    return normal && is_trusted(trusted_origins, normal) ? origin : NULL;
}

static int is_self(const char *self_origin, const char *origin, apr_pool_t *p)
{
    const char *self = chat_csrf_normal_origin(self_origin, p);

    return self && strcmp(self, origin) == 0;
}

static chat_problem_t *refuse_origin(apr_pool_t *p)
{
    return chat_problem(p, CHAT_HTTP_FORBIDDEN, "csrf_origin",
                        "This request did not come from a page of this site.");
}

chat_problem_t *chat_csrf_check_origin(const apr_array_header_t *trusted_origins,
                                       const chat_csrf_request_t *request, apr_pool_t *p)
{
    const char *origin;

    if (!request->origin)
        return NULL;
    origin = chat_csrf_normal_origin(request->origin, p);
    if (origin && (is_self(request->self_origin, origin, p) || is_trusted(trusted_origins, origin)))
        return NULL;
    return refuse_origin(p);
}

/* The check of the origin. Sec-Fetch-Site covers the whole chain of redirects: if it says that
 * another site took part in it, the server's own Origin proves nothing. */
static chat_problem_t *check_source(const apr_array_header_t *trusted_origins,
                                    const chat_csrf_request_t *request, apr_pool_t *p)
{
    const char *site = request->sec_fetch_site, *origin;

    if (!site)
        return chat_csrf_check_origin(trusted_origins, request, p);
    if (strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0)
        return NULL;
    origin = chat_csrf_normal_origin(request->origin, p);
    return origin && is_trusted(trusted_origins, origin) ? NULL : refuse_origin(p);
}

/* RFC 9110 section 9.2.1; the names of methods are case-sensitive. */
static int is_safe(const char *method)
{
    return method && (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ||
                      strcmp(method, "OPTIONS") == 0 || strcmp(method, "TRACE") == 0);
}

/* Whether Authorization contains a bearer token (RFC 6750), which browsers do not add themselves.
 */
static int is_bearer(const char *authorization)
{
    return authorization && strncasecmp(authorization, "Bearer ", 7) == 0 &&
           authorization[7 + strspn(authorization + 7, " ")] != '\0';
}

static const char *cookie_name(const chat_csrf_request_t *request)
{
    return request->cookie_name ? request->cookie_name : CHAT_CSRF_COOKIE_DEFAULT;
}

static int is_browser(const chat_csrf_request_t *request)
{
    return request->cookie || request->origin || request->sec_fetch_site;
}

/* The check of the token. */
static chat_problem_t *check_token(const chat_secrets_t *secrets,
                                   const chat_csrf_request_t *request, apr_pool_t *p)
{
    if (is_bearer(request->authorization) || !is_browser(request))
        return NULL;
    if (chat_token_check(secrets, PURPOSE, request->username, request->token) != CHAT_TOKEN_BAD)
        return NULL;
    return chat_problem(p, CHAT_HTTP_FORBIDDEN, "csrf_token",
                        apr_pstrcat(p,
                                    "The X-CSRFToken header is missing or does not match this "
                                    "user: send the value of the ",
                                    cookie_name(request), " cookie.", NULL));
}

chat_problem_t *chat_csrf_check(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                                const apr_array_header_t *trusted_origins,
                                const chat_csrf_request_t *request, apr_pool_t *p)
{
    chat_problem_t *problem;

    if (mode == CHAT_CSRF_OFF || is_safe(request->method))
        return NULL;
    problem = check_source(trusted_origins, request, p);
    if (problem || mode == CHAT_CSRF_ORIGIN)
        return problem;
    return check_token(secrets, request, p);
}

/* The value of one pair "name=value" of a Cookie header, if it has this name: `*plength`
 * characters; otherwise NULL. */
static const char *value_of(apr_size_t *plength, const char *name, const char *piece,
                            apr_size_t length)
{
    const apr_size_t name_length = strlen(name);

    while (length > 0 && (*piece == ' ' || *piece == '\t')) {
        piece++;
        length--;
    }
    while (length > 0 && (piece[length - 1] == ' ' || piece[length - 1] == '\t'))
        length--;
    if (length <= name_length || piece[name_length] != '=' || memcmp(piece, name, name_length) != 0)
        return NULL;
    *plength = length - name_length - 1;
    return piece + name_length + 1;
}

typedef enum {
    COOKIE_MISSING,
    COOKIE_FOREIGN, /* of other software: it does not have the length of a token */
    COOKIE_BAD,     /* not signed with the newest secret for this user */
    COOKIE_GOOD
} cookie_state_t;

/* The state of the cookies of that name (RFC 6265 section 4.2). */
static cookie_state_t look_for_cookie(const chat_secrets_t *secrets,
                                      const chat_csrf_request_t *request, const char *name)
{
    const char *cookie = request->cookie;
    cookie_state_t state = COOKIE_MISSING;
    char token[CHAT_TOKEN_CHARS + 1];
    const char *value;
    int tried = 0;
    apr_size_t length, value_length;

    while (cookie && tried < COOKIES_TRIED_MAX) {
        length = strcspn(cookie, ";");
        value = value_of(&value_length, name, cookie, length);
        if (value && value_length == CHAT_TOKEN_CHARS) {
            tried++;
            state = COOKIE_BAD;
            apr_cpystrn(token, value, sizeof token);
            if (chat_token_check(secrets, PURPOSE, request->username, token) == CHAT_TOKEN_GOOD)
                return COOKIE_GOOD;
        } else if (value && state == COOKIE_MISSING) {
            state = COOKIE_FOREIGN;
        }
        cookie = cookie[length] ? cookie + length + 1 : NULL;
    }
    return state;
}

static int needs_token(chat_csrf_mode_t mode, const char *username)
{
    return (mode == CHAT_CSRF_TOKEN || mode == CHAT_CSRF_UNSET) && username;
}

const char *chat_csrf_token(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                            const char *username, apr_pool_t *p)
{
    if (!needs_token(mode, username))
        return NULL;
    return chat_token_make(secrets, PURPOSE, username, p);
}

/* Browsers accept cookies of such names only with Secure (RFC 6265bis section 4.1.3). */
static int is_for_tls_only(const char *name)
{
    return strncasecmp(name, "__Secure-", 9) == 0 || strncasecmp(name, "__Host-", 7) == 0;
}

const char *chat_csrf_cookie_to_set(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                                    const chat_csrf_request_t *request, const char *old_name,
                                    int is_tls, apr_pool_t *p)
{
    const char *name = old_name ? old_name : cookie_name(request);
    cookie_state_t state = look_for_cookie(secrets, request, name);
    const char *token;

    if (state == COOKIE_GOOD || (old_name && state == COOKIE_FOREIGN) ||
        !needs_token(mode, request->username))
        return NULL;
    token = chat_token_make_same(secrets, PURPOSE, request->username, p);
    return token ? apr_pstrcat(p, name, "=", token, "; Path=/; SameSite=Lax",
                               is_tls || is_for_tls_only(name) ? "; Secure" : "", NULL)
                 : NULL;
}

const char *chat_csrf_cookie_name_error(const char *name)
{
    static const char marks[] = "!#$%&'*+-.^_`|~"; /* RFC 9110 section 5.6.2 */
    const char *at;

    for (at = name; *at; at++)
        if (!is_alphanumeric(*at) && !strchr(marks, *at))
            return "may only contain letters, digits and !#$%&'*+-.^_`|~";
    if (at == name || at - name > CHAT_CSRF_COOKIE_CHARS_MAX || *name == '$')
        return "must have 1 to 64 characters and must not begin with $";
    if (strncasecmp(name, "__Http-", 7) == 0 || strncasecmp(name, "__Host-Http-", 12) == 0)
        return "has a prefix with which browsers hide the cookie from pages";
    return NULL;
}
