/**
 * @file chat_csrf.h
 * Is it them? Whether a request was meant by its user, or a foreign page made the browser send it.
 *
 * Two steps. Origin: what the browser itself says of where the request comes from
 * (Sec-Fetch-Site, Origin), which no page can change. Token: a cookie that only pages of this
 * site can read, repeated in a header. The token is bound to the user by HMAC, so it need not be
 * compared with the cookie, may come to the page by any other way, and a cookie planted by a
 * neighbouring host is worth nothing. A second cookie, by an earlier name, is set where the
 * configuration asks for it, and never in the place of one that is not ours. A known limit: an old
 * browser that sends neither Sec-Fetch-Site nor Origin is stopped by the token alone, thus not
 * under CHAT_CSRF_ORIGIN. Ownership: results live in the pool given. Threads: none shared.
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
    CHAT_CSRF_TOKEN,     /**< both steps */
    CHAT_CSRF_ORIGIN,    /**< the first step only */
    CHAT_CSRF_OFF        /**< neither; something else must protect the site */
} chat_csrf_mode_t;

/** What the request says; each field may be NULL: not sent. */
typedef struct chat_csrf_request_t {
    const char *method;         /**< NULL counts as unsafe */
    const char *sec_fetch_site; /**< Sec-Fetch-Site */
    const char *origin;         /**< Origin */
    const char *cookie;         /**< Cookie */
    const char *cookie_name;    /**< of the cookie with the token; NULL: CHAT_CSRF_COOKIE_DEFAULT */
    const char *authorization;  /**< Authorization */
    const char *token;          /**< X-CSRFToken */
    const char *self_origin;    /**< the origin that was asked: "https://chat.example:8443" */
    const char *username;       /**< whom Apache's auth module named */
} chat_csrf_request_t;

/**
 * May this request change anything? NULL, or 403 `csrf_origin` or `csrf_token`.
 * `trusted_origins` holds const char * from chat_csrf_normal_origin(); NULL: none.
 * Without secrets no token is good: CHAT_CSRF_TOKEN then refuses every browser.
 */
chat_problem_t *chat_csrf_check(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                                const apr_array_header_t *trusted_origins,
                                const chat_csrf_request_t *request, apr_pool_t *p);

/**
 * May this WebSocket handshake open a socket? A handshake is a GET, can be made from any page
 * and has no other header to go by: its Origin must be ours or trusted, in every mode. Without
 * Origin it comes from no browser and passes. NULL, or 403 `csrf_origin`.
 */
chat_problem_t *chat_csrf_check_origin(const apr_array_header_t *trusted_origins,
                                       const chat_csrf_request_t *request, apr_pool_t *p);

/** Whether the origin of a request is among those trusted: as written, or NULL. */
const char *chat_csrf_trusted_origin(const apr_array_header_t *trusted_origins, const char *origin,
                                     apr_pool_t *p);

/** A token for this user, as the cookie has it; NULL: it needs none, as below. */
const char *chat_csrf_token(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                            const char *username, apr_pool_t *p);

/**
 * The value of a Set-Cookie field that gives the browser a token, or NULL when it has one that
 * the newest secret made for this user, or needs none (another mode, no user, no secrets).
 */
const char *chat_csrf_cookie_to_set(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                                    const chat_csrf_request_t *request, int is_tls, apr_pool_t *p);

/**
 * The same for a second cookie, for pages that know it by an earlier name, which others may use as
 * well: only where the browser has none of that name, or one that looks like a token of ours.
 */
const char *chat_csrf_old_cookie_to_set(chat_csrf_mode_t mode, const chat_secrets_t *secrets,
                                        const chat_csrf_request_t *request, const char *old_name,
                                        int is_tls, apr_pool_t *p);

/** NULL, or why a cookie of that name cannot hold the token: a sentence's end. */
const char *chat_csrf_cookie_name_error(const char *name);

/**
 * An http or https origin as it is compared: lower case, without the scheme's default port. NULL
 * for anything else ("null", user, path, wildcard, a list).
 */
const char *chat_csrf_normal_origin(const char *text, apr_pool_t *p);
#endif
