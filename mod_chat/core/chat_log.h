/**
 * @file chat_log.h
 * Included by each .c file that logs: its lines have the module's name, and `LogLevel chat:debug`
 * applies to them.
 */
#ifndef MOD_CHAT_CHAT_LOG_H
#define MOD_CHAT_CHAT_LOG_H
#include <httpd.h>

#include <http_config.h>
#include <http_log.h>

extern module AP_MODULE_DECLARE_DATA chat_module;
APLOG_USE_MODULE(chat);
#endif
