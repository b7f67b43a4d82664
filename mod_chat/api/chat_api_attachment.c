#include "api/chat_api_handlers.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_file_name.h"
#include "http/chat_reply_file.h"
#include "service/chat_db_problem.h"
#include "store/chat_files.h"
#include "store/chat_store_attachment.h"

#define ETAG_DIGITS 32 /* of the SHA-256 */

static int has_name(const chat_match_t *match, const char *name)
{
    return strlen(name) == match->name_bytes && memcmp(name, match->name, match->name_bytes) == 0;
}

chat_problem_t *chat_api_attachment_get(chat_request_t *req)
{
    const char *dir = req->config->attachment_dir;
    chat_attachment_file_t attachment;
    chat_reply_file_t *file = apr_pcalloc(req->pool, sizeof *file);
    apr_status_t rv;

    if (!dir)
        return chat_problem_of_status(req->pool, HTTP_NOT_FOUND);
    rv = chat_store_attachment_get(&attachment, req->ctx, req->match.ids[0]);
    if (rv == APR_ENOENT || (rv == APR_SUCCESS && !has_name(&req->match, attachment.name)))
        return chat_problem_of_status(req->pool, HTTP_NOT_FOUND);
    if (rv != APR_SUCCESS)
        return chat_db_problem(req->ctx, rv);
    file->path = chat_files_path(dir, attachment.file, req->pool);
    if (!file->path)
        return chat_problem_of_status(req->pool, HTTP_NOT_FOUND); /* of a row that somebody made */
    file->bytes = (apr_off_t)attachment.bytes;
    file->content_type = attachment.content_type;
    file->disposition = chat_file_name_disposition(
        attachment.name, chat_store_attachment_is_inline(attachment.kind), req->pool);
    file->etag = apr_psprintf(req->pool, "\"%.*s\"", ETAG_DIGITS, attachment.sha256);
    file->modified_at = attachment.created_at;
    req->file = file;
    return NULL;
}
