#include "api/chat_api_socket.h"

/* RFC 9110 section 15.5.22 requires the header. */
chat_problem_t *chat_api_socket_refuse(chat_request_t *req)
{
    apr_table_setn(req->r->headers_out, "Upgrade", "websocket");
    apr_table_mergen(req->r->headers_out, "Connection", "Upgrade");
    return chat_problem(req->pool, HTTP_UPGRADE_REQUIRED, "upgrade_required",
                        "This address accepts WebSocket handshakes (RFC 6455) only.");
}
