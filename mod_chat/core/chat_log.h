/**
 * @file chat_log.h
 * For each .c that logs: lines carry the module's name, and LogLevel chat:debug reaches them.
 */
#ifndef MOD_CHAT_CHAT_LOG_H
#define MOD_CHAT_CHAT_LOG_H
#include <httpd.h>

#include <http_config.h>
#include <http_log.h>

extern module AP_MODULE_DECLARE_DATA chat_module;
APLOG_USE_MODULE(chat);
#endif
