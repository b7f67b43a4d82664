/*
 * The page by which whoever holds a mail's link ends mail to its address (RFC 8058). GET shows a
 * button and changes nothing, as scanners of mail follow links; POST acts. Neither needs a login, a
 * cookie or a CSRF token: the token in the link is signed for the user and the address.
 */
#include <string.h>

#include <apr_strings.h>

#include <http_protocol.h>

#include "api/chat_api_handlers.h"
#include "guard/chat_guard.h"
#include "guard/chat_unsubscribe.h"
#include "service/chat_db_problem.h"
#include "store/chat_store_delivery.h"

#define FIELD "List-Unsubscribe"
#define VALUE "One-Click"

static chat_problem_t *read_token(chat_unsubscribe_t *subject, chat_request_t *req)
{
    const char *text;
    chat_problem_t *problem = chat_request_query_text(&text, req, "token");

    if (!problem &&
        chat_unsubscribe_read(subject, req->config->secrets, text, req->pool) != APR_SUCCESS)
        problem = chat_problem_field(req->pool, "token", "is not that of a mail of this site");
    return problem;
}

/* The words of the page, in the first language of Accept-Language that is here. */
static int is_german(const chat_request_t *req)
{
    const char *languages = apr_table_get(req->r->headers_in, "Accept-Language");

    return languages && strncasecmp(languages, "de", 2) == 0;
}

static void send_page(chat_request_t *req, const char *title, const char *content)
{
    request_rec *r = req->r;

    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "X-Request-Id", chat_request_id(r));
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
    apr_table_setn(
        r->headers_out, "Content-Security-Policy",
        "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    ap_set_content_type(r, "text/html; charset=utf-8");
    ap_rprintf(r,
               "<!doctype html>\n<html lang=\"%s\">\n<head><meta charset=\"utf-8\">"
               "<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" "
               "content=\"noindex\"><title>%s</title></head>\n<body><main><h1>%s</h1>\n%s</main>"
               "</body>\n</html>\n",
               is_german(req) ? "de" : "en", title, title, content);
}

chat_problem_t *chat_api_unsubscribe_show(chat_request_t *req)
{
    chat_unsubscribe_t subject;
    chat_problem_t *problem = read_token(&subject, req);

    if (problem)
        return problem;
    if (is_german(req))
        send_page(req, "Keine E-Mails mehr?",
                  "<p>Neue Nachrichten sehen Sie dann nur noch auf der Website.</p>\n"
                  "<form method=\"post\"><button name=\"" FIELD "\" value=\"" VALUE "\">"
                  "E-Mails abbestellen</button></form>\n");
    else
        send_page(req, "No more mail?",
                  "<p>You will see new messages on the site only.</p>\n"
                  "<form method=\"post\"><button name=\"" FIELD "\" value=\"" VALUE "\">"
                  "Unsubscribe</button></form>\n");
    return NULL;
}

/* As a form or in parts: both are allowed by RFC 8058 section 3.1. */
static chat_problem_t *read_form(chat_request_t *req)
{
    const char *bytes;
    apr_size_t length;
    const char *body;
    chat_problem_t *problem = chat_request_read_body(&bytes, &length, req);

    if (problem)
        return problem;
    body = apr_pstrmemdup(req->pool, bytes, length);
    return strstr(body, FIELD) && strstr(body, VALUE)
               ? NULL
               : chat_problem_field(req->pool, FIELD, "must be " VALUE);
}

chat_problem_t *chat_api_unsubscribe_do(chat_request_t *req)
{
    chat_unsubscribe_t subject;
    chat_problem_t *problem = read_token(&subject, req);
    apr_status_t rv;

    if (!problem)
        problem = read_form(req);
    if (problem)
        return problem;
    req->ctx = apr_palloc(req->pool, sizeof *req->ctx);
    chat_guard_begin(
        req->ctx, req->config,
        chat_db_create(req->r->server, req->r, chat_config_database_wait(req->config), req->pool),
        req->pool);
    rv = chat_store_delivery_unsubscribe(req->ctx->db, subject.user_id, subject.address_hash,
                                         req->pool);
    if (rv != APR_SUCCESS)
        return chat_db_problem(req->ctx, rv);
    if (is_german(req))
        send_page(req, "Abbestellt", "<p>Sie bekommen keine E-Mails mehr.</p>\n");
    else
        send_page(req, "Unsubscribed", "<p>You will get no more mail.</p>\n");
    return NULL;
}
