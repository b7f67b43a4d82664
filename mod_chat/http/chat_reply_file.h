/**
 * @file chat_reply_file.h
 * The answer to a request is a file: in parts, if the client asks for ranges (RFC 9110 section 14),
 * by sendfile() or mmap() where the site allows it; or out of the database, part by part.
 *
 * Threads: the worker that serves the request.
 */
#ifndef MOD_CHAT_CHAT_REPLY_FILE_H
#define MOD_CHAT_CHAT_REPLY_FILE_H
#include "http/chat_request.h"

typedef struct chat_reply_file_t {
    const char *path; /**< NULL: it is in parts */
    apr_off_t bytes;  /**< its size must be this one */
    struct chat_part_file_t *parts;
    const char *content_type;
    const char *disposition; /**< Content-Disposition (RFC 6266) */
    const char *etag;        /**< strong, with its quotation marks; the file never changes */
    apr_time_t modified_at;
} chat_reply_file_t;

/** Send it; or 304, 412, 416, by the conditions and ranges of the request. 404, logged: the file is
 * not there, or of another size. If the first part that is needed cannot be read, the answer is the
 * problem of that; if a later one, that is logged and the connection is closed, so that no client
 * takes what it has got for the whole. */
chat_problem_t *chat_reply_file_send(chat_request_t *req, const chat_reply_file_t *file);
#endif
