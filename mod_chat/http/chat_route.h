/**
 * @file chat_route.h
 * The route table: which handler answers which method on which path.
 *
 * One constant table (api/chat_api.c) is the source of everything that follows from paths: the
 * paths claimed, 404, 405 with Allow, and OPTIONS. A path is a pattern below a root,
 * "conversations/{id}/messages/"; `{id}` stands for a positive decimal number of 64 bits,
 * and the last slash may be left out by the client. GET answers HEAD too.
 * Ownership: nothing is kept or made but the Allow string. Threads: pure functions.
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
    int is_public; /**< needs no user; whether Apache asks for one is its say */
    int is_socket; /**< a handshake opens a WebSocket; the handler has what is none */
    int is_kept;   /**< an answer may be given again (ChatCache) */
    int action;    /**< chat_action_t that is limited here; 0: none */
} chat_route_t;

typedef struct chat_match_t {
    const chat_route_t *route; /**< NULL: no route for this method, or none at all */
    int is_known;              /**< some method is routed on this path */
    int is_public;             /**< and needs no user */
    apr_int64_t ids[CHAT_ROUTE_IDS_MAX];
} chat_match_t;

/** Find the route for `path`, which has no leading slash. */
void chat_route_match(chat_match_t *match, const chat_route_t *routes, const char *method,
                      const char *path);

/** The value of Allow (RFC 9110 section 10.2.1) for a known path. */
const char *chat_route_allow(const chat_route_t *routes, const char *path, apr_pool_t *p);

/** Whether the first segment of `path` belongs to the table. */
int chat_route_claims(const chat_route_t *routes, const char *path);

/** Whether `path` is "admin/" or below it: the part of the table that ChatAdmin opens. */
int chat_route_is_admin(const char *path);
#endif
