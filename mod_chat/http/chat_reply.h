/**
 * @file chat_reply.h
 * The answer: JSON with its headers, or a problem (RFC 9457).
 *
 * The body is complete before its first byte goes out, so that ETag and Content-Length are exact;
 * its buffer is handed to the filters without a copy. Threads: the worker that serves the request.
 */
#ifndef MOD_CHAT_CHAT_REPLY_H
#define MOD_CHAT_CHAT_REPLY_H
#include "http/chat_request.h"

/** Begin the answer: a writer for its body. */
chat_json_t *chat_reply_json(chat_request_t *req, int http_status);

/** The answer is 200 with this body of JSON, made by malloc(), which is the request's from here on,
 *  and its hash. */
void chat_reply_kept(chat_request_t *req, char *body, apr_size_t bytes, chat_hash_t hash);

/** Add a Link (RFC 8288) to this resource with another query: relation "prev" or "next". */
void chat_reply_link(chat_request_t *req, const char *relation, const char *query);

/** The resource asked with another query: its path with a last slash, or a reference relative to it
 *  (ChatLinks). */
const char *chat_reply_url(const chat_request_t *req, const char *query);

/** Send what the writer holds; or 304 or 412, as If-None-Match and If-Match ask for (RFC 9110
 * section 13). Returns OK. */
int chat_reply_send(chat_request_t *req);

/** Send an empty answer with Allow, for OPTIONS. Returns OK. */
int chat_reply_options(chat_request_t *req);

/** What describes a problem (RFC 9457) but its type, as members of an object begun. */
void chat_reply_problem_members(chat_json_t *json, const chat_problem_t *problem, apr_pool_t *p);

/** Where a problem becomes bytes, and the one place that logs it. Returns OK, or AP_FILTER_ERROR
 * when httpd has answered already. */
int chat_reply_problem(chat_request_t *req, const chat_problem_t *problem);

/** Register the filter that turns httpd's own error pages on our paths into problems. */
void chat_reply_register_filter(void);

/** In insert_error_filter: put that filter in. */
void chat_reply_insert_error_filter(request_rec *r);
#endif
