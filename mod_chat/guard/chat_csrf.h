/**
 * @file chat_csrf.h
 * Protection against cross-site request forgery (CSRF): whether a request was intended by its user,
 * or a page of another site made the user's browser send it.
 *
 * Two checks. Origin: the headers Sec-Fetch-Site and Origin, in which the browser itself states
 * where a request comes from; pages cannot change them. Token: a cookie that only pages of this
 * site can read, repeated in the header X-CSRFToken. The token is bound to the user by an HMAC. So
 * it is not compared with the cookie, a page may get it in another way, and a cookie set by another
 * host of the domain is useless. A second cookie with an earlier name is set if configured, but
 * never replaces one that is not a token of this module.
 * A known limit: older browsers that send neither Sec-Fetch-Site nor Origin are stopped by the
 * token only, and so not under CHAT_CSRF_ORIGIN. Ownership: results live in the pool given.
 * Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_CSRF_H
#define MOD_CHAT_CHAT_CSRF_H
#include <apr_tables.h>

#include "core/chat_problem.h"
#include "guard/chat_token.h"

#define CHAT_CSRF_COOKIE_DEFAULT "chat_csrf"
#define CHAT_CSRF_COOKIE_CHARS_MAX 64

typedef enum {
    CHAT_CSRF_UNSET = 0, /**< as CHAT_CSRF_TOKEN */
    CHAT_CSRF_TOKEN,     /**< both checks */
    CHAT_CSRF_ORIGIN,    /**< the check of the origin only */
    CHAT_CSRF_OFF        /**< none; the site must be protected in another way */
} chat_csrf_mode_t;

/** The parts of a request that are checked; NULL: not sent. */
typedef struct chat_csrf_request_t {
    const char *method;         /**< NULL counts as unsafe */
    const char *sec_fetch_site; /**< Sec-Fetch-Site */
    const char *origin;         /**< Origin */
    const char *cookie;         /**< Cookie */
    const char *cookie_name;    /**< of the cookie with the token; NULL: CHAT_CSRF_COOKIE_DEFAULT */
    const char *authorization;  /**< Authorization */
    const char *token;          /**< X-CSRFToken */
    const char *self_origin;    /**< the server's own: "https://chat.example:8443" */
    const char *username;       /**< r->user */
} chat_csrf_request_t;

/**
 * Check a request. NULL: it may change data; otherwise 403 `csrf_origin` or `csrf_token`.
 * `trusted_origins` contains const char * from chat_csrf_normal_origin(); NULL: none.
 * Without secrets no token is valid: CHAT_CSRF_TOKEN then refuses every browser.
 */
chat_problem_t *chat_csrf_check(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                                const apr_array_header_t *trusted_origins,
                                const chat_csrf_request_t *request, apr_pool_t *p);

/**
 * Check a WebSocket handshake. It is a GET that any page can send, and scripts cannot add a token
 * to it, so its Origin must be the server's own or trusted, in every mode. Without Origin it does
 * not come from a browser, and is allowed. NULL, or 403 `csrf_origin`.
 */
chat_problem_t *chat_csrf_check_origin(const apr_array_header_t *trusted_origins,
                                       const chat_csrf_request_t *request, apr_pool_t *p);

/** The origin of a request as sent, if it is trusted; otherwise NULL. */
const char *chat_csrf_trusted_origin(const apr_array_header_t *trusted_origins, const char *origin,
                                     apr_pool_t *p);

/** A token for this user, another one each time; NULL: none is needed, as below. */
const char *chat_csrf_token(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                            const char *username, apr_pool_t *p);

/**
 * The value of a Set-Cookie header with a token. NULL if the browser has one for this user that is
 * signed with the newest secret, or needs none (another mode, no user, no secrets). The token is
 * the same each time: a page whose first requests are under way at once gets one with each answer,
 * and takes another one for a sign that another user has logged in. With `old_name`
 * it is for a second cookie with an earlier name, which other software may use as well: only if the
 * browser has no cookie of that name, or one with the form of this module's tokens.
 */
const char *chat_csrf_cookie_to_set(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                                    const chat_csrf_request_t *request, const char *old_name,
                                    int is_tls, apr_pool_t *p);

/** NULL, or why the name of the cookie is invalid: the end of a sentence. */
const char *chat_csrf_cookie_name_error(const char *name);

/**
 * An http or https origin in the form used for comparison: lower case, without the default port.
 * NULL for anything else ("null", user, path, wildcard, a list).
 */
const char *chat_csrf_normal_origin(const char *text, apr_pool_t *p);
#endif
