#include "live/chat_echo.h"

#include <string.h>

#include "live/chat_upgrade.h"

static void send_back(chat_conn_t *conn, chat_opcode_t opcode, const char *bytes, apr_size_t length)
{
    chat_conn_send(conn, opcode, bytes, length);
}

static const chat_conn_role_t echo_role = {.on_message = send_back,
                                           .queue_bytes_max = 2 * CHAT_ECHO_MESSAGE_BYTES_MAX};

int chat_echo_handle(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, "chat-echo") != 0)
        return DECLINED;
    return chat_upgrade_accept(r, &echo_role, NULL, CHAT_ECHO_MESSAGE_BYTES_MAX);
}
