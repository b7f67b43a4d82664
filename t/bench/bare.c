/*
 * What a request costs in httpd at the least: SetHandler bench-bare sends the module's statement,
 * waits, and answers with about as many bytes. No routes, no guards, no JSON, no ETag, no time
 * limit.
 *
 *   GET  /bench/bare/7   the page of conversation 7: its rows' bytes, with a filling between
 *   POST /bench/bare/7   a message to conversation 7, whatever the body says
 *
 * Of httpd it takes what the module must take, too: the login, mod_dbd's connections, libpq.
 */
#include <stdatomic.h>
#include <string.h>

#include <apr_dbd.h>
#include <apr_optional.h>
#include <apr_strings.h>

#include <httpd.h> /* the next do not include it */

#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <mod_dbd.h>

#include <postgresql/libpq-fe.h>

#include "db/chat_sql.h"

#define BARE_ROOT "/bench/bare/"
#define PAGE_ROWS "51"
#define SAID_BYTES 420 /* of an answer to a message */
#define FILLING_BYTES                                                                              \
    190 /* of a message in a page: names, punctuation, what all have in common                     \
         */
#define TEXT "Good morning! Is there room for two more at the table on Sunday, number 00000000?"
#define BINARY 1
#define ARGS_MAX 8

static APR_OPTIONAL_FN_TYPE(ap_dbd_open) * dbd_open;
static APR_OPTIONAL_FN_TYPE(ap_dbd_close) * dbd_close;
static char filling[SAID_BYTES];

static PGresult *execute(PGconn *pq, chat_sql_t statement, const char *const *args)
{
    const chat_statement_t *s = &chat_sql_statements[statement];
    PGresult *result = PQexecPrepared(pq, s->label, s->parameters, args, NULL, NULL, BINARY);

    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        return result;
    PQclear(result); /* a connection's first */
    PQclear(PQexec(pq, "set jit = off"));
    PQclear(PQexec(pq, "set enable_seqscan = off"));
    PQclear(PQexec(pq, "set plan_cache_mode = force_generic_plan"));
    PQclear(PQprepare(pq, s->label, s->text, 0, NULL));
    return PQexecPrepared(pq, s->label, s->parameters, args, NULL, NULL, BINARY);
}

static apr_size_t row_bytes(const PGresult *result, int row)
{
    apr_size_t bytes = 0;
    int i;

    for (i = 0; i < PQnfields(result); i++)
        bytes += (apr_size_t)PQgetlength(result, row, i);
    return bytes;
}

/* Each row's bytes in one go, as libpq has them behind each other but for a NUL. */
static apr_size_t copy_rows(char *out, const PGresult *result)
{
    char *at = out;
    int row;

    for (row = 0; row < PQntuples(result); row++) {
        apr_size_t bytes = row_bytes(result, row);

        memcpy(at, filling, FILLING_BYTES);
        memcpy(at + FILLING_BYTES, PQgetvalue(result, row, 0), bytes);
        at += FILLING_BYTES + bytes;
    }
    return (apr_size_t)(at - out);
}

static int answer(request_rec *r, const char *bytes, apr_size_t count)
{
    ap_set_content_type(r, "application/octet-stream");
    ap_set_content_length(r, (apr_off_t)count);
    ap_rwrite(bytes, (int)count, r);
    return OK;
}

static int answer_page(request_rec *r, const PGresult *result)
{
    apr_size_t room = 0;
    char *bytes;
    int row;

    for (row = 0; row < PQntuples(result); row++)
        room += FILLING_BYTES + row_bytes(result, row);
    bytes = apr_palloc(r->pool, room);
    return answer(r, bytes, copy_rows(bytes, result));
}

static int handle(request_rec *r)
{
    static _Atomic unsigned said;
    const int is_post = r->method_number == M_POST;
    const char *args[ARGS_MAX] = {NULL};
    ap_dbd_t *dbd;
    PGresult *result;
    int status;

    if (!r->handler || strcmp(r->handler, "bench-bare") != 0)
        return DECLINED;
    if (is_post && ap_discard_request_body(r) != OK)
        return HTTP_BAD_REQUEST;
    args[0] = r->user;
    args[1] = r->uri + strlen(BARE_ROOT);
    if (is_post) {
        args[2] = TEXT;
        args[3] = apr_psprintf(r->pool, "bare-%" APR_TIME_T_FMT "-%u", r->request_time,
                               atomic_fetch_add(&said, 1));
    } else {
        args[3] = PAGE_ROWS;
    }
    dbd = dbd_open(r->pool, r->server);
    if (!dbd)
        return HTTP_SERVICE_UNAVAILABLE;
    result = execute(apr_dbd_native_handle(dbd->driver, dbd->handle),
                     is_post ? CHAT_SQL_POST_MESSAGE : CHAT_SQL_LIST_MESSAGES_BEFORE, args);
    dbd_close(r->server, dbd);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        status = HTTP_INTERNAL_SERVER_ERROR;
    else
        status = is_post ? answer(r, filling, SAID_BYTES) : answer_page(r, result);
    PQclear(result);
    return status;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    (void)s;
    memset(filling, 'x', sizeof filling);
    dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    dbd_close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    return dbd_open && dbd_close ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_LAST);
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA bench_bare_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, AP_MODULE_FLAG_NONE};
