/**
 * @file chat_route.h
 * The route table: the handler for each method and path of the REST interface.
 *
 * One constant table (api/chat_api.c) determines which paths the module serves, 404, 405 with
 * Allow, and OPTIONS. A path is a pattern below a ChatRoot, such as "conversations/{id}/messages/";
 * `{id}` is a positive decimal number of at most 64 bits, `{name}` any segment that is not empty.
 * The trailing slash is optional for
 * clients. A route for GET also answers HEAD. Ownership: only the Allow string is allocated.
 * Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_ROUTE_H
#define MOD_CHAT_CHAT_ROUTE_H
#include <apr_pools.h>

#include "core/chat_problem.h"

#define CHAT_ROUTE_IDS_MAX 2

struct chat_request_t;
typedef chat_problem_t *chat_handler_t(struct chat_request_t *req);

typedef struct chat_route_t {
    const char *method; /**< NULL ends a table */
    const char *path;
    chat_handler_t *handler;
    int is_public;    /**< the module needs no user; Require decides whether httpd does */
    int is_socket;    /**< for WebSocket handshakes; the handler answers other requests */
    int is_page;      /**< the handler sends the answer itself */
    int is_cacheable; /**< ChatCache may store the answer */
    int action;       /**< chat_action_t of the rate limit; 0: none */
} chat_route_t;

typedef struct chat_match_t {
    const chat_route_t *route; /**< NULL: no route for this method, or none at all */
    int is_known;              /**< the path has a route for some method */
    int is_public;             /**< which needs no user */
    apr_int64_t ids[CHAT_ROUTE_IDS_MAX];
    const char *name; /**< points into the path; NULL: the route has none */
    apr_size_t name_bytes;
} chat_match_t;

/** Find the route of a path, which has no leading slash. */
void chat_route_match(chat_match_t *match, const chat_route_t *routes, const char *method,
                      const char *path);

/** The value of Allow (RFC 9110 section 10.2.1) for a known path. */
const char *chat_route_allow(const chat_route_t *routes, const char *path, apr_pool_t *p);

/** Whether the first segment of `path` is the first segment of a route. */
int chat_route_claims(const chat_route_t *routes, const char *path);

/** Whether `path` is "admin/" or below it: the paths that need ChatAdmin. */
int chat_route_is_admin(const char *path);
#endif
