/**
 * @file chat_echo.h
 * SetHandler chat-echo: a WebSocket that sends back what it gets, over the same event loop and
 * frames as the chat, for conformance suites and for measuring. In no default configuration.
 */
#ifndef MOD_CHAT_CHAT_ECHO_H
#define MOD_CHAT_CHAT_ECHO_H
#include <httpd.h>

#define CHAT_ECHO_MESSAGE_BYTES_MAX 16777216

/** The content handler: DECLINED unless the handler is named so. */
int chat_echo_handle(request_rec *r);
#endif
