/**
 * @file chat_echo.h
 * SetHandler chat-echo: a WebSocket that sends back what it receives, with the same event loop and
 * frames as the chat, for conformance tests and measurements. No default configuration has it.
 */
#ifndef MOD_CHAT_CHAT_ECHO_H
#define MOD_CHAT_CHAT_ECHO_H
#include <httpd.h>

#define CHAT_ECHO_MESSAGE_BYTES_MAX 16777216

/** The content handler: DECLINED unless the handler is named so. */
int chat_echo_handle(request_rec *r);
#endif
