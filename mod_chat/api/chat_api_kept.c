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

/* What reaches an answer of a route that is kept. A directive that changes one adds itself here,
 * and is told apart by its virtual host in any case. */
enum {
    HOST,
    HOST_FILE,
    HOST_LINE,
    IS_RELATIVE,
    ROOT,
    PATH,
    QUERY,
    FIRST_ROOT,
    NOTIFICATION_LINK,
    QUESTION_COUNT
};

static void describe(const char *question[QUESTION_COUNT], const chat_request_t *req)
{
    const server_rec *s = req->r->server;
    const chat_config_t *config = req->config;
    int has_roots = config->roots && config->roots->nelts;

    question[HOST] = s->server_hostname;
    question[HOST_FILE] = s->defn_name;
    question[HOST_LINE] = s->is_virtual ? apr_itoa(req->pool, (int)s->defn_line_number) : NULL;
    question[IS_RELATIVE] = chat_request_has_relative_links(req) ? "" : NULL;
    question[ROOT] = req->root; /* as it was asked: links in answers repeat it */
    question[PATH] = req->path;
    question[QUERY] = req->r->args;
    question[FIRST_ROOT] = has_roots ? APR_ARRAY_IDX(config->roots, 0, const char *) : NULL;
    question[NOTIFICATION_LINK] = config->notification_link;
}

chat_problem_t *chat_api_kept_answer(chat_request_t *req)
{
    const char *question[QUESTION_COUNT];
    chat_problem_t *problem;
    apr_size_t length;
    const char *bytes;
    chat_kept_t kept;

    describe(question, req);
    if (chat_cache_get(&kept, req->ctx, question, QUESTION_COUNT)) {
        give_again(req, &kept);
        return NULL;
    }
    problem = req->match.route->handler(req);
    if (problem || !req->ctx->xmin)
        return problem;
    bytes = chat_json_bytes(req->json, &length);
    chat_cache_put(req->ctx, question, QUESTION_COUNT, bytes, length,
                   apr_table_get(req->r->headers_out, "Link"));
    return NULL;
}
