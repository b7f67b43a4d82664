#include "guard/chat_csrf.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#define PURPOSE "csrf"
#define HOST_CHARS_MAX 255 /* RFC 1035 section 2.3.4 */
#define PORT_CHARS_MAX 5
#define PORT_MAX 65535
#define COOKIES_TRIED_MAX 8 /* of one request; each costs an HMAC with every secret */

/* Whether it is one of the ASCII letters and digits, whatever the process's locale. */
static int is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Take "http://" or "https://" off: the scheme in lower case, or NULL. */
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

/* Take an address in brackets off: written in the one way that inet_ntop knows, or NULL. */
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

/* Take a host name off, in lower case, or NULL. International names come as xn--. */
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

/* Read ":8443" to the end of the text: the number, 0 for no port, -1 for what is none. */
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

/* The first step. Sec-Fetch-Site speaks of the whole chain of redirects; where it says that another
 * site had a part in it, an Origin that is our own proves nothing. */
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

/* Whether Authorization holds a bearer token (RFC 6750), which no browser adds by itself. */
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

/* The second step. */
static chat_problem_t *check_token(const chat_secrets_t *secrets,
                                   const chat_csrf_request_t *request, apr_pool_t *p)
{
    if (is_bearer(request->authorization) || !is_browser(request))
        return NULL;
    if (chat_token_check(secrets, PURPOSE, request->username, request->token) != CHAT_TOKEN_BAD)
        return NULL;
    return chat_problem(p, CHAT_HTTP_FORBIDDEN, "csrf_token",
                        apr_pstrcat(p,
                                    "The X-CSRFToken header is missing, or not the one of this "
                                    "user's ",
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

/* What follows "name=" when this piece of a Cookie field begins so: `*plength` characters; or NULL.
 */
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
    COOKIE_FOREIGN, /* none of that name has the length of a token */
    COOKIE_BAD,     /* one may be a token, but not of the newest secret for this user */
    COOKIE_GOOD
} cookie_state_t;

/* What the browser has of that name among its cookies (RFC 6265 section 4.2). */
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

const char *chat_csrf_token(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                            const char *username, apr_pool_t *p)
{
    if ((mode != CHAT_CSRF_TOKEN && mode != CHAT_CSRF_UNSET) || !username)
        return NULL;
    return chat_token_make(secrets, PURPOSE, username, p);
}

/* Browsers take cookies of such names with Secure only (RFC 6265bis section 4.1.3). */
static int is_for_tls_only(const char *name)
{
    return strncasecmp(name, "__Secure-", 9) == 0 || strncasecmp(name, "__Host-", 7) == 0;
}

static const char *make_cookie(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                               const char *username, const char *name, int is_tls, apr_pool_t *p)
{
    const char *token = chat_csrf_token(mode, secrets, username, p);

    return token ? apr_pstrcat(p, name, "=", token, "; Path=/; SameSite=Lax",
                               is_tls || is_for_tls_only(name) ? "; Secure" : "", NULL)
                 : NULL;
}

const char *chat_csrf_cookie_to_set(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                                    const chat_csrf_request_t *request, int is_tls, apr_pool_t *p)
{
    const char *name = cookie_name(request);

    if (look_for_cookie(secrets, request, name) == COOKIE_GOOD)
        return NULL;
    return make_cookie(mode, secrets, request->username, name, is_tls, p);
}

const char *chat_csrf_old_cookie_to_set(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                                        const chat_csrf_request_t *request, const char *old_name,
                                        int is_tls, apr_pool_t *p)
{
    cookie_state_t state = look_for_cookie(secrets, request, old_name);

    if (state == COOKIE_GOOD || state == COOKIE_FOREIGN)
        return NULL;
    return make_cookie(mode, secrets, request->username, old_name, is_tls, p);
}

const char *chat_csrf_cookie_name_error(const char *name)
{
    static const char marks[] = "!#$%&'*+-.^_`|~"; /* RFC 9110 section 5.6.2 */
    const char *at;

    for (at = name; *at; at++)
        if (!is_alphanumeric(*at) && !strchr(marks, *at))
            return "must have letters, digits and !#$%&'*+-.^_`|~ only";
    if (at == name || at - name > CHAT_CSRF_COOKIE_CHARS_MAX || *name == '$')
        return "must have 1 to 64 characters, and no $ at its beginning";
    if (strncasecmp(name, "__Http-", 7) == 0 || strncasecmp(name, "__Host-Http-", 12) == 0)
        return "must not begin so, as browsers hide such cookies from pages";
    return NULL;
}
