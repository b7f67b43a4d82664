#include "ws/chat_echo.h"

#include <string.h>

#include "ws/chat_handshake.h"

static void send_back(chat_conn_t *conn, chat_opcode_t opcode, const char *bytes, apr_size_t length)
{
    chat_shared_buf_t *buf = chat_shared_buf_frame(opcode, bytes, length);

    chat_conn_send(conn, buf);
    chat_shared_buf_unref(buf);
}

static const chat_conn_role_t echo_role = {.on_message = send_back,
                                           .queue_bytes_max = 2 * CHAT_ECHO_MESSAGE_BYTES_MAX};

int chat_echo_handle(request_rec *r)
{
    static const chat_conn_plan_t plan = {.role = &echo_role,
                                          .message_bytes_max = CHAT_ECHO_MESSAGE_BYTES_MAX};

    if (!r->handler || strcmp(r->handler, "chat-echo") != 0)
        return DECLINED;
    return chat_handshake_accept(r, &plan);
}
