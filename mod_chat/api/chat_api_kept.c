#include "api/chat_api_kept.h"

#include <apr_strings.h>

#include "http/chat_reply.h"
#include "store/chat_cache.h"

static void give_again(chat_request_t *req, const chat_kept_t *kept)
{
    if (kept->link)
        apr_table_setn(req->r->headers_out, "Link", kept->link);
    chat_reply_kept(req, kept->bytes, kept->length, kept->hash);
}

chat_problem_t *chat_api_kept_answer(chat_request_t *req)
{
    /* As it was asked: links in answers repeat the path, unless they are relative to it. */
    const char *question = apr_pstrcat(req->pool, chat_request_has_relative_links(req) ? "." : "",
                                       req->r->uri, "?", req->r->args, NULL);
    chat_problem_t *problem;
    apr_size_t length;
    const char *bytes;
    chat_kept_t kept;

    if (chat_cache_get(&kept, req->ctx, question)) {
        give_again(req, &kept);
        return NULL;
    }
    problem = req->match.route->handler(req);
    if (problem || !req->ctx->xmin)
        return problem;
    bytes = chat_json_bytes(req->json, &length);
    chat_cache_put(req->ctx, question, bytes, length, apr_table_get(req->r->headers_out, "Link"));
    return NULL;
}
