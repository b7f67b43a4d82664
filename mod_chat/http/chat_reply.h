/**
 * @file chat_reply.h
 * The answer to a request: JSON with its headers, or a problem document (RFC 9457).
 *
 * The body is complete before its first byte is sent, so that ETag and Content-Length are exact.
 * Its buffer is passed to the output filters without a copy. Threads: the worker that serves the
 * request.
 */
#ifndef MOD_CHAT_CHAT_REPLY_H
#define MOD_CHAT_CHAT_REPLY_H
#include "http/chat_request.h"

/** Begin an answer: the writer for its body. */
chat_json_t *chat_reply_json(chat_request_t *req, int http_status);

/** The answer to a request that did something is 200 with "success" and a value of this name. */
void chat_reply_success_boolean(chat_request_t *req, const char *name, int value);
void chat_reply_success_integer(chat_request_t *req, const char *name, apr_int64_t value);

/** The answer is 200 with this JSON body and its hash. The body is from malloc(), and owned by the
 * request from here on. */
void chat_reply_cached(chat_request_t *req, char *body, apr_size_t bytes, chat_hash_t hash);

/** The answer is 204, without a body. */
void chat_reply_nothing(chat_request_t *req);

/** The ETag of this answer, without quotes; otherwise it is made of the body. */
void chat_reply_etag(chat_request_t *req, const char *etag);

/** Clients must not store the answer to this GET, whose ETag they could send otherwise. */
void chat_reply_not_stored(chat_request_t *req);

/** Add a Link (RFC 8288) to this resource with another query: relation "prev" or "next". */
void chat_reply_link(chat_request_t *req, const char *relation, const char *query);

/** The URL of this resource with another query: an absolute path with a trailing slash, or a
 * relative reference (ChatLinks). */
const char *chat_reply_url(const chat_request_t *req, const char *query);

/** Before the paths of other resources: "/api/", or "../../" (ChatLinks). */
const char *chat_reply_root(const chat_request_t *req);

/** In an answer of another kind than JSON: the headers that all answers have; and only the module
 * may say how it is cached. */
void chat_reply_common_headers(request_rec *r, const char *cache_control);
void chat_reply_protect_cache_control(request_rec *r);

/** Send the answer; or 304 or 412, according to If-None-Match and If-Match (RFC 9110 section 13).
 * Returns OK. */
int chat_reply_send(chat_request_t *req);

/** Send an empty answer with Allow, for OPTIONS. Returns OK. */
int chat_reply_options(chat_request_t *req);

/** Write the members of a problem (RFC 9457) except `type` into the current object. */
void chat_reply_problem_members(chat_json_t *json, const chat_problem_t *problem, apr_pool_t *p);

/** Send a problem document, and log the problem; no other function logs it. Returns OK, or
 * AP_FILTER_ERROR if httpd has sent an answer already. */
int chat_reply_problem(chat_request_t *req, const chat_problem_t *problem);

/** Register the filter that replaces httpd's own error pages on the module's paths by problem
 * documents. */
void chat_reply_register_filter(void);

/** In insert_error_filter: insert that filter. */
void chat_reply_insert_error_filter(request_rec *r);

/** The line that a problem leaves in the log; its answer was begun already. */
void chat_reply_log_problem(request_rec *r, const chat_problem_t *problem);
#endif
