/**
 * @file chat_curl.h
 * Requests to other servers, by libcurl: mail by SMTP, pushes by HTTP. The only file that knows
 * libcurl.
 *
 * A mail is waited for, at most as long as its server has; `must_stop` ends it earlier. POSTs run
 * at the same time, in the thread that asks for those that have ended. Connections are kept for the
 * next ones. Ownership: lives in the pool given. Threads: one at a time; chat_curl_init() before
 * the first.
 */
#ifndef MOD_CHAT_CHAT_CURL_H
#define MOD_CHAT_CHAT_CURL_H
#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_tables.h>

typedef struct chat_curl_t chat_curl_t;

typedef enum {
    CHAT_CURL_TLS_REQUIRED,
    CHAT_CURL_TLS_OPPORTUNISTIC, /**< if the server offers it, and without a check of who it is */
    CHAT_CURL_TLS_OFF
} chat_curl_tls_t;

/** A mail server. */
typedef struct chat_curl_server_t {
    const char *url; /**< smtp://host:25/name or smtps://...; the name is that of EHLO */
    chat_curl_tls_t tls;
    const char *ca_file; /**< NULL: the system's */
    const char *user;    /**< NULL: no login */
    const char *password;
    int timeout_s; /**< for a mail, with the connection if there is none yet */
} chat_curl_server_t;

typedef struct chat_curl_mail_t {
    const char *from; /**< of the envelope */
    const char *to;
    const apr_array_header_t *headers; /**< of const char *, each whole, without a last line end */
    const char *text;                  /**< with CR LF */
    const char *html;
} chat_curl_mail_t;

/** What became of it. */
typedef enum {
    CHAT_CURL_SENT,
    CHAT_CURL_REFUSED_RECIPIENT, /**< for good, because of the address */
    CHAT_CURL_REFUSED,           /**< for good, because of the content */
    CHAT_CURL_LATER,             /**< refused for now */
    CHAT_CURL_UNKNOWN,           /**< the connection ended: it may have been accepted */
    CHAT_CURL_STOPPED,           /**< must_stop: as CHAT_CURL_UNKNOWN */
    CHAT_CURL_BROKEN             /**< the server, its certificate or the login: not this mail */
} chat_curl_result_t;

/** In child_init. */
apr_status_t chat_curl_init(apr_pool_t *pchild);

/** NULL: there is no memory. */
chat_curl_t *chat_curl_create(int (*must_stop)(void), apr_pool_t *p);

/** Send a mail. `*preason`, valid until the next call, has the reply code or what libcurl says:
 * neither an address nor content. `*pis_hard`: the server knows no such address (RFC 3463: 5.1.1).
 */
chat_curl_result_t chat_curl_send_mail(const char **preason, int *pis_hard, chat_curl_t *curl,
                                       const chat_curl_server_t *server,
                                       const chat_curl_mail_t *mail);

#define CHAT_CURL_POST_TIMEOUT_S 10

/** POSTs, several at once. */
typedef struct chat_curl_posts_t chat_curl_posts_t;

/** A POST to a URL that a user has chosen. */
typedef struct chat_curl_post_t {
    const char *url;                   /**< https */
    const apr_array_header_t *headers; /**< of const char *: "Name: value" */
    const void *body;
    apr_size_t length;
    const char *ca_file; /**< NULL: the system's */
    int may_be_private;  /**< also to addresses that are not public */
} chat_curl_post_t;

/** What came of it. */
typedef struct chat_curl_answer_t {
    int status;                /**< of HTTP; 0: there was no answer */
    apr_int64_t retry_after_s; /**< 0: the server did not say */
    const char *reason; /**< without an answer: what libcurl says, valid until the next call */
} chat_curl_answer_t;

/** At most `max` at once. NULL: there is no memory. */
chat_curl_posts_t *chat_curl_posts_create(int max, apr_pool_t *p);

/** How many more may begin. */
int chat_curl_posts_room(const chat_curl_posts_t *posts);

/**
 * Begin to POST over https, without following redirects, and without a proxy, which would hide the
 * address. A connection is made to public addresses only (guard/chat_public_address.h), whatever
 * the name resolves to. Of the answer only the status and Retry-After are read. It ends after
 * CHAT_CURL_POST_TIMEOUT_S at the latest. The body must live until its end, and `data` (not NULL)
 * is returned with it. APR_ENOSPC: there is no room; APR_ENOMEM.
 */
apr_status_t chat_curl_posts_begin(chat_curl_posts_t *posts, const chat_curl_post_t *post,
                                   void *data);

/** Go on, until one has ended or `wait` is over. The data of one that has ended, or NULL. */
void *chat_curl_posts_next(chat_curl_answer_t *answer, chat_curl_posts_t *posts,
                           apr_interval_time_t wait);

/** Give up all that are under way. */
void chat_curl_posts_stop(chat_curl_posts_t *posts);
#endif
