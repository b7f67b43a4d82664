/**
 * @file chat_request.h
 * One exchange: what was asked for, its query and its body.
 *
 * Made when httpd translates the name of a path that is ours, found again by the later hooks.
 * Ownership: lives in r->pool. Threads: the worker that serves the request.
 */
#ifndef MOD_CHAT_CHAT_REQUEST_H
#define MOD_CHAT_CHAT_REQUEST_H
#include <httpd.h>
#include <json-c/json.h>

#include "core/chat_ctx.h"
#include "core/chat_hash.h"
#include "core/chat_json.h"
#include "core/chat_list.h"
#include "core/chat_problem.h"
#include "http/chat_route.h"

typedef struct chat_request_t {
    request_rec *r;
    apr_pool_t *pool; /**< r->pool */
    const chat_config_t *config;
    chat_ctx_t *ctx;  /**< NULL until the user is known */
    const char *root; /**< the root that was asked: "/api" */
    const char *path; /**< what stands below it: "conversations/7/" */
    const chat_route_t *routes;
    chat_match_t match;
    apr_table_t *query; /**< NULL until a parameter is read */
    chat_json_t *json;  /**< the answer's body; NULL: none yet, or it is `body` */
    char *body;         /**< of an answer that was kept, made by malloc(); NULL: none */
    apr_size_t body_bytes;
    chat_hash_t body_hash;
    char *uri;             /**< r->uri, as the client has asked for it */
    char *args;            /**< r->args likewise */
    const char *form_type; /**< Content-Type while mod_auth_form must not see it; else NULL */
    int is_admin;          /**< below admin/: refusals look as if nothing were there */
    int is_logging_in;     /**< Apache's modules are finding out who the user is */
    int http_status;       /**< the answer's status */
    int is_answered;       /**< httpd has refused the body, and has sent the answer itself */
} chat_request_t;

/** In translate_name: claim r if its path is ours, and leave it to httpd otherwise (NULL). Paths
 * below admin/ are ours where ChatAdmin is set. */
chat_request_t *chat_request_claim(request_rec *r, const chat_route_t *routes);

/** When httpd answers an error: claim r if its path is ours, or if it is below admin/ and nothing
 * of the site is there: no file, no handler, no ErrorDocument. */
chat_request_t *chat_request_claim_error(request_rec *r, const chat_route_t *routes);

/** The exchange that was claimed for r, or NULL. */
chat_request_t *chat_request_of(request_rec *r);

/** Whether links in the answer are relative references (ChatLinks). */
int chat_request_has_relative_links(const chat_request_t *req);

/** The relative reference from what was asked to its root: "../" for "conversations/"; "" where the
 * path below the root has no slash. */
const char *chat_request_way_to_root(const chat_request_t *req);

/** The id of this exchange: in the answer, in the access log (%L) and in the error log. */
const char *chat_request_id(request_rec *r);

/**
 * Read the body as one JSON object: 415 for another media type or a content coding that no filter
 * takes off, 413 above ChatMaxBody, 400 for what chat_json_read() refuses.
 */
chat_problem_t *chat_request_read_json(json_object **pobject, chat_request_t *req);

/** The same for bodies that old clients leave out, with or without a type: NULL for none. */
chat_problem_t *chat_request_read_optional_json(json_object **pobject, chat_request_t *req);

/** A query parameter, decoded: NULL when missing; 400 when it is not UTF-8. */
chat_problem_t *chat_request_query_text(const char **ptext, chat_request_t *req, const char *name);

/** A positive number: 0 when missing or empty; 400 when it is none, or above `max`. */
chat_problem_t *chat_request_query_number(apr_int64_t *pnumber, chat_request_t *req,
                                          const char *name, apr_int64_t max);

/** A flag: 1 or true, 0 or false; 0 when missing. */
chat_problem_t *chat_request_query_flag(int *pflag, chat_request_t *req, const char *name);

/** What every list has: limit, `limit_default` when missing, and cursor. 400 when one is not valid.
 */
chat_problem_t *chat_request_query_list(chat_list_t *list, chat_request_t *req, int limit_default,
                                        int limit_max);

/** A timestamp (RFC 3339): 0 when missing. */
chat_problem_t *chat_request_query_time(apr_time_t *ptime, chat_request_t *req, const char *name);
#endif
