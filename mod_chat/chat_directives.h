/**
 * @file chat_directives.h
 * The configuration directives: their command table, and the functions that create and merge the
 * configuration of servers (chat_config_t) and sections (chat_section_config_t).
 *
 * Invalid arguments are errors at configtest. conf/chat.conf is the reference for administrators.
 */
#ifndef MOD_CHAT_CHAT_DIRECTIVES_H
#define MOD_CHAT_CHAT_DIRECTIVES_H
#include <httpd.h>

#include <http_config.h>

extern const command_rec chat_directives_commands[];

void *chat_directives_create_config(apr_pool_t *p, server_rec *s);
void *chat_directives_merge_config(apr_pool_t *p, void *base, void *over);
void *chat_directives_create_section(apr_pool_t *p, char *name);
void *chat_directives_merge_section(apr_pool_t *p, void *base, void *over);
#endif
