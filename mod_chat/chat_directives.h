/**
 * @file chat_directives.h
 * The Chat* directives: fill chat_config_t and chat_section_config_t, refuse what cannot be meant.
 * The reference for administrators is conf/chat.conf.
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
