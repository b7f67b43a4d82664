/**
 * @file chat_request.h
 * A request for the REST interface: its route, query parameters and body, and the state of its
 * answer.
 *
 * It is created in translate_name for paths of the module ("claimed"), and kept in
 * r->request_config for later hooks. Ownership: lives in r->pool. Threads: the worker that serves
 * the request.
 */
#ifndef MOD_CHAT_CHAT_REQUEST_H
#define MOD_CHAT_CHAT_REQUEST_H
#include <httpd.h>

#include "core/chat_ctx.h"
#include "core/chat_hash.h"
#include "core/chat_json_read.h"
#include "core/chat_list.h"
#include "core/chat_problem.h"
#include "http/chat_multipart.h"
#include "http/chat_route.h"

typedef struct chat_request_t {
    request_rec *r;
    apr_pool_t *pool; /**< r->pool */
    const chat_config_t *config;
    chat_ctx_t *ctx;  /**< NULL until the user is known */
    const char *root; /**< the ChatRoot of the request: "/api" */
    const char *path; /**< the path below it: "conversations/7/" */
    const chat_route_t *routes;
    chat_match_t match;
    apr_table_t *query; /**< NULL until a parameter is read */
    chat_json_t *json;  /**< the body of the answer; NULL: none yet, or it is in `body` */
    char *body;         /**< the body of a cached answer, from malloc(); NULL: not cached */
    apr_size_t body_bytes;
    chat_hash_t body_hash;
    const char *etag;                     /**< of the answer, with quotes; NULL: made of the body */
    const struct chat_reply_file_t *file; /**< the answer is this file; NULL: it is not one */
    char *uri;  /**< r->uri as sent by the client, before it was rewritten */
    char *args; /**< r->args likewise */
    const char
        *form_type; /**< Content-Type while it is hidden from mod_auth_form; NULL: it is not */
    int is_admin;   /**< below admin/: refused requests get 404 */
    int is_authenticating; /**< httpd's authentication and authorisation are running */
    int http_status;       /**< of the answer */
    int is_not_stored;     /**< the answer to a GET is no-store */
    int is_body_read;      /**< to its end */
    int is_answered;       /**< httpd has refused the body and sent the answer itself */
} chat_request_t;

/** In translate_name: create the request if the path is one of the module, otherwise NULL. Paths
 * below admin/ are the module's only if ChatAdmin is set for them. */
chat_request_t *chat_request_claim(request_rec *r, const chat_route_t *routes);

/** When httpd answers an error: the same, but also for a 404 below admin/ without ChatAdmin, if the
 * site has nothing at that path: no handler and no ErrorDocument. */
chat_request_t *chat_request_claim_error(request_rec *r, const chat_route_t *routes);

/** The request created for r, or NULL. */
chat_request_t *chat_request_of(request_rec *r);

/** Whether links in the answer are relative references (ChatLinks). */
int chat_request_has_relative_links(const chat_request_t *req);

/** The relative reference from the path of the request to its root: "../" for "conversations/"; ""
 * if the path below the root has no slash. */
const char *chat_request_relative_root(const chat_request_t *req);

/** The id of the request: X-Request-Id in the answer, %L in the access log and the error log. */
const char *chat_request_id(request_rec *r);

/**
 * Read the body as one JSON object: 415 for another media type, or for a content coding that no
 * filter decodes; 413 above ChatMaxBody; 400 if chat_json_read() refuses it.
 */
chat_problem_t *chat_request_read_json(json_object **pobject, chat_request_t *req);

/** The same for a body that may be missing, with or without Content-Type: NULL without one. */
chat_problem_t *chat_request_read_optional_json(json_object **pobject, chat_request_t *req);

/** Read the body, of any media type: 413 above ChatMaxBody. */
chat_problem_t *chat_request_read_body(const char **pbytes, apr_size_t *plength,
                                       chat_request_t *req);

/** Whether the body says that it is multipart/form-data. */
int chat_request_has_form(const chat_request_t *req);

/**
 * Pass the parts of a multipart/form-data body on as they arrive. 413 for a body above `bytes_max`,
 * before anything is read if Content-Length says so; 415 for a content coding; 400 `invalid_body`
 * for one that is malformed, or if the handler fails, which then knows better why. The connection
 * is closed whenever the body was not read to its end.
 */
chat_problem_t *chat_request_read_form(chat_request_t *req, apr_off_t bytes_max,
                                       const chat_multipart_handler_t *handler, void *data);

/** A query parameter, decoded: NULL if missing; 400 if it is not valid UTF-8. */
chat_problem_t *chat_request_query_text(const char **ptext, chat_request_t *req, const char *name);

/** A positive number: 0 if missing or empty; 400 if it is not a number, or above `max`. */
chat_problem_t *chat_request_query_number(apr_int64_t *pnumber, chat_request_t *req,
                                          const char *name, apr_int64_t max);

/** A flag: 1 or true, 0 or false; 0 if missing. */
chat_problem_t *chat_request_query_flag(int *pflag, chat_request_t *req, const char *name);

/** The parameters of every list: limit (`limit_default` if missing) and cursor. 400 if one is
 * invalid.
 */
chat_problem_t *chat_request_query_list(chat_list_t *list, chat_request_t *req, int limit_default,
                                        int limit_max);
#endif
