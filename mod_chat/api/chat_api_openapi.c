#include "api/chat_api_handlers.h"

#include <string.h>

#include <apr_strings.h>

#include "chat_openapi.h"
#include "http/chat_reply.h"

/* Between these two is the only value that depends on the request: the URL of the server. */
#define BEFORE_URL "\"servers\": [{\"url\": "
#define AFTER_URL "}]"

/* Without a trailing slash, as paths begin with one. */
static const char *server_url(const chat_request_t *req)
{
    const char *url =
        chat_request_has_relative_links(req) ? chat_request_relative_root(req) : req->root;
    apr_size_t bytes = strlen(url);

    if (!bytes)
        return "/";
    return apr_pstrmemdup(req->pool, url, url[bytes - 1] == '/' ? bytes - 1 : bytes);
}

chat_problem_t *chat_api_openapi(chat_request_t *req)
{
    const char *url = strstr(chat_openapi, BEFORE_URL) + sizeof BEFORE_URL - 1;
    chat_json_t *json = chat_json_create(256, req->pool);
    const char *document;
    apr_size_t bytes;

    chat_json_string(json, server_url(req));
    document = apr_pstrcat(
        req->pool, apr_pstrmemdup(req->pool, chat_openapi, (apr_size_t)(url - chat_openapi)),
        chat_json_bytes(json, &bytes), strstr(url, AFTER_URL), NULL);
    chat_json_raw(chat_reply_json(req, HTTP_OK), document, strlen(document));
    return NULL;
}
